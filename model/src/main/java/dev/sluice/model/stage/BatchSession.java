package dev.sluice.model.stage;

import dev.sluice.model.engine.EngineException;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A session that takes batches of any size and gives what its samples give one by one. Thread-safe.
 *
 * <p>Not every network can be trusted with a batch: the file may fix it at 1, a Reshape inside may,
 * or an operator may mix samples (a softmax over the wrong axis). So the first batch of several
 * samples that differ is a trial: its first and last sample are computed alone, too. If the batch
 * is refused or gives something else, this piece of the network computes sample by sample from then
 * on.
 */
final class BatchSession {
  enum Manner {
    UNTRIED,
    TOGETHER,
    ONE_BY_ONE
  }

  /** What is known of how a piece of the network takes batches; outlives its sessions. */
  static final class Experience {
    private volatile Manner manner = Manner.UNTRIED;

    Manner manner() {
      return manner;
    }

    /** Notes that a batch gave what its samples give alone. */
    synchronized void kept() {
      // Several threads may try at once, and what failed once is not to be trusted.
      if (manner == Manner.UNTRIED) {
        manner = Manner.TOGETHER;
      }
    }

    /** Notes that a batch was refused, or gave something else. */
    synchronized void mixed() {
      manner = Manner.ONE_BY_ONE;
    }
  }

  /**
   * Largest mean difference to the sample alone, as a share of its largest value. Kernels for
   * batches round otherwise in the last bits, which can move some quantised values by a step.
   */
  private static final double TOLERANCE = 1e-3;

  private final OnnxEngine engine;
  private final OnnxEngine.Session session;
  private final Experience experience;

  /**
   * Wraps a session.
   *
   * @param session stays the caller's
   * @param experience shared by all sessions of this piece
   */
  BatchSession(OnnxEngine engine, OnnxEngine.Session session, Experience experience) {
    this.engine = engine;
    this.session = session;
    this.experience = experience;
  }

  /**
   * Runs a batch.
   *
   * @param in stays the caller's
   * @return the caller's to close
   */
  OnnxEngine.Tensors run(OnnxEngine.Tensors in) {
    long[] shape = in.shape(0);
    if (shape.length == 0 || shape[0] == 1) {
      return session.run(in);
    }
    int batch = Math.toIntExact(shape[0]);
    return switch (experience.manner()) {
      case TOGETHER -> session.run(in);
      case ONE_BY_ONE -> oneByOne(in, batch);
      case UNTRIED -> tried(in, batch);
    };
  }

  private OnnxEngine.Tensors tried(OnnxEngine.Tensors in, int batch) {
    OnnxEngine.Tensors together;
    try {
      together = session.run(in);
    } catch (EngineException refused) {
      // If the samples are at fault and not the batch, they fail alone as well.
      OnnxEngine.Tensors alone = oneByOne(in, batch);
      experience.mixed();
      return alone;
    }
    boolean same = false;
    try {
      same = isAsAlone(together, in, 0, batch) && isAsAlone(together, in, batch - 1, batch);
    } finally {
      if (!same) {
        together.close();
      }
    }
    if (!same) {
      experience.mixed();
      return oneByOne(in, batch);
    }
    if (firstAndLastDiffer(in, batch)) {
      experience.kept();
    }
    return together;
  }

  /** Equal samples are often mixed into what each is alone: they prove nothing. */
  private static boolean firstAndLastDiffer(OnnxEngine.Tensors in, int batch) {
    for (int i = 0; i < in.size(); i++) {
      ByteBuffer all = in.bytes(i);
      int row = all.remaining() / batch;
      if (!all.slice(0, row).equals(all.slice((batch - 1) * row, row))) {
        return true;
      }
    }
    return false;
  }

  private boolean isAsAlone(
      OnnxEngine.Tensors together, OnnxEngine.Tensors in, int sample, int batch) {
    try (OnnxEngine.Tensors row = in.rows(new int[] {sample});
        OnnxEngine.Tensors alone = session.run(row)) {
      for (int i = 0; i < alone.size(); i++) {
        long[] whole = together.shape(i);
        long[] one = alone.shape(i);
        if (one.length == 0 || one[0] != 1 || whole.length != one.length || whole[0] != batch) {
          return false;
        }
        if (!Arrays.equals(whole, 1, whole.length, one, 1, one.length)) {
          return false;
        }
        ByteBuffer expected = alone.bytes(i);
        ByteBuffer actual = together.bytes(i);
        int bytes = expected.remaining();
        if (!isClose(
            actual.slice(sample * bytes, bytes).order(ByteOrder.LITTLE_ENDIAN),
            expected,
            alone.type(i))) {
          return false;
        }
      }
      return true;
    }
  }

  static boolean isClose(ByteBuffer actual, ByteBuffer expected, TensorType type) {
    int elements = expected.remaining() / type.bytes();
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < elements; i++) {
      double e = element(expected, i, type);
      double a = element(actual, i, type);
      if (Double.compare(a, e) == 0) {
        largest = Double.isFinite(e) ? Math.max(largest, Math.abs(e)) : largest;
        continue;
      }
      if (!Double.isFinite(a) || !Double.isFinite(e)) {
        return false;
      }
      largest = Math.max(largest, Math.abs(e));
      difference += Math.abs(a - e);
    }
    return difference <= TOLERANCE * largest * elements;
  }

  private static double element(ByteBuffer buffer, int index, TensorType type) {
    return switch (type) {
      case FLOAT32 -> buffer.getFloat(index * 4);
      case FLOAT64 -> buffer.getDouble(index * 8);
      case INT64 -> buffer.getLong(index * 8);
      case INT32 -> buffer.getInt(index * 4);
      case FLOAT16 -> half(buffer.getShort(index * 2));
      case INT8 -> buffer.get(index);
      case UINT8, BOOL -> buffer.get(index) & 0xFF;
    };
  }

  private static double half(short bits) {
    int exponent = bits >> 10 & 0x1F;
    int fraction = bits & 0x3FF;
    double magnitude;
    if (exponent == 0x1F) {
      magnitude = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
    } else if (exponent == 0) {
      magnitude = Math.scalb((double) fraction, -24);
    } else {
      magnitude = Math.scalb((double) (fraction + 0x400), exponent - 25);
    }
    return bits < 0 ? -magnitude : magnitude;
  }

  private OnnxEngine.Tensors oneByOne(OnnxEngine.Tensors in, int batch) {
    List<ByteBuffer> values = new ArrayList<>();
    List<TensorType> types = new ArrayList<>();
    List<long[]> shapes = new ArrayList<>();
    for (int sample = 0; sample < batch; sample++) {
      try (OnnxEngine.Tensors row = in.rows(new int[] {sample});
          OnnxEngine.Tensors out = session.run(row)) {
        for (int i = 0; i < out.size(); i++) {
          long[] shape = out.shape(i);
          ByteBuffer bytes = out.bytes(i);
          if (shape.length == 0 || shape[0] != 1) {
            throw new IllegalArgumentException(
                "a tensor of shape %s cannot be put into a batch: its first dimension is no sample"
                    .formatted(Arrays.toString(shape)));
          }
          if (sample == 0) {
            shape[0] = batch;
            shapes.add(shape);
            types.add(out.type(i));
            values.add(ByteBuffer.allocate(Math.multiplyExact(bytes.remaining(), batch)));
          }
          values.get(i).put(bytes);
        }
      }
    }
    values.forEach(ByteBuffer::flip);
    return engine.wrap(values, types, shapes);
  }
}
