package dev.sluice.training.network;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.initializer.XavierInitializer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.sluice.training.roadsigns.DataSet;
import dev.sluice.training.roadsigns.RoadSigns;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/** Trains the compact network for road signs from nothing, all exits jointly. */
public final class RoadSignsTraining {
  static final float[] MEAN = {0.42f, 0.42f, 0.42f};
  static final float[] STD = {0.27f, 0.27f, 0.27f};

  private static final String ENGINE = "PyTorch";
  private static final float SMOOTHING = 0.05f;
  private static final int SHIFT = 4;

  private RoadSignsTraining() {}

  /** Whether the engine that trains is on the class path and starts. */
  public static boolean isAvailable() {
    prepareEngine();
    try {
      return Engine.hasEngine(ENGINE) && Engine.getEngine(ENGINE) != null;
    } catch (EngineException | UnsatisfiedLinkError e) {
      return false;
    }
  }

  private static void prepareEngine() {
    if (System.getProperty("ai.djl.offline") == null) {
      System.setProperty("ai.djl.offline", "true");
    }
  }

  static void main0(TrainingOptions o, ProgressListener listener, LongSupplier clock) {
    train(o, listener, clock);
  }

  static SignNetwork train(TrainingOptions options, ProgressListener listener, LongSupplier clock) {
    prepareEngine();
    var signs = new RoadSigns(options.dataSeed());
    long started = clock.getAsLong();
    FramePool pool = draw(signs, DataSet.TRAIN, options.poolFrames(), options, listener, clock);
    FramePool select = draw(signs, DataSet.SELECT, options.selectFrames(), options, listener, clock);
    Engine engine = Engine.getEngine(ENGINE);
    engine.setRandomSeed(options.networkSeed());
    int classes = RoadSigns.labels().size();
    var network = new SignNetwork(classes);
    int stepsPerEpoch = options.poolFrames() / options.batch();
    int steps = stepsPerEpoch * options.epochs();
    try (Model model = Model.newInstance("road-signs", Device.cpu(), ENGINE)) {
      model.setBlock(network);
      var config =
          new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
              .optDevices(new Device[] {Device.cpu()})
              .optInitializer(
                  new XavierInitializer(
                      XavierInitializer.RandomType.GAUSSIAN, XavierInitializer.FactorType.OUT, 2f),
                  Parameter.Type.WEIGHT)
              .optOptimizer(
                  Boolean.getBoolean("adam") ? Optimizer.adamW().optLearningRateTracker(oneCycle(options.peakLearningRate(), steps)).optWeightDecays(0.02f).build() :
                  Optimizer.sgd()
                      .setLearningRateTracker(oneCycle(options.peakLearningRate(), steps))
                      .optMomentum(0.9f)
                      .optWeightDecays(1e-4f)
                      .build());
;
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(1, 3, RoadSigns.SIDE, RoadSigns.SIDE));
        var random = new SplittableRandom(options.networkSeed());
        int[] order = {};
        int at = 0;
        var buffer = ByteBuffer.allocateDirect(options.batch() * RoadSigns.FRAME_BYTES);
        long loopStart = clock.getAsLong();
        double runningLoss = 0;
        long lastShown = loopStart;
        for (int step = 0; step < steps; step++) {
          if (at + options.batch() > order.length) {
            order = pool.atLeast(smallestFill((double) step / steps));
            shuffle(order, random);
            at = 0;
          }
          buffer.clear();
          float[] targets = new float[options.batch() * classes];
          java.util.Arrays.fill(targets, SMOOTHING / classes);
          for (int i = 0; i < options.batch(); i++) {
            int sample = order[at + i];
            pool.copyShifted(sample, buffer, SHIFT, random);
            targets[i * classes + pool.label(sample)] += 1 - SMOOTHING;
          }
          at += options.batch();
          buffer.flip();
          boolean show = step % 20 == 0;
          try (NDManager batch = trainer.getManager().newSubManager()) {
            NDArray x = normalise(batch, buffer, options.batch());
            float[] gains = new float[options.batch() * 3];
            for (int i = 0; i < gains.length; i += 3) {
              double gain = 0.85 + 0.3 * random.nextDouble();
              for (int c = 0; c < 3; c++) {
                gains[i + c] = (float) (gain + 0.1 * (random.nextDouble() - 0.5));
              }
            }
            x.muli(batch.create(gains, new Shape(options.batch(), 3, 1, 1)));
            NDArray y = batch.create(targets, new Shape(options.batch(), classes));
            NDArray loss;
            try (GradientCollector collector = trainer.newGradientCollector()) {
              NDList logits = trainer.forward(new NDList(x));
              loss = jointLoss(logits, y);
              collector.backward(loss);
              if (show) {
                runningLoss = loss.getFloat();
              }
            }
            trainer.step();
          }
          if (show) {
            long elapsed = clock.getAsLong() - loopStart;
            listener.progress(
                "training",
                (step + 1.0) / steps,
                Duration.ofNanos((long) (elapsed / (step + 1.0) * (steps - step - 1))),
                String.format(Locale.ROOT, "loss %.3f, %.0f/s", runningLoss, 20.0 * options.batch() / ((clock.getAsLong() - lastShown) / 1e9)));
            lastShown = clock.getAsLong();
          }
          if ((step + 1) % stepsPerEpoch == 0) {
            double[] a = accuracy(trainer, select, classes);
            listener.progress("epoch " + ((step + 1) / stepsPerEpoch), (step + 1.0) / steps, Duration.ZERO, java.util.Arrays.toString(a));
            if (dump != null) { dump.accept(network); }
          }
        }
      }
    }
    return network;
  }

  private static NDArray normalise(NDManager manager, ByteBuffer pixels, int count) {
    NDArray bytes =
        manager.create(
            pixels, new Shape(count, RoadSigns.SIDE, RoadSigns.SIDE, 3), DataType.UINT8);
    NDArray x = bytes.toType(DataType.FLOAT32, false).transpose(0, 3, 1, 2);
    if (!Boolean.getBoolean("cl")) {
      x = x.flatten().reshape(count, 3, RoadSigns.SIDE, RoadSigns.SIDE);
    }
    return x.subi(255 * MEAN[0]).muli(1 / (255 * STD[0]));
  }

  private static NDArray jointLoss(NDList logits, NDArray targets) {
    NDArray sum = null;
    float[] w = {0.3f, 0.3f, 0.3f, 0.4f, 0.6f, 1f};
    for (int i = 0; i < logits.size(); i++) {
      NDArray l = logits.get(i).logSoftmax(-1).mul(targets).sum().mul(-w[i] / targets.getShape().get(0));
      sum = sum == null ? l : sum.add(l);
    }
    return sum;
  }

  static double[] accuracy(Trainer trainer, FramePool frames, int classes) {
    int batch = 100;
    var buffer = ByteBuffer.allocateDirect(batch * RoadSigns.FRAME_BYTES);
    double[] right = null;
    for (int at = 0; at < frames.size(); at += batch) {
      int n = Math.min(batch, frames.size() - at);
      buffer.clear();
      for (int i = 0; i < n; i++) {
        frames.copy(at + i, buffer);
      }
      buffer.flip();
      try (NDManager manager = trainer.getManager().newSubManager()) {
        NDList logits = trainer.evaluate(new NDList(normalise(manager, buffer, n)));
        if (right == null) {
          right = new double[logits.size()];
        }
        for (int e = 0; e < right.length; e++) {
          long[] predicted = logits.get(e).argMax(1).toLongArray();
          for (int i = 0; i < n; i++) {
            right[e] += predicted[i] == frames.label(at + i) ? 1.0 / frames.size() : 0;
          }
        }
      }
    }
    return right;
  }

  private static FramePool draw(
      RoadSigns signs, DataSet set, int count, TrainingOptions options, ProgressListener listener, LongSupplier clock) {
    long start = clock.getAsLong();
    FramePool p = FramePool.draw(signs, set, count, options.threads(), i -> {});
    listener.progress("drew " + set, 1, Duration.ZERO, (clock.getAsLong() - start) / 1000000 + " ms");
    return p;
  }

  static java.util.function.Consumer<SignNetwork> dump;

  /** Near signs first, then farther ones. */
  private static double smallestFill(double done) {
    return done < 0.1 ? 0.5 : done < 0.2 ? 0.35 : 0;
  }

  private static void shuffle(int[] order, SplittableRandom random) {
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
  }

  /** Linear warm-up over the first 15 %, then half a cosine down to nothing. */
  private static Tracker oneCycle(double peak, int steps) {
    double warm = 0.15 * steps;
    return step ->
        (float)
            (step < warm
                ? peak * (0.05 + 0.95 * step / warm)
                : peak * (0.5 + 0.5 * Math.cos(Math.PI * Math.min(1, (step - warm) / (steps - warm)))));
  }
}
