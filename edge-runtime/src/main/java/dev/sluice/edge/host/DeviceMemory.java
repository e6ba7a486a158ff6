package dev.sluice.edge.host;

import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.stage.StageMemory;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a device of so much memory can run of a network. Thread-safe.
 *
 * <p>The device holds the weights of the network up to the deepest split that fits, once for all
 * plans and for the way through every exit by which it answers when the cloud does not. A plan
 * needs those, the peak of the tensors of one sample and, where its codec brings a transform, that
 * one's weights, with a copy of its last stage's if they are one session.
 */
public final class DeviceMemory {
  private final ProgressiveModel model;
  private final String precision;
  private final long boundBytes;
  private final int deepestCut;
  private final int deepestExit;
  private final long neededBytes;
  private final Map<String, Long> measured = new ConcurrentHashMap<>();

  private DeviceMemory(
      ProgressiveModel model,
      String precision,
      long boundBytes,
      int deepestCut,
      int deepestExit,
      long neededBytes) {
    this.model = model;
    this.precision = precision;
    this.boundBytes = boundBytes;
    this.deepestCut = deepestCut;
    this.deepestExit = deepestExit;
    this.neededBytes = neededBytes;
  }

  /**
   * Finds what fits, by running the network stage by stage as far as it does.
   *
   * @param model stays the caller's; must outlive this
   * @param precision at which the device computes
   * @param boundBytes what weights and tensors may take, positive
   * @throws TooLittleMemoryException if not even the first exit fits
   */
  public static DeviceMemory of(ProgressiveModel model, String precision, long boundBytes) {
    if (boundBytes < 1) {
      throw new IllegalArgumentException("the bound must be positive: " + boundBytes);
    }
    int deepestCut = 0;
    long needed = 0;
    for (int cut = 1; cut <= model.lastCut(); cut++) {
      long bytes = model.memoryUpTo(cut, precision).bytes();
      if (bytes > boundBytes) {
        break;
      }
      deepestCut = cut;
      needed = bytes;
    }
    List<ExitInfo> exits = model.manifest().exits();
    int deepestExit = -1;
    for (ExitInfo exit : exits) {
      deepestExit = exit.cut() <= deepestCut ? exit.index() : deepestExit;
    }
    if (deepestExit < 0) {
      long least = model.memoryUpTo(exits.get(0).cut(), precision).bytes();
      throw new TooLittleMemoryException(
          "%s is too little for %s: up to its first exit it needs at least %s"
              .formatted(text(boundBytes), model.manifest().name(), text(least)));
    }
    return new DeviceMemory(model, precision, boundBytes, deepestCut, deepestExit, needed);
  }

  /** Returns what weights and tensors may take. */
  public long boundBytes() {
    return boundBytes;
  }

  /** Returns what plans without a transform take at most at the deepest split. */
  public long neededBytes() {
    return neededBytes;
  }

  /** Returns the deepest split that fits, at least 1. */
  public int deepestCut() {
    return deepestCut;
  }

  /** Returns the deepest exit that fits: how far the device answers alone. */
  public int deepestExit() {
    return deepestExit;
  }

  /** Returns whether the whole network fits. */
  public boolean holdsAll() {
    return deepestCut == model.lastCut();
  }

  /** Returns whether the device can run its part of a plan. */
  public boolean holds(Plan plan) {
    return plan.split() == 0 || (plan.split() <= deepestCut && bytes(plan) <= boundBytes);
  }

  /**
   * Returns what a plan needs on the device.
   *
   * @throws IllegalArgumentException if the bundle has no such cut or codec
   */
  public long bytes(Plan plan) {
    int from = 0;
    for (ExitThreshold exit : plan.exits()) {
      int cut = model.manifest().exits().get(exit.exit()).cut();
      from = exit.threshold() <= 1 && cut <= plan.split() ? cut : from;
    }
    int lastStage = from;
    return measured.computeIfAbsent(
        plan.split() + ":" + plan.sentCut() + ":" + plan.codec() + ":" + lastStage,
        key -> measured(plan, lastStage));
  }

  private long measured(Plan plan, int from) {
    int split = plan.split();
    String codec = plan.codec();
    StageMemory network = model.memoryUpTo(Math.max(deepestCut, split), precision);
    Optional<CodecInfo> transform =
        model
            .manifest()
            .codec(plan.sentCut(), codec)
            .filter(known -> known.cut() > 0 && known.hasTransform());
    if (transform.isEmpty()) {
      return network.bytes();
    }
    // In one session with the transform, the last stage has weights of its own.
    StageRequest stage = StageRequest.of(from, split, List.of()).withPrecision(precision);
    StageMemory own =
        model.memory(from < split ? stage.encodedInLastStageBy(codec) : stage.encodedBy(codec));
    return network.weightBytes()
        + own.weightBytes()
        + Math.max(network.peakActivationBytes(), own.peakActivationBytes());
  }

  /**
   * Checks a plan that is set by hand.
   *
   * @throws TooLittleMemoryException if it does not fit
   */
  public void require(Plan plan) {
    if (!holds(plan)) {
      throw new TooLittleMemoryException(
          "the plan '%s' needs %s of memory and the device has %s; its deepest split is %d of %d"
              .formatted(
                  plan.describe(),
                  text(bytes(plan)),
                  text(boundBytes),
                  deepestCut,
                  model.lastCut()));
    }
  }

  /** Returns what fits, for people. */
  public String describe() {
    return holdsAll()
        ? "%s hold the whole network, which needs %s".formatted(text(boundBytes), text(neededBytes))
        : "%s hold splits up to %d of %d (%s), and the device answers alone at exit %d of %d"
            .formatted(
                text(boundBytes),
                deepestCut,
                model.lastCut(),
                text(neededBytes),
                deepestExit,
                model.manifest().exits().size() - 1);
  }

  /** Rounded up, so that what is said to be enough is. */
  private static String text(long bytes) {
    if (bytes < 1_000) {
      return bytes + " bytes";
    }
    return bytes < 1_000_000
        ? String.format(Locale.ROOT, "%.1f kB", Math.ceil(bytes / 100.0) / 10)
        : String.format(Locale.ROOT, "%.2f MB", Math.ceil(bytes / 10_000.0) / 100);
  }
}
