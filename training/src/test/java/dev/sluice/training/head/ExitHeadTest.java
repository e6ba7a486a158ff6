package dev.sluice.training.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.tensor.TensorType;
import dev.sluice.training.export.BranchyNetworks;
import dev.sluice.training.export.OnnxPieces;
import dev.sluice.training.export.TinyNetwork;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
    LinearHead head =
        new LinearHead(
            PooledView.of(pooling),
            List.of(layer(random, pooling.features(), 7), layer(random, 7, 3)));
    float[] tensor = values(random, 5 * 8 * 4);
    float[] features = new float[pooling.features()];
    pooling.apply(FloatBuffer.wrap(tensor), features);

    float[] logits = run(head, List.of(new int[] {5, 8, 4}), List.of(tensor));

    assertThat(logits).containsExactly(head.logits(features), within(TOLERANCE));
    assertThat(head.macs()).isEqualTo(7L * pooling.features() + 7 * 3);
  }

  @Test
  void readsSeveralScalesAndLeavesOutWhatIsNoFeatureMap() {
    SplittableRandom random = new SplittableRandom(6);
    CutPoint cut =
        cut(
            List.of(new int[] {4, 8, 8}, new int[] {9}, new int[] {6, 4, 4}),
            List.of(TensorType.FLOAT32, TensorType.INT64, TensorType.FLOAT32));
    PooledView view = HeadViews.pooled(cut, 4).orElseThrow();
    assertThat(view.features()).isEqualTo(2 * 4 + 2 * 6);
    LinearHead head = new LinearHead(view, List.of(layer(random, view.features(), 3)));
    List<float[]> tensors = List.of(values(random, 256), new float[9], values(random, 96));

    agree(head, cut, tensors);
  }

  @Test
  void averagesTokensAndKeepsTheFirst() {
    CutPoint cut = cut(List.of(new int[] {17, 6}), List.of(TensorType.FLOAT32));
    SplittableRandom random = new SplittableRandom(7);
    TokenView view = HeadViews.tokens(cut).orElseThrow();

    agree(
        new LinearHead(view, List.of(layer(random, 12, 5), layer(random, 5, 3))),
        cut,
        List.of(values(random, 17 * 6)));
  }

  @ParameterizedTest
  @EnumSource(
      value = TensorType.class,
      names = {"FLOAT32", "INT64", "INT32", "BOOL", "UINT8"})
  void leavesOutPaddingThatAMaskOfAnyTypeMarks(TensorType type) {
    CutPoint cut =
        cut(List.of(new int[] {1, 1, 4}, new int[] {4, 3}), List.of(type, TensorType.FLOAT32));
    TokenView view = HeadViews.tokens(cut).orElseThrow();
    assertThat(view.mask()).contains(new TokenView.Mask(0, false));
    float[] mask = {1, 1, 0, 0};
    float[] tokens = {1, 2, 3, 5, 6, 7, 100, 100, 100, 100, 100, 100};
    float[] seen = new float[view.features()];
    view.apply(List.of(FloatBuffer.wrap(mask), FloatBuffer.wrap(tokens)), seen);
    assertThat(seen).containsExactly(3, 4, 5, 1, 2, 3);

    agree(
        new LinearHead(view, List.of(layer(new SplittableRandom(3), 6, 2))),
        cut,
        List.of(mask, tokens));
  }

  @Test
  void readsAMaskThatIsAddedToScores() {
    CutPoint cut =
        cut(
            List.of(new int[] {3, 2}, new int[] {3}),
            List.of(TensorType.FLOAT32, TensorType.FLOAT32));
    TokenView view = new TokenView(0, 3, 2, Optional.of(new TokenView.Mask(1, true)));
    float[] seen = new float[4];
    float[] tokens = {1, 2, 3, 4, 90, 90};
    float[] mask = {0, 0, -10_000};
    view.apply(List.of(FloatBuffer.wrap(tokens), FloatBuffer.wrap(mask)), seen);
    assertThat(seen).containsExactly(2, 3, 1, 2);

    agree(
        new LinearHead(view, List.of(layer(new SplittableRandom(3), 4, 2))),
        cut,
        List.of(tokens, mask));
  }

  @Test
  void writesAConvolutionalHeadThatSaysWhatItsLayersSay() {
    SplittableRandom random = new SplittableRandom(11);
    for (int side : new int[] {16, 14, 8, 7}) {
      CellView view = new CellView(0, 3, 2 * side, side, side);
      int stride = side > 8 ? 2 : 1;
      int outSide = (side - 1) / stride + 1;
      Pooling pooling = new Pooling(5, outSide, outSide, outSide % 4 == 0 ? 4 : 1, true);
      ConvHead head =
          new ConvHead(
              view,
              List.of(
                  new ConvLayer(3, 5, 1, 1, side, values(random, 15), values(random, 5)),
                  new ConvLayer(5, 5, 3, stride, side, values(random, 225), values(random, 5))),
              pooling,
              layer(random, pooling.features(), 4));
      CutPoint cut = cut(List.of(new int[] {3, 2 * side, side}), List.of(TensorType.FLOAT32));

      agree(head, cut, List.of(values(random, 6 * side * side)));
    }
  }

  @Test
  void trainsAConvolutionalHeadThatSeesShapes() throws TorchMissingException {
    requireTorch();
    // Bars along or across: every channel has the same mean and the same maximum in both classes.
    SplittableRandom random = new SplittableRandom(5);
    CellView view = new CellView(0, 2, 8, 8, 8);
    List<PackedRow> rows = new ArrayList<>();
    List<float[]> pictures = new ArrayList<>();
    int[] labels = new int[300];
    for (int s = 0; s < labels.length; s++) {
      labels[s] = s % 2;
      float[] map = new float[128];
      int at = random.nextInt(8);
      for (int i = 0; i < 8; i++) {
        map[labels[s] == 0 ? at * 8 + i : i * 8 + at] = 50;
      }
      pictures.add(map);
      rows.add(PackedRow.of(map));
    }

    HeadTrainer trainer = new HeadTrainer(new HeadOptions(0, 12, 32, 5e-3f, 0, 3));
    ConvHead head = trainer.train(view, rows, labels, 2, 8, epoch -> {});
    ConvHead again =
        new HeadTrainer(new HeadOptions(0, 12, 32, 5e-3f, 0, 3))
            .train(view, rows, labels, 2, 8, epoch -> {});

    assertThat(again).isEqualTo(head);
    assertThat(trainer.droppedSteps()).isZero();
    int right = 0;
    for (int s = 0; s < labels.length; s++) {
      float[] logits = head.logits(pictures.get(s));
      right += (logits[1] > logits[0] ? 1 : 0) == labels[s] ? 1 : 0;
    }
    assertThat(right).isGreaterThan(290);
    agree(
        head,
        cut(List.of(new int[] {2, 8, 8}), List.of(TensorType.FLOAT32)),
        List.of(pictures.get(7)));
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
            .train(PooledView.of(pooling), features, labels, 2, epoch -> {});

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

    ExitHead one =
        new HeadTrainer(options).train(PooledView.of(pooling), features, labels, 3, epoch -> {});
    ExitHead other =
        new HeadTrainer(options).train(PooledView.of(pooling), features, labels, 3, epoch -> {});

    assertThat(one).isEqualTo(other);
  }

  private static CutPoint cut(List<int[]> shapes, List<TensorType> types) {
    List<String> names = IntStream.range(0, shapes.size()).mapToObj(i -> "t" + i).toList();
    return new CutPoint(1, "cut", names, shapes, types, 4, 1);
  }

  /** Compares the head exported for old and new operator sets with its layers in Java. */
  private static void agree(ExitHead head, CutPoint cut, List<float[]> tensors) {
    float[] features = new float[head.view().features()];
    head.view().apply(tensors.stream().map(FloatBuffer::wrap).toList(), features);
    for (long opset : new long[] {7, 10, 11, 13, 17, 18, 21}) {
      byte[] backbone = BranchyNetworks.ofOpset(BranchyNetworks.colours(), opset);
      byte[] onnx = OnnxPieces.forBackbone(backbone).head(head, cut.shapes(), cut.types());
      agree(onnx, "opset " + opset, head.logits(features), cut, tensors);
    }
  }

  private static void agree(
      byte[] onnx, String what, float[] expected, CutPoint cut, List<float[]> tensors) {
    List<ByteBuffer> bytes = new ArrayList<>();
    List<long[]> shapes = new ArrayList<>();
    for (int t = 0; t < tensors.size(); t++) {
      bytes.add(bytes(tensors.get(t), cut.types().get(t)));
      int[] shape = cut.shapes().get(t);
      shapes.add(LongStream.concat(LongStream.of(1), IntStream.of(shape).asLongStream()).toArray());
    }
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        var session = engine.load(onnx, "head");
        var in = engine.wrap(bytes, cut.types(), shapes);
        var out = session.run(in)) {
      float[] logits = new float[expected.length];
      out.floats(0).get(logits);
      float largest = 1;
      for (float value : expected) {
        largest = Math.max(largest, Math.abs(value));
      }
      assertThat(logits).as(what).containsExactly(expected, within(TOLERANCE * largest));
    }
  }

  private static ByteBuffer bytes(float[] values, TensorType type) {
    ByteBuffer out =
        ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (type) {
        case FLOAT32 -> out.putFloat(value);
        case INT64 -> out.putLong((long) value);
        case INT32 -> out.putInt((int) value);
        default -> out.put((byte) value);
      }
    }
    return out.flip();
  }

  private static float[] run(ExitHead head, List<int[]> shapes, List<float[]> tensors) {
    byte[] onnx =
        OnnxPieces.forBackbone(TinyNetwork.onnx()).head(head, shapes, List.of(TensorType.FLOAT32));
    long[] shape =
        LongStream.concat(LongStream.of(1), IntStream.of(shapes.get(0)).asLongStream()).toArray();
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        var session = engine.load(onnx, "head");
        var in = engine.wrap(List.of(FloatBuffer.wrap(tensors.get(0))), List.of(shape));
        var out = session.run(in)) {
      float[] logits = new float[head.classes()];
      out.floats(0).get(logits);
      return logits;
    }
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
