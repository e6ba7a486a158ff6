package dev.sluice.training.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.tracker.Tracker;
import dev.sluice.training.guard.GuardedSteps;
import dev.sluice.training.roadsigns.RoadSigns;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * The training loop: all exits at once on the weighted sum of their losses.
 *
 * <p>Near signs come first and farther ones join in (Bengio, Louradour, Collobert and Weston,
 * "Curriculum Learning", ICML 2009): a small sign in clutter teaches little to a network that does
 * not know signs yet. The learning rate rises and falls once (Smith and Topin, "Super-Convergence",
 * 2018).
 *
 * <p>Not thread-safe. Native memory of a step is freed with the step.
 */
final class JointTrainer {
  /** What a channel's values, as shares of full white, are centred on and divided by. */
  static final float MEAN = 0.42f;

  static final float STD = 0.27f;

  /** Loss weights: less for the early exits, which else bend the backbone to their needs. */
  private static final float[] LOSS_WEIGHTS = {0.2f, 0.15f, 0.2f, 0.2f, 0.4f, 1f};

  private static final float LABEL_SMOOTHING = 0.05f;
  private static final int SHIFT_PIXELS = 4;
  private static final int STEPS_PER_REPORT = 20;
  private static final int EVALUATION_BATCH = 100;
  private static final double WARM_UP = 0.15;

  private final Trainer trainer;
  private final FramePool pool;
  private final TrainingOptions options;
  private final int classes;
  private final SplittableRandom random;
  private final ByteBuffer pixels;
  private int[] order = {};
  private int next;
  private int dropped;

  JointTrainer(Trainer trainer, FramePool pool, TrainingOptions options, int classes) {
    this.trainer = trainer;
    this.pool = pool;
    this.options = options;
    this.classes = classes;
    random = new SplittableRandom(options.networkSeed());
    pixels = ByteBuffer.allocateDirect(options.batch() * RoadSigns.FRAME_BYTES);
  }

  /** Steps in a whole training. */
  static int steps(TrainingOptions options) {
    return (int) ((long) options.poolFrames() * options.epochs() / options.batch());
  }

  /** Linear warm-up, then half a cosine down to nothing. */
  static Tracker oneCycle(double peak, int steps) {
    double warm = WARM_UP * steps;
    return step -> {
      double share =
          step < warm
              ? 0.05 + 0.95 * step / warm
              : 0.5 + 0.5 * Math.cos(Math.PI * Math.min(1, (step - warm) / (steps - warm)));
      return (float) (peak * share);
    };
  }

  /**
   * Takes all steps.
   *
   * @param select frames on which the accuracy is reported after each epoch
   */
  void run(FramePool select, ProgressListener listener, LongSupplier nanoClock) {
    int steps = steps(options);
    int stepsPerEpoch = Math.max(1, steps / options.epochs());
    long start = nanoClock.getAsLong();
    String accuracy = "";
    try (GuardedSteps guarded = new GuardedSteps(trainer)) {
      for (int step = 0; step < steps; step++) {
        boolean lastOfEpoch = (step + 1) % stepsPerEpoch == 0;
        boolean report = step % STEPS_PER_REPORT == 0 || lastOfEpoch || step == steps - 1;
        float loss = step((double) step / steps, guarded);
        if (lastOfEpoch) {
          accuracy = ", right at the exits (%) " + percent(accuracy(select));
        }
        if (report) {
          double done = (step + 1.0) / steps;
          long elapsed = nanoClock.getAsLong() - start;
          listener.progress(
              "training",
              done,
              Duration.ofNanos((long) (elapsed * (1 - done) / done)),
              note(loss, accuracy, guarded.dropped()));
        }
      }
      dropped = guarded.dropped();
    }
  }

  /** Returns how many steps of the last run were dropped because their gradient was garbage. */
  int droppedSteps() {
    return dropped;
  }

  private static String note(float loss, String accuracy, int dropped) {
    String trouble = dropped == 0 ? "" : ", steps dropped: " + dropped;
    return String.format(Locale.ROOT, "loss %.3f%s%s", loss, accuracy, trouble);
  }

  private static String percent(double[] shares) {
    return Arrays.stream(shares)
        .mapToObj(share -> String.format(Locale.ROOT, "%.1f", 100 * share))
        .collect(Collectors.joining(" "));
  }

