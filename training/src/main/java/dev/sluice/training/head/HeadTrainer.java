package dev.sluice.training.head;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.initializer.XavierInitializer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.sluice.training.guard.GuardedSteps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/**
 * Trains exit heads on features of a frozen backbone, by cross-entropy, through DJL's PyTorch
 * engine (Kaya, Hong and Dumitras, "Shallow-Deep Networks", ICML 2019, train the heads alone in the
 * same way). Features are standardised for training and the scale folded into the first layer
 * afterwards. Not thread-safe: the engine's seed is global.
 */
public final class HeadTrainer {
  private static final String ENGINE = "PyTorch";

  /** Maps larger than this are halved by the second convolution. */
  private static final int LARGE_SIDE = 8;

  /** Cells per side of what a convolutional head pools, where they divide its map. */
  private static final int GRID = 4;

  private static final float EPSILON = 1e-5f;

  private final HeadOptions options;
  private int droppedSteps;

  public HeadTrainer(HeadOptions options) {
    this.options = options;
  }

  /** Returns how many steps were dropped so far because their gradient was garbage. */
  public int droppedSteps() {
    return droppedSteps;
  }

  /**
   * Makes sure that the training engine is there.
   *
   * @throws TorchMissingException if it is not
   */
  public static void requireEngine() throws TorchMissingException {
    try {
      Engine.getEngine(ENGINE);
    } catch (RuntimeException | LinkageError e) {
      throw new TorchMissingException(e);
    }
  }

  /**
   * Trains a head of fully connected layers.
   *
   * @param view what the features are
   * @param features one row per sample, {@code view.features()} values each; not modified
   * @param labels class of each sample, in [0, classes)
   * @param onEpoch hears the number of epochs done
   * @throws TorchMissingException if the engine is not there
   */
  public LinearHead train(
      HeadView view, float[][] features, int[] labels, int classes, IntConsumer onEpoch)
      throws TorchMissingException {
    requireSamples(features.length, labels);
    requireEngine();
    int width = view.features();
    float[] mean = new float[width];
    float[] sd = new float[width];
    moments(features, mean, sd);
    float[][] rows = standardised(features, mean, sd);
    SequentialBlock block = new SequentialBlock();
    if (options.hidden() > 0) {
      block.add(Linear.builder().setUnits(options.hidden()).build()).add(Activation.reluBlock());
    }
    block.add(Linear.builder().setUnits(classes).build());
    List<DenseLayer> layers =
        fit(
            block,
            new Shape(width),
            labels,
            (sample, out, at) -> System.arraycopy(rows[sample], 0, out, at, width),
            onEpoch,
            () -> denseLayers(block));
    layers.set(0, layers.get(0).takingRaw(mean, sd));
    return new LinearHead(view, layers);
  }

  /**
   * Trains a head of convolutions.
   *
   * @param view what the features are
   * @param features one row per sample, {@code view.features()} values each
   * @param labels class of each sample, in [0, classes)
   * @param reduced channels between the convolutions, at least 1
   * @param onEpoch hears the number of epochs done
   * @throws TorchMissingException if the engine is not there
   */
  public ConvHead train(
      CellView view,
      List<PackedRow> features,
      int[] labels,
      int classes,
      int reduced,
      IntConsumer onEpoch)
      throws TorchMissingException {
    requireSamples(features.size(), labels);
    requireEngine();
    int channels = view.channels();
    int side = view.side();
    float[] mean = new float[channels];
    float[] sd = new float[channels];
    moments(features, side * side, mean, sd);
    int stride = side > LARGE_SIDE ? 2 : 1;
    int outSide = (side - 1) / stride + 1;
    Pooling pooling =
        new Pooling(reduced, outSide, outSide, outSide % GRID == 0 ? GRID : 1, outSide > 1);
    Conv2d pointwise = convolution(reduced, 1, 1);
    BatchNorm pointwiseNorm = BatchNorm.builder().optEpsilon(EPSILON).build();
    Conv2d second = convolution(reduced, 3, stride);
    BatchNorm secondNorm = BatchNorm.builder().optEpsilon(EPSILON).build();
    SequentialBlock block =
        new SequentialBlock()
            .add(pointwise)
            .add(pointwiseNorm)
            .add(Activation.reluBlock())
            .add(second)
            .add(secondNorm)
            .add(Activation.reluBlock())
            .add(new LambdaBlock(maps -> new NDList(pooled(maps.singletonOrThrow(), pooling))))
            .add(Linear.builder().setUnits(classes).build());
    return fit(
        block,
        new Shape(channels, side, side),
        labels,
        (sample, out, at) -> standardised(features.get(sample), mean, sd, out, at),
        onEpoch,
        () -> {
          ConvLayer first =
              folded(channels, reduced, 1, 1, side, pointwise, pointwiseNorm).takingRaw(mean, sd);
          ConvLayer next = folded(reduced, reduced, 3, stride, side, second, secondNorm);
          return new ConvHead(view, List.of(first, next), pooling, denseLayers(block).get(0));
        });
  }

