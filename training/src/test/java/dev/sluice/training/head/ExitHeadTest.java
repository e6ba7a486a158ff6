package dev.sluice.training.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.training.export.OnnxPieces;
import dev.sluice.training.export.TinyNetwork;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ExitHeadTest {
  /** Sums of a few hundred float32 products, added in another order. */
  private static final float TOLERANCE = 1e-4f;

  @Test
  void poolsMeansMaximaAndCells() {
    float[] channel = {
      1, 2, 3, 4,
      5, 6, 7, 8,
      0, 0, 1, 1,
      0, 0, 1, 9
    };
    Pooling pooling = new Pooling(1, 4, 4, 2, true);
    float[] features = new float[pooling.features()];

    pooling.apply(FloatBuffer.wrap(channel), features);

    assertThat(features).containsExactly(new float[] {3, 9, 3.5f, 5.5f, 0, 3}, within(1e-6f));
  }

  @Test
  void refusesAGridThatDoesNotDivideTheTensor() {
    assertThatThrownBy(() -> new Pooling(3, 7, 7, 2, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("grid");
  }

  @Test
  void writesAnOnnxHeadThatSaysWhatTheTrainedLayersSay() {
    SplittableRandom random = new SplittableRandom(4);
    Pooling pooling = new Pooling(5, 8, 4, 4, true);
    ExitHead head =
        new ExitHead(pooling, List.of(layer(random, pooling.features(), 7), layer(random, 7, 3)));
    float[] tensor = values(random, 5 * 8 * 4);
    float[] features = new float[pooling.features()];
    pooling.apply(FloatBuffer.wrap(tensor), features);

    byte[] onnx = OnnxPieces.forBackbone(TinyNetwork.onnx()).head(head);

    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        var session = engine.load(onnx, "head");
        var in = engine.wrap(List.of(FloatBuffer.wrap(tensor)), List.of(new long[] {1, 5, 8, 4}));
        var out = session.run(in)) {
      float[] logits = new float[3];
      out.floats(0).get(logits);
      assertThat(logits).containsExactly(head.logits(features), within(TOLERANCE));
    }
    assertThat(head.macs()).isEqualTo(7L * pooling.features() + 7 * 3);
  }

  @Test
  void learnsClassesThatAPlaneSeparates() throws TorchMissingException {
    requireTorch();
    SplittableRandom random = new SplittableRandom(8);
    float[][] features = new float[400][];
    int[] labels = new int[features.length];
    for (int s = 0; s < features.length; s++) {
      // Far from zero and of unlike sizes: standardising has to cope with it.
      float[] row = {100 + 50 * (float) random.nextDouble(), (float) random.nextDouble() / 100, 7};
      labels[s] = row[0] - 100 > 5000 * row[1] ? 1 : 0;
      features[s] = row;
    }
    Pooling pooling = new Pooling(3, 1, 1, 1, false);

    ExitHead head =
        new HeadTrainer(new HeadOptions(0, 60, 32, 0.05f, 0, 3))
            .train(pooling, features, labels, 2, epoch -> {});

    int right = 0;
    for (int s = 0; s < features.length; s++) {
      float[] logits = head.logits(features[s]);
      right += (logits[1] > logits[0] ? 1 : 0) == labels[s] ? 1 : 0;
    }
    assertThat(right).isGreaterThan(384);
  }

  @Test
  void trainsTheSameHeadFromTheSameSeed() throws TorchMissingException {
    requireTorch();
    SplittableRandom random = new SplittableRandom(8);
    float[][] features = new float[64][];
    int[] labels = new int[features.length];
    for (int s = 0; s < features.length; s++) {
      features[s] = values(random, 4);
      labels[s] = s % 3;
    }
    Pooling pooling = new Pooling(4, 1, 1, 1, false);
    HeadOptions options = new HeadOptions(5, 3, 16, 0.01f, 1e-3f, 21);

    ExitHead one = new HeadTrainer(options).train(pooling, features, labels, 3, epoch -> {});
    ExitHead other = new HeadTrainer(options).train(pooling, features, labels, 3, epoch -> {});

    assertThat(one).isEqualTo(other);
  }

  private static void requireTorch() {
    boolean there = true;
    try {
      HeadTrainer.requireEngine();
    } catch (TorchMissingException e) {
      there = false;
    }
    assumeThat(there).as("training heads needs libtorch (Maven profile torch)").isTrue();
  }

  private static DenseLayer layer(SplittableRandom random, int inputs, int outputs) {
    return new DenseLayer(
        inputs, outputs, values(random, inputs * outputs), values(random, outputs));
  }

  private static float[] values(SplittableRandom random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextDouble() - 0.5);
    }
    return values;
  }
}