  /** Takes one step and returns its loss. */
  private float step(double done, GuardedSteps guarded) {
    int batch = options.batch();
    if (next + batch > order.length) {
      order = pool.atLeast(smallestFill(done));
      shuffle(order);
      next = 0;
    }
    float[] targets = new float[batch * classes];
    Arrays.fill(targets, LABEL_SMOOTHING / classes);
    pixels.clear();
    for (int i = 0; i < batch; i++) {
      int sample = order[next++];
      pool.copyShifted(sample, pixels, SHIFT_PIXELS, random);
      targets[i * classes + pool.label(sample)] += 1 - LABEL_SMOOTHING;
    }
    pixels.flip();
    try (NDManager manager = trainer.getManager().newSubManager()) {
      NDArray x = normalised(manager, pixels, batch);
      x.muli(manager.create(gains(batch), new Shape(batch, 3, 1, 1)));
      NDArray y = manager.create(targets, new Shape(batch, classes));
      float value;
      try (GradientCollector collector = trainer.newGradientCollector()) {
        NDArray loss = loss(trainer.forward(new NDList(x)), y);
        collector.backward(loss);
        value = loss.getFloat();
      }
      guarded.step(value);
      return value;
    }
  }

  private static double smallestFill(double done) {
    if (done < 0.1) {
      return 0.5;
    }
    return done < 0.2 ? 0.35 : 0;
  }

  /** A brightness per sample and a slight tint per channel. */
  private float[] gains(int batch) {
    float[] gains = new float[batch * 3];
    for (int i = 0; i < gains.length; i += 3) {
      double brightness = 0.85 + 0.3 * random.nextDouble();
      for (int c = 0; c < 3; c++) {
        gains[i + c] = (float) (brightness + 0.1 * (random.nextDouble() - 0.5));
      }
    }
    return gains;
  }

  /** Cross-entropy against smoothed labels, weighted over the exits; a scalar. */
  private NDArray loss(NDList logits, NDArray targets) {
    NDArray sum = exitLoss(logits, targets, 0);
    for (int exit = 1; exit < logits.size(); exit++) {
      sum = sum.add(exitLoss(logits, targets, exit));
    }
    return sum;
  }

  private NDArray exitLoss(NDList logits, NDArray targets, int exit) {
    float scale = -LOSS_WEIGHTS[exit] / options.batch();
    return logits.get(exit).logSoftmax(-1).mul(targets).sum().mul(scale);
  }

  /** Share of right answers at each exit, the final one last. */
  double[] accuracy(FramePool frames) {
    int[] right = new int[LOSS_WEIGHTS.length];
    var buffer = ByteBuffer.allocateDirect(EVALUATION_BATCH * RoadSigns.FRAME_BYTES);
    for (int from = 0; from < frames.size(); from += EVALUATION_BATCH) {
      int count = Math.min(EVALUATION_BATCH, frames.size() - from);
      buffer.clear();
      for (int i = 0; i < count; i++) {
        frames.copy(from + i, buffer);
      }
      buffer.flip();
      try (NDManager manager = trainer.getManager().newSubManager()) {
        NDList logits = trainer.evaluate(new NDList(normalised(manager, buffer, count)));
        for (int exit = 0; exit < right.length; exit++) {
          long[] predicted = logits.get(exit).argMax(1).toLongArray();
          for (int i = 0; i < count; i++) {
            if (predicted[i] == frames.label(from + i)) {
              right[exit]++;
            }
          }
        }
      }
    }
    return Arrays.stream(right).mapToDouble(r -> (double) r / frames.size()).toArray();
  }

  /**
   * Interleaved bytes as {@code [count, 3, 96, 96]}, normalised. The values stay interleaved in
   * memory: the engine then runs its channels-last kernels, which were 5 % faster.
   */
  static NDArray normalised(NDManager manager, ByteBuffer rgb, int count) {
    int side = RoadSigns.SIDE;
    return manager
        .create(rgb, new Shape(count, side, side, 3), DataType.UINT8)
        .toType(DataType.FLOAT32, false)
        .transpose(0, 3, 1, 2)
        .subi(255 * MEAN)
        .muli(1 / (255 * STD));
  }

  private void shuffle(int[] values) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int kept = values[i];
      values[i] = values[j];
      values[j] = kept;
    }
  }
}