  /** A convolution with the normalisation behind it, as one. */
  private static ConvLayer folded(
      int inputs, int outputs, int kernel, int stride, int side, Conv2d conv, BatchNorm norm) {
    float[] weights = weights(conv);
    float[] bias = bias(conv);
    float[] gamma = floats(norm, "gamma");
    float[] beta = floats(norm, "beta");
    float[] mean = floats(norm, "runningMean");
    float[] variance = floats(norm, "runningVar");
    int perOutput = weights.length / outputs;
    for (int o = 0; o < outputs; o++) {
      float scale = (float) (gamma[o] / Math.sqrt(variance[o] + EPSILON));
      for (int i = 0; i < perOutput; i++) {
        weights[o * perOutput + i] *= scale;
      }
      bias[o] = beta[o] + (bias[o] - mean[o]) * scale;
    }
    return new ConvLayer(inputs, outputs, kernel, stride, side, weights, bias);
  }

  private static void requireSamples(int samples, int[] labels) {
    if (samples != labels.length || samples == 0) {
      throw new IllegalArgumentException(samples + " samples, " + labels.length + " labels");
    }
  }

  private static Conv2d convolution(int filters, int kernel, int stride) {
    return Conv2d.builder()
        .setKernelShape(new Shape(kernel, kernel))
        .setFilters(filters)
        .optStride(new Shape(stride, stride))
        .optPadding(new Shape(kernel / 2, kernel / 2))
        .build();
  }

  /** The features of {@link Pooling}, in its order. */
  private static NDArray pooled(NDArray maps, Pooling pooling) {
    NDList parts = new NDList(Pool.globalAvgPool2d(maps));
    if (pooling.max()) {
      parts.add(Pool.globalMaxPool2d(maps));
    }
    if (pooling.grid() > 1) {
      Shape cell = new Shape(pooling.height() / pooling.grid(), pooling.width() / pooling.grid());
      NDArray cells = Pool.avgPool2d(maps, cell, cell, new Shape(0, 0), false, true);
      parts.add(cells.reshape(maps.getShape().get(0), -1));
    }
    return NDArrays.concat(parts, 1);
  }

  /** Writes a sample's features. */
  private interface Rows {
    void write(int sample, float[] out, int at);
  }

