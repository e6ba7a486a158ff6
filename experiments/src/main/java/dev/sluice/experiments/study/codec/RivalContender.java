package dev.sluice.experiments.study.codec;

import dev.sluice.experiments.study.codec.rival.ClippedTensorCodec;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.LiveTensor;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The codec of Cohen, Choi and Bajić at a cut of one float tensor. The first samples are decoded in
 * earnest and compared with what the levels say; for the others the levels do, which takes less
 * time.
 */
final class RivalContender implements Contender {
  private static final int CHECKED = 16;

  private final ClippedTensorCodec codec;
  private final Tail tail;
  private final AtomicInteger checked = new AtomicInteger();

  RivalContender(ClippedTensorCodec codec, Tail tail) {
    this.codec = codec;
    this.tail = tail;
  }

  /** What follows a cut, in a session of its own. */
  static final class Tail implements AutoCloseable {
    private final int cut;
    private final OnnxEngine engine;
    private final OnnxEngine.Session session;

    Tail(ExitNetwork network, int cut, OnnxEngine engine) {
      this.cut = cut;
      this.engine = engine;
      this.session =
          engine.load(
              network
                  .backbone()
                  .extract(network.cuts().get(cut).tensors(), network.backbone().outputs()),
              "network behind cut " + cut);
    }

    float[] logits(float[] values, int[] shape) {
      long[] batched = new long[shape.length + 1];
      batched[0] = 1;
      for (int i = 0; i < shape.length; i++) {
        batched[i + 1] = shape[i];
      }
      try (var in = engine.wrap(List.of(FloatBuffer.wrap(values)), List.of(batched));
          var out = session.run(in)) {
        FloatBuffer logits = out.floats(0);
        float[] copy = new float[logits.remaining()];
        logits.duplicate().get(copy);
        return copy;
      }
    }

    @Override
    public void close() {
      session.close();
    }
  }

  @Override
  public String name() {
    return codec.name();
  }

  @Override
  public String family() {
    return codec.design();
  }

  @Override
  public Kind kind() {
    return Kind.RIVAL;
  }

  @Override
  public int cut() {
    return tail.cut;
  }

  @Override
  public double encoderMacs() {
    return 0;
  }

  @Override
  public Sent send(Sample sample) {
    LiveTensor tensor = sample.lossless().live().get(tail.cut).get(0);
    FloatBuffer values = tensor.floats();
    byte[] payload = codec.encode(values);
    float[] received = codec.reconstruct(values);
    if (checked.getAndIncrement() < CHECKED
        && !Arrays.equals(codec.decode(payload, received.length), received)) {
      throw new IllegalStateException(codec.name() + " cannot read what it wrote");
    }
    return new Sent(payload.length, tail.logits(received, tensor.shape()));
  }

  byte[] encode(Sample sample) {
    return codec.encode(sample.lossless().live().get(tail.cut).get(0).floats());
  }

  float[] decode(Sample sample, byte[] payload) {
    return codec.decode(
        payload, sample.lossless().live().get(tail.cut).get(0).floats().remaining());
  }

  @Override
  public String toString() {
    return "cut " + cut() + " " + name();
  }
}
