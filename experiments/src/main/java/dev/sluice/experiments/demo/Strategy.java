package dev.sluice.experiments.demo;

import java.util.List;

/**
 * A way of serving a stream, as the edge agent knows it.
 *
 * @param name the agent's {@code --strategy}
 * @param title what a person calls it
 * @param answersByDeadline whether it answers by itself when its plan does not come to an end by
 *     the deadline. Where it does not, the agent still lends it Sluice's fallback, and both forms
 *     are reported
 */
public record Strategy(String name, String title, boolean answersByDeadline) {
  /** Ours. */
  public static final Strategy SLUICE = new Strategy("sluice", "sluice", true);

  /** The whole network on the device; it has no exits of its own to fall back on. */
  public static final Strategy DEVICE_ONLY = new Strategy("device-only", "device only", false);

  /** Every picture to the cloud, as JPEG; it has no network on the device to fall back on. */
  public static final Strategy CLOUD_ONLY = new Strategy("cloud-only", "cloud only (JPEG)", false);

  /**
   * SPINN's choice: one shared threshold, its codec. It goes on alone when the server does not
   * answer, but plans for the mean latency and knows no deadline.
   */
  public static final Strategy SPINN = new Strategy("spinn", "SPINN settings", false);

  /** The best single split at the trace's mean, never changed, without fallback. */
  public static final Strategy FIXED_SPLIT = new Strategy("fixed-split", "best fixed split", false);

  /** All of them, ours first. */
  public static final List<Strategy> ALL =
      List.of(SLUICE, DEVICE_ONLY, CLOUD_ONLY, SPINN, FIXED_SPLIT);
}
