package dev.sluice.experiments.microbench;

import dev.sluice.protocol.codec.ActivationCodec;
import dev.sluice.protocol.codec.CodecTables;
import dev.sluice.protocol.message.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long activation codecs take in one thread, direct buffers on both sides. Each call has the
 * next of {@value #TENSORS} tensors that calibration has not seen, so that no branch predictor
 * learns a tensor by heart. {@code -prof gc} shows that a call allocates nothing.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 6, time = 1)
public class ActivationCodecBenchmark {
  private static final int TENSORS = 16;
  private static final int CALIBRATION = 48;

  /** Of the tensor in float32. */
  @Param({"64", "1024"})
  public int kib;

  /**
   * The codec; {@code step} codecs get coefficients, about nine in ten 0, the others activations.
   */
  @Param({"q8t+bitshuffle+lz4", "q8+bitshuffle+lz4", "step+rans"})
  public String codec = "";

  private int[] shape = {};
  private ActivationCodec subject = ActivationCodec.of("f32");
  private final FloatBuffer[] tensors = new FloatBuffer[TENSORS];
  private final ByteBuffer[] payloads = new ByteBuffer[TENSORS];
  private ByteBuffer bytes = ByteBuffer.allocate(0);
  private FloatBuffer floats = FloatBuffer.allocate(0);
  private int next;

  /** Makes tensors and tables. */
  @Setup
  public void prepare() {
    shape = kib == 64 ? new int[] {64, 16, 16} : new int[] {256, 32, 32};
    Random random = new Random(17);
    if (ActivationCodec.needsTables(codec)) {
      CodecTables.Fitting fitting = CodecTables.fitting(codec, shape);
      for (int i = 0; i < CALIBRATION; i++) {
        fitting.add(FloatBuffer.wrap(tensor(random)));
      }
      subject = ActivationCodec.of(codec, fitting.build());
    } else {
      subject = ActivationCodec.of(codec);
    }
    int elements = shape[0] * shape[1] * shape[2];
    bytes = ByteBuffer.allocateDirect(subject.maxEncodedBytes(shape));
    floats = direct(elements);
    long payloadBytes = 0;
    for (int i = 0; i < TENSORS; i++) {
      float[] values = tensor(random);
      tensors[i] = direct(elements).put(values).flip();
      byte[] payload = subject.encode(tensors[i], shape);
      payloads[i] = ByteBuffer.allocateDirect(payload.length).put(payload).flip();
      payloadBytes += payload.length;
    }
    System.out.printf("payloads of %d bytes on average%n", payloadBytes / TENSORS);
  }

  private float[] tensor(Random random) {
    return codec.startsWith("step")
        ? SampleTensors.coefficients(shape[0], shape[1], shape[2], 2, 0.004, random)
        : SampleTensors.activations(shape[0], shape[1], shape[2], random);
  }

  private static FloatBuffer direct(int elements) {
    return ByteBuffer.allocateDirect(Float.BYTES * elements)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  /** Writes a tensor into a direct buffer. */
  @Benchmark
  public int encode() {
    next = (next + 1) % TENSORS;
    bytes.clear();
    return subject.encode(tensors[next], shape, bytes);
  }

  /** Reads a tensor from a direct buffer into another. */
  @Benchmark
  public FloatBuffer decode() throws ProtocolException {
    next = (next + 1) % TENSORS;
    floats.clear();
    subject.decode(payloads[next], shape, floats);
    return floats;
  }
}
