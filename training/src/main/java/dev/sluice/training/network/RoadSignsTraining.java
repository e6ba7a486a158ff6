package dev.sluice.training.network;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.initializer.XavierInitializer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import dev.sluice.training.roadsigns.DataSet;
import dev.sluice.training.roadsigns.RoadSigns;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Trains the compact network for road signs from nothing, all exits jointly, and exports it.
 *
 * <p>Uses only frames of the sets {@link DataSet#TRAIN} (weights) and {@link DataSet#SELECT} (the
 * accuracies in the provenance). The same options start from the same weights and see the same
 * samples in the same order; another machine may still round differently.
 */
public final class RoadSignsTraining {
  private static final String ENGINE = "PyTorch";
  private static final float WEIGHT_DECAY = 0.02f;

  /** A training of this many epochs whose final exit is worse than this has gone wrong. */
  private static final int LEARNT_AFTER_EPOCHS = 4;

  private static final double LEARNT_ACCURACY = 0.5;

  private RoadSignsTraining() {}

  /** Whether the engine that trains is on the class path and starts on this machine. */
  public static boolean isAvailable() {
    prepareEngine();
    try {
      return Engine.hasEngine(ENGINE) && Engine.getEngine(ENGINE) != null;
    } catch (EngineException | UnsatisfiedLinkError e) {
      return false;
    }
  }

  /**
   * Trains by the machine's clock; see {@link #train(TrainingOptions, ProgressListener,
   * LongSupplier)}.
   */
  public static TrainedRoadSigns train(TrainingOptions options, ProgressListener listener) {
    return train(options, listener, System::nanoTime);
  }

  /**
   * Trains the network.
   *
   * @param listener told of progress on the calling thread
   * @param nanoClock for estimates of the time left and the provenance
   * @throws IllegalStateException if the engine is not on the class path (the Maven profile {@code
   *     torch} brings it), or if a whole training ends without having learnt
   */
  public static TrainedRoadSigns train(
      TrainingOptions options, ProgressListener listener, LongSupplier nanoClock) {
    if (!isAvailable()) {
      throw new IllegalStateException(
          "training needs the PyTorch engine: build with the Maven profile torch (no -Dtorch=off)");
    }
    long start = nanoClock.getAsLong();
    FramePool pool = draw(DataSet.TRAIN, options.poolFrames(), options, listener, nanoClock);
    FramePool select = draw(DataSet.SELECT, options.selectFrames(), options, listener, nanoClock);
    List<String> labels = RoadSigns.labels();
    var network = new SignNetwork(labels.size());
    Engine.getEngine(ENGINE).setRandomSeed(options.networkSeed());
    try (Model model = Model.newInstance("road-signs", Device.cpu(), ENGINE)) {
      model.setBlock(network);
      try (Trainer trainer = model.newTrainer(configuration(options))) {
        trainer.initialize(new Shape(1, 3, RoadSigns.SIDE, RoadSigns.SIDE));
        var loop = new JointTrainer(trainer, pool, options, labels.size());
        loop.run(select, listener, nanoClock);
        double[] accuracy = loop.accuracy(select);
        if (options.epochs() >= LEARNT_AFTER_EPOCHS
            && accuracy[accuracy.length - 1] < LEARNT_ACCURACY) {
          throw new IllegalStateException(
              String.format(
                  Locale.ROOT,
                  "training diverged: the final exit is right on %.1f %% of the select frames; run it"
                      + " again",
                  100 * accuracy[accuracy.length - 1]));
        }
        Duration took = Duration.ofNanos(nanoClock.getAsLong() - start);
        return new TrainedRoadSigns(
            NetworkExport.backbone(network),
            NetworkExport.exits(network),
            labels,
            repeated(JointTrainer.MEAN),
            repeated(JointTrainer.STD),
            provenance(options, network, accuracy, took, loop.droppedSteps()));
      }
    }
  }

  static TrainingConfig configuration(TrainingOptions options) {
    return new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
        .optDevices(new Device[] {Device.cpu()})
        .optInitializer(
            new XavierInitializer(
                XavierInitializer.RandomType.GAUSSIAN, XavierInitializer.FactorType.OUT, 2f),
            Parameter.Type.WEIGHT)
        .optOptimizer(
            Optimizer.adamW()
                .optLearningRateTracker(
                    JointTrainer.oneCycle(options.peakLearningRate(), JointTrainer.steps(options)))
                .optWeightDecays(WEIGHT_DECAY)
                .build());
  }

  /**
   * Before the engine starts: it must never fetch a native library by itself. One thread computes
   * hardly slower than two on layers this small (562 against 690 images a second on two idle cores,
   * and far faster where the cores are shared), and always sums in the same order.
   */
  private static void prepareEngine() {
    setUnlessSet("ai.djl.offline", "true");
    setUnlessSet("ai.djl.pytorch.num_threads", "1");
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  private static FramePool draw(
      DataSet set,
      int count,
      TrainingOptions options,
      ProgressListener listener,
      LongSupplier nanoClock) {
    long start = nanoClock.getAsLong();
    String phase = "drawing " + set.name().toLowerCase(Locale.ROOT) + " frames";
    return FramePool.draw(
        new RoadSigns(options.dataSeed()),
        set,
        count,
        options.threads(),
        drawn -> {
          double done = (drawn + 1.0) / count;
          long elapsed = nanoClock.getAsLong() - start;
          listener.progress(
              phase, done, Duration.ofNanos((long) (elapsed * (1 - done) / done)), "");
        });
  }

  private static float[] repeated(float value) {
    return new float[] {value, value, value};
  }

  private static Map<String, String> provenance(
      TrainingOptions options,
      SignNetwork network,
      double[] accuracy,
      Duration took,
      int droppedSteps) {
    Map<String, String> made = new LinkedHashMap<>();
    made.put("data", "RoadSigns, drawn by seed");
    made.put("data.seed", Long.toString(options.dataSeed()));
    made.put("network.seed", Integer.toString(options.networkSeed()));
    made.put("network.macs", Long.toString(network.totalMacs()));
    made.put("network.parameters", Long.toString(network.parameterCount()));
    made.put("train.frames", Integer.toString(options.poolFrames()));
    made.put("train.epochs", Integer.toString(options.epochs()));
    made.put("train.batch", Integer.toString(options.batch()));
    made.put("train.peakLearningRate", Double.toString(options.peakLearningRate()));
    made.put("train.droppedSteps", Integer.toString(droppedSteps));
    made.put("train.seconds", Long.toString(took.toSeconds()));
    made.put("train.java", System.getProperty("java.version", "unknown"));
    made.put("select.frames", Integer.toString(options.selectFrames()));
    int exit = 0;
    for (String block : network.branches().keySet()) {
      String kind = network.isExit(block) ? "select.accuracy." : "select.accuracy.auxiliary.";
      made.put(kind + block, percent(accuracy[exit++]));
    }
    made.put("select.accuracy.final", percent(accuracy[exit]));
    return made;
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }
}
