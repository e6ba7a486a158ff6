package dev.sluice.experiments.study.replay;

import java.util.List;

/** Objectives for tests: each minimises something else. */
public final class Questions {
  public static final List<Question> ALL =
      List.of(
          Question.of(
              "worker",
              "p95_latency <= 150 ms, accuracy >= final - 1 pt;"
                  + " minimise worker_compute, then uplink_bytes"),
          Question.of(
              "uplink",
              "p95_latency <= 150 ms, accuracy >= final - 1 pt;"
                  + " minimise uplink_bytes, then worker_compute"),
          Question.of(
              "latency", "p95_latency <= 200 ms, accuracy >= final - 2 pt; minimise mean_latency"),
          Question.of(
              "device",
              "p95_latency <= 150 ms, accuracy >= final - 2 pt;"
                  + " minimise device_compute, then uplink_bytes"));

  private Questions() {}
}
