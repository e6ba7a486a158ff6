package dev.sluice.experiments.demo;

import java.util.List;

/**
 * A way of serving a stream, as the edge agent knows it.
 *
 * @param name the agent's {@code --strategy}
 * @param title what a person calls it
 */
public record Strategy(String name, String title) {
  /** Ours. */
  public static final Strategy SLUICE = new Strategy("sluice", "sluice");

  /** Everything on the device. */
  public static final Strategy DEVICE_ONLY = new Strategy("device-only", "device only");

  /** Every picture to the cloud, as JPEG. */
  public static final Strategy CLOUD_ONLY = new Strategy("cloud-only", "cloud only (JPEG)");

  /** SPINN's choice: one shared threshold, its codec. */
  public static final Strategy SPINN = new Strategy("spinn", "SPINN settings");

  /** The best single split at the trace's mean, never changed, without fallback. */
  public static final Strategy FIXED_SPLIT = new Strategy("fixed-split", "best fixed split");

  /** All of them, ours first. */
  public static final List<Strategy> ALL =
      List.of(SLUICE, DEVICE_ONLY, CLOUD_ONLY, SPINN, FIXED_SPLIT);
}
