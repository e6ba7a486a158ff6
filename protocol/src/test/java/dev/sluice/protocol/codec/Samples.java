package dev.sluice.protocol.codec;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Random;

/** Seeded tensors and the tables that fit them. */
final class Samples {
  private Samples() {}

  /** Returns something like activations behind a ReLU, or like coefficients for {@code step}. */
  static float[] tensor(String wire, int[] shape, Random random) {
    return wire.startsWith("step") || wire.startsWith("round")
        ? coefficients(shape, 2, random)
        : activations(shape, random);
  }

  static float[] activations(int[] shape, Random random) {
    float[] values = new float[Shapes.elements(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.max(0f, (float) random.nextGaussian() * (1 + i % 3));
    }
    return values;
  }

  /** Returns coefficients whose neighbours correlate, deviations falling over the channels. */
  static float[] coefficients(int[] shape, double scale, Random random) {
    float[] values = new float[Shapes.elements(shape)];
    Geometry geometry = Geometry.of(shape);
    double last = 0;
    for (int i = 0; i < values.length; i++) {
      double decay = Math.exp(-4.0 * (i / geometry.plane()) / geometry.channels());
      last = 0.5 * (i % geometry.columns() == 0 ? 0 : last) + random.nextGaussian();
      values[i] = (float) (scale * decay * last);
    }
    return values;
  }

  /** Returns a codec, with tables fitted to five tensors if it needs any. */
  static ActivationCodec codec(String wire, int[] shape, long seed) {
    if (!ActivationCodec.needsTables(wire)) {
      return ActivationCodec.of(wire);
    }
    return ActivationCodec.of(wire, tables(wire, shape, seed));
  }

  static CodecTables tables(String wire, int[] shape, long seed) {
    Random random = new Random(seed);
    CodecTables.Fitting fitting = CodecTables.fitting(wire, shape);
    for (int i = 0; i < 5; i++) {
      fitting.add(FloatBuffer.wrap(tensor(wire, shape, random)));
    }
    return fitting.build();
  }

  static float[] decode(ActivationCodec codec, byte[] payload, int[] shape) throws Exception {
    FloatBuffer back = FloatBuffer.allocate(Shapes.elements(shape));
    codec.decode(ByteBuffer.wrap(payload), shape, back);
    return back.array();
  }
}