  /** Trains a block and returns what is read from it before its memory is freed. */
  private <T> T fit(
      SequentialBlock block,
      Shape input,
      int[] labels,
      Rows rows,
      IntConsumer onEpoch,
      Supplier<T> result) {
    Engine.getEngine(ENGINE).setRandomSeed((int) options.seed());
    int batch = Math.min(options.batch(), labels.length);
    int steps = options.epochs() * ((labels.length + batch - 1) / batch);
    var config =
        new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
            .optDevices(new Device[] {Device.cpu()})
            .optInitializer(new XavierInitializer(), Parameter.Type.WEIGHT)
            .optOptimizer(
                Optimizer.adam()
                    .optLearningRateTracker(
                        Tracker.cosine()
                            .setBaseValue(options.learningRate())
                            .optFinalValue(options.learningRate() / 100)
                            .setMaxUpdates(steps)
                            .build())
                    .optWeightDecays(options.weightDecay())
                    .build());
    try (Model model = Model.newInstance("head", Device.cpu(), ENGINE)) {
      model.setBlock(block);
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(batch).addAll(input));
        try (GuardedSteps guarded = new GuardedSteps(trainer)) {
          run(trainer, guarded, input, rows, labels, batch, onEpoch);
          droppedSteps += guarded.dropped();
        }
      }
      return result.get();
    }
  }

  private void run(
      Trainer trainer,
      GuardedSteps guarded,
      Shape input,
      Rows rows,
      int[] labels,
      int batch,
      IntConsumer onEpoch) {
    int width = Math.toIntExact(input.size());
    SplittableRandom random = new SplittableRandom(options.seed());
    int[] order = new int[labels.length];
    Arrays.setAll(order, i -> i);
    for (int epoch = 0; epoch < options.epochs(); epoch++) {
      shuffle(order, random);
      for (int from = 0; from < order.length; from += batch) {
        int count = Math.min(batch, order.length - from);
        float[] x = new float[count * width];
        float[] y = new float[count];
        for (int i = 0; i < count; i++) {
          rows.write(order[from + i], x, i * width);
          y[i] = labels[order[from + i]];
        }
        float value;
        try (NDManager scope = trainer.getManager().newSubManager();
            GradientCollector gradients = trainer.newGradientCollector()) {
          NDArray in = scope.create(x, new Shape(count).addAll(input));
          NDList out = trainer.forward(new NDList(in));
          NDArray loss =
              trainer.getLoss().evaluate(new NDList(scope.create(y, new Shape(count))), out);
          gradients.backward(loss);
          value = loss.getFloat();
        }
        guarded.step(value);
      }
      onEpoch.accept(epoch + 1);
    }
  }

  private static void shuffle(int[] order, SplittableRandom random) {
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
  }

  private static List<DenseLayer> denseLayers(SequentialBlock block) {
    List<DenseLayer> layers = new ArrayList<>();
    for (var child : block.getChildren()) {
      Block inner = child.getValue();
      if (inner instanceof Linear linear) {
        Shape shape = linear.getParameters().get("weight").getArray().getShape();
        layers.add(
            new DenseLayer(
                Math.toIntExact(shape.get(1)),
                Math.toIntExact(shape.get(0)),
                weights(linear),
                bias(linear)));
      }
    }
    return layers;
  }

  private static float[] weights(Block block) {
    return floats(block, "weight");
  }

  private static float[] bias(Block block) {
    return floats(block, "bias");
  }

  private static float[] floats(Block block, String name) {
    return block.getParameters().get(name).getArray().toFloatArray();
  }

  /** Moments per channel over all samples and positions. */
  private static void moments(List<PackedRow> features, int area, float[] mean, float[] sd) {
    for (int c = 0; c < mean.length; c++) {
      double sum = 0;
      double squares = 0;
      for (PackedRow row : features) {
        for (int i = c * area; i < (c + 1) * area; i++) {
          double value = row.get(i);
          sum += value;
          squares += value * value;
        }
      }
      double count = (double) area * features.size();
      double m = sum / count;
      double variance = Math.max(0, squares / count - m * m);
      mean[c] = (float) m;
      sd[c] = variance > 1e-12 ? (float) Math.sqrt(variance) : 1;
    }
  }

  private static void standardised(PackedRow row, float[] mean, float[] sd, float[] out, int at) {
    row.unpack(out, at);
    int area = row.length() / mean.length;
    for (int c = 0; c < mean.length; c++) {
      for (int i = at + c * area; i < at + (c + 1) * area; i++) {
        out[i] = (out[i] - mean[c]) / sd[c];
      }
    }
  }

  private static void moments(float[][] features, float[] mean, float[] sd) {
    for (int i = 0; i < mean.length; i++) {
      double sum = 0;
      double squares = 0;
      for (float[] row : features) {
        sum += row[i];
        squares += (double) row[i] * row[i];
      }
      double m = sum / features.length;
      double variance = Math.max(0, squares / features.length - m * m);
      mean[i] = (float) m;
      // A feature that never changes says nothing: leave it at zero instead of dividing by zero.
      sd[i] = variance > 1e-12 ? (float) Math.sqrt(variance) : 1;
    }
  }

  private static float[][] standardised(float[][] features, float[] mean, float[] sd) {
    float[][] out = new float[features.length][mean.length];
    for (int s = 0; s < out.length; s++) {
      for (int i = 0; i < mean.length; i++) {
        out[s][i] = (features[s][i] - mean[i]) / sd[i];
      }
    }
    return out;
  }
}
