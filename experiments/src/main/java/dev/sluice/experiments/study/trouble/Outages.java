package dev.sluice.experiments.study.trouble;

import dev.sluice.experiments.study.grid.GridConfig;
import dev.sluice.experiments.study.replay.Silence;
import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.sim.trace.LinkTrace;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a stream came to around the outages of its link. Immutable.
 *
 * @param outages in seconds since the stream began
 */
record Outages(List<GridConfig.Outage> outages) {
  /** Accuracy of frames captured during outages, in points below the uncut network's on them. */
  static final String LOSS_POINTS = "lossPoints";

  /**
   * Mean time from an outage's end to the capture of the first frame that the cloud answers; up to
   * the next outage or the stream's end where it answers none before. Only of streams that used the
   * cloud in the second before the outage, and of outages with {@value #LEAST_LINK_SECONDS} s of
   * link behind them: in less nobody can recover.
   */
  static final String RECOVERY_SECONDS = "recoverySeconds";

  private static final double LEAST_LINK_SECONDS = 1;

  /** Shorter ones nobody notices, and recordings are full of them. */
  private static final long LEAST_NANOS = 250_000_000;

  private static final double POINTS = 100;
  private static final double SECOND = 1e9;

  Outages {
    outages = List.copyOf(outages);
  }

  /** Those of a link while a stream lasts. */
  static Outages of(LinkTrace trace, StreamLog log) {
    long end = log.captureNanos(log.frames() - 1) - StreamReplay.LEAD_NANOS;
    return new Outages(
        Silence.of(trace, end, LEAST_NANOS).stream()
            .map(
                silence ->
                    new GridConfig.Outage(
                        silence.fromNanos() / SECOND,
                        (silence.toNanos() - silence.fromNanos()) / SECOND))
            .toList());
  }

  Map<String, Double> figures(StreamLog log) {
    int away = 0;
    int lost = 0;
    double recovery = 0;
    int recovered = 0;
    double end = (log.captureNanos(log.frames() - 1) - StreamReplay.LEAD_NANOS) / SECOND;
    for (int i = 0; i < outages.size(); i++) {
      GridConfig.Outage outage = outages.get(i);
      double from = outage.fromSeconds();
      double to = from + outage.seconds();
      boolean used = false;
      double first = Double.POSITIVE_INFINITY;
      for (int frame = 0; frame < log.frames(); frame++) {
        double at = (log.captureNanos(frame) - StreamReplay.LEAD_NANOS) / SECOND;
        if (at >= from && at < to) {
          away++;
          lost += (log.uncutRight(frame) ? 1 : 0) - (log.right(frame) ? 1 : 0);
        }
        used |= at >= from - 1 && at < from && log.fromCloud(frame);
        if (at >= to && log.fromCloud(frame)) {
          first = Math.min(first, at - to);
        }
      }
      double next = i + 1 < outages.size() ? outages.get(i + 1).fromSeconds() : end;
      double link = Math.min(next, end) - to;
      if (used && link >= LEAST_LINK_SECONDS) {
        recovery += Math.min(first, link);
        recovered++;
      }
    }
    Map<String, Double> figures = new HashMap<>();
    if (away > 0) {
      figures.put(LOSS_POINTS, POINTS * lost / away);
    }
    if (recovered > 0) {
      figures.put(RECOVERY_SECONDS, recovery / recovered);
    }
    return figures;
  }
}
