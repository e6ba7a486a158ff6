package dev.sluice.model.verify;

import dev.sluice.model.engine.OnnxProbe;
import dev.sluice.model.graph.InputForm;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.model.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** Samples to compare networks on: values for every input. Immutable. */
public final class NetworkInputs {
  /** Largest float that is drawn where nobody gives a range. */
  private static final double FLOAT_SPREAD = 1;

  private final OnnxGraph graph;
  private final List<Map<String, ByteBuffer>> samples;

  private NetworkInputs(OnnxGraph graph, List<Map<String, ByteBuffer>> samples) {
    this.graph = graph;
    this.samples = List.copyOf(samples);
  }

  /**
   * Draws values evenly: floats between -1 and 1, bytes and truth values of all that there are,
   * other whole numbers between 0 and what the input chooses from (the rows of an embedding), or 0
   * and 1 where it chooses nothing.
   *
   * @param ranges of inputs by name, where something else is wanted
   * @param samples how many, at least 1
   * @throws IllegalArgumentException if a range names no input
   */
  public static NetworkInputs seeded(
      OnnxGraph graph, Map<String, ValueRange> ranges, int samples, long seed) {
    for (String name : ranges.keySet()) {
      if (!graph.inputs().contains(name)) {
        throw new IllegalArgumentException(
            graph.name() + ": no input '" + name + "' for a range; there are " + graph.inputs());
      }
    }
    Random random = new Random(seed);
    List<Map<String, ByteBuffer>> drawn = new ArrayList<>();
    for (int s = 0; s < samples; s++) {
      Map<String, ByteBuffer> values = new LinkedHashMap<>();
      for (String input : graph.inputs()) {
        InputForm form = graph.inputForm(input);
        ValueRange range = ranges.get(input);
        values.put(input, draw(form, range == null ? usual(graph, input, form) : range, random));
      }
      drawn.add(values);
    }
    return new NetworkInputs(graph, drawn);
  }

  /**
   * Takes pictures that were made ready for a network of a single float32 input.
   *
   * @param pictures values of one sample each
   * @throws IllegalArgumentException if the network takes something else, or another size
   */
  public static NetworkInputs of(OnnxGraph graph, List<float[]> pictures) {
    InputForm form = graph.inputForm(graph.inputs().get(0));
    if (graph.inputs().size() != 1 || form.type() != TensorType.FLOAT32) {
      throw new IllegalArgumentException(
          graph.name() + ": takes " + graph.inputs() + ", not one picture of float32 values");
    }
    List<Map<String, ByteBuffer>> samples = new ArrayList<>();
    for (float[] picture : pictures) {
      if (picture.length != form.elementsPerSample()) {
        throw new IllegalArgumentException(
            graph.name()
                + ": takes "
                + form.elementsPerSample()
                + " values, not "
                + picture.length);
      }
      ByteBuffer bytes = direct((long) picture.length * Float.BYTES);
      bytes.asFloatBuffer().put(picture);
      samples.add(Map.of(graph.inputs().get(0), bytes));
    }
    return new NetworkInputs(graph, samples);
  }

  private static ValueRange usual(OnnxGraph graph, String input, InputForm form) {
    return switch (form.type()) {
      case INT64, INT32 -> new ValueRange(0, Math.max(1, graph.rowsChosenBy(input).orElse(2)) - 1);
      case UINT8 -> new ValueRange(0, 255);
      case INT8 -> new ValueRange(-128, 127);
      case BOOL -> new ValueRange(0, 1);
      case FLOAT32, FLOAT16, FLOAT64 -> new ValueRange(-FLOAT_SPREAD, FLOAT_SPREAD);
    };
  }

  private static ByteBuffer draw(InputForm form, ValueRange range, Random random) {
    long elements = form.elementsPerSample();
    ByteBuffer bytes = direct(elements * form.type().bytes());
    double width = range.most() - range.least();
    for (long i = 0; i < elements; i++) {
      // The first one is the largest: a mask that lets nothing through gives no numbers.
      double whole =
          i == 0
              ? Math.floor(range.most())
              : range.least() + Math.floor(random.nextDouble() * (Math.floor(width) + 1));
      double real = range.least() + random.nextDouble() * width;
      switch (form.type()) {
        case FLOAT32 -> bytes.putFloat((float) real);
        case FLOAT64 -> bytes.putDouble(real);
        case FLOAT16 -> bytes.putShort(half((float) real));
        case INT64 -> bytes.putLong((long) whole);
        case INT32 -> bytes.putInt((int) whole);
        case INT8, UINT8, BOOL -> bytes.put((byte) (int) whole);
      }
    }
    return bytes.flip();
  }

  /** Rounds towards zero; small numbers become zero. */
  private static short half(float value) {
    int bits = Float.floatToIntBits(value);
    int exponent = ((bits >>> 23) & 0xFF) - 127 + 15;
    int sign = (bits >>> 16) & 0x8000;
    if (exponent <= 0) {
      return (short) sign;
    }
    return (short)
        (exponent >= 31 ? sign | 0x7BFF : sign | (exponent << 10) | ((bits >>> 13) & 0x3FF));
  }

  private static ByteBuffer direct(long bytes) {
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
  }

  int samples() {
    return samples.size();
  }

  /**
   * Returns what a session takes: for a dynamic batch one sample; for a fixed one as many samples
   * as it wants, the same one again.
   */
  Map<String, OnnxProbe.Value> one(int sample) {
    int batch = (int) graph.fixedBatch();
    List<Integer> repeated = new ArrayList<>();
    for (int i = 0; i < batch; i++) {
      repeated.add(sample);
    }
    return together(repeated);
  }

  /** Returns all samples as one batch. */
  Map<String, OnnxProbe.Value> all() {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < samples.size(); i++) {
      numbers.add(i);
    }
    return together(numbers);
  }

  private Map<String, OnnxProbe.Value> together(List<Integer> numbers) {
    Map<String, OnnxProbe.Value> values = new LinkedHashMap<>();
    for (String input : graph.inputs()) {
      InputForm form = graph.inputForm(input);
      List<Integer> used = form.hasBatch() ? numbers : numbers.subList(0, 1);
      ByteBuffer bytes = direct(used.size() * form.elementsPerSample() * form.type().bytes());
      for (int number : used) {
        bytes.put(Objects.requireNonNull(samples.get(number).get(input)).duplicate());
      }
      values.put(
          input, new OnnxProbe.Value(form.elementType(), form.shape(used.size()), bytes.flip()));
    }
    return values;
  }
}
