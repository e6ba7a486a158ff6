package dev.sluice.experiments.study.codec;

import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.report.RawTable.Column;
import java.util.List;
import java.util.Locale;

/**
 * A contender on the test set, judged by one task.
 *
 * @param cut 0 sends the picture
 * @param kind what its codec stands for
 * @param codec its name, unique at its cut
 * @param roles why it is reported: what it was chosen as on the select set
 * @param share of the network's MACs before its cut
 * @param difference of accuracy against the uncut network in points
 * @param unchanged share of answers that are the uncut network's
 * @param moreCrossEntropy in nats, mean
 * @param hardDifference {@code difference} for the least confident half alone; likewise the others
 * @param encodeNanos median of one thread, transform included; likewise {@code decodeNanos}
 */
record Row(
    String subject,
    String task,
    int cut,
    Kind kind,
    String codec,
    List<String> roles,
    double share,
    double meanBytes,
    int p95Bytes,
    double accuracy,
    Interval difference,
    double unchanged,
    double moreCrossEntropy,
    Interval hardDifference,
    double hardUnchanged,
    double hardMoreCrossEntropy,
    double encoderShare,
    long encodeNanos,
    long decodeNanos,
    int samples) {

  static final List<String> TITLES =
      List.of(
          "network",
          "task",
          "cut",
          "macs_share",
          "kind",
          "codec",
          "roles",
          "mean_bytes",
          "p95_bytes",
          "accuracy",
          "difference_points",
          "difference_low",
          "difference_high",
          "unchanged",
          "more_cross_entropy",
          "hard_difference_points",
          "hard_difference_low",
          "hard_difference_high",
          "hard_unchanged",
          "hard_more_cross_entropy",
          "encoder_macs_share",
          "encode_ns",
          "decode_ns",
          "samples");

  /** A row is named by its network, task, cut and codec; bytes and what is lost are judged. */
  static List<Column> columns() {
    return TITLES.stream()
        .map(
            title ->
                switch (title) {
                  case "network", "task", "cut", "codec" -> Column.key(title);
                  case "mean_bytes" -> Column.cost(title);
                  case "difference_points", "unchanged" -> Column.gain(title);
                  default -> Column.info(title);
                })
        .toList();
  }

  Row {
    roles = List.copyOf(roles);
  }

  boolean is(String role) {
    return roles.contains(role);
  }

  List<Object> cells() {
    return List.of(
        subject,
        task,
        cut,
        share,
        kind.name().toLowerCase(Locale.ROOT),
        codec,
        String.join(" ", roles),
        meanBytes,
        p95Bytes,
        accuracy,
        difference.value(),
        difference.low(),
        difference.high(),
        unchanged,
        moreCrossEntropy,
        hardDifference.value(),
        hardDifference.low(),
        hardDifference.high(),
        hardUnchanged,
        hardMoreCrossEntropy,
        encoderShare,
        encodeNanos,
        decodeNanos,
        samples);
  }
}
