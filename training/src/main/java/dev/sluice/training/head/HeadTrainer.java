package dev.sluice.training.head;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
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

/**
 * Trains exit heads by softmax regression on pooled features of a frozen backbone, through DJL's
 * PyTorch engine (Kaya, Hong and Dumitras, "Shallow-Deep Networks", ICML 2019, train the heads
 * alone in the same way). Features are standardised for training and the scale folded into the
 * first layer afterwards. Not thread-safe: the engine's seed is global.
 */
public final class HeadTrainer {
  private static final String ENGINE = "PyTorch";

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
   * Trains a head.
   *
   * @param pooling what the features are
   * @param features one row per sample, {@code pooling.features()} values each; not modified
   * @param labels class of each sample, in [0, classes)
   * @param onEpoch hears the number of epochs done
   * @throws TorchMissingException if the engine is not there
   */
  public ExitHead train(
      Pooling pooling, float[][] features, int[] labels, int classes, IntConsumer onEpoch)
      throws TorchMissingException {
    if (features.length != labels.length || features.length == 0) {
      throw new IllegalArgumentException(
          features.length + " samples, " + labels.length + " labels");
    }
    requireEngine();
    int width = pooling.features();
    float[] mean = new float[width];
    float[] sd = new float[width];
    moments(features, mean, sd);
    Engine.getEngine(ENGINE).setRandomSeed((int) options.seed());
    try (Model model = Model.newInstance("head", Device.cpu(), ENGINE)) {
      SequentialBlock block = new SequentialBlock();
      if (options.hidden() > 0) {
        block.add(Linear.builder().setUnits(options.hidden()).build()).add(Activation.reluBlock());
      }
      block.add(Linear.builder().setUnits(classes).build());
      model.setBlock(block);
      int batch = Math.min(options.batch(), features.length);
      int steps = options.epochs() * ((features.length + batch - 1) / batch);
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
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(batch, width));
        try (GuardedSteps guarded = new GuardedSteps(trainer)) {
          run(trainer, guarded, standardised(features, mean, sd), labels, batch, onEpoch);
          droppedSteps += guarded.dropped();
        }
      }
      List<DenseLayer> layers = layers(block);
      layers.set(0, layers.get(0).takingRaw(mean, sd));
      return new ExitHead(pooling, layers);
    }
  }

  private void run(
      Trainer trainer,
      GuardedSteps guarded,
      float[][] features,
      int[] labels,
      int batch,
      IntConsumer onEpoch) {
    int width = features[0].length;
    SplittableRandom random = new SplittableRandom(options.seed());
    int[] order = new int[features.length];
    Arrays.setAll(order, i -> i);
    for (int epoch = 0; epoch < options.epochs(); epoch++) {
      shuffle(order, random);
      for (int from = 0; from < order.length; from += batch) {
        int count = Math.min(batch, order.length - from);
        float[] x = new float[count * width];
        float[] y = new float[count];
        for (int i = 0; i < count; i++) {
          System.arraycopy(features[order[from + i]], 0, x, i * width, width);
          y[i] = labels[order[from + i]];
        }
        float value;
        try (NDManager scope = trainer.getManager().newSubManager();
            GradientCollector gradients = trainer.newGradientCollector()) {
          NDList out = trainer.forward(new NDList(scope.create(x, new Shape(count, width))));
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

  private static List<DenseLayer> layers(SequentialBlock block) {
    List<DenseLayer> layers = new ArrayList<>();
    for (var child : block.getChildren()) {
      Block inner = child.getValue();
      if (inner instanceof Linear linear) {
        NDArray weight = linear.getParameters().get("weight").getArray();
        NDArray bias = linear.getParameters().get("bias").getArray();
        Shape shape = weight.getShape();
        layers.add(
            new DenseLayer(
                Math.toIntExact(shape.get(1)),
                Math.toIntExact(shape.get(0)),
                weight.toFloatArray(),
                bias.toFloatArray()));
      }
    }
    return layers;
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
