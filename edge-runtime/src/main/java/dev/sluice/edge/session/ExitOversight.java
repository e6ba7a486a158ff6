package dev.sluice.edge.session;

import dev.sluice.scheduler.drift.AuditOptions;
import dev.sluice.scheduler.drift.DriftOptions;
import dev.sluice.scheduler.drift.Recalibration;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * How a session watches whether exits still do what the calibration says. Immutable.
 *
 * @param facts what the plans were calibrated on
 * @param criterion when active exits stop, if not by the plans' thresholds
 * @param drift how exit rates are compared with the calibration; empty: they are not
 * @param capped whether a device whose exits have collapsed may only send so much, see {@link
 *     DriftOptions#capFactor}; needs {@code drift}
 * @param audits which confident answers of the device are checked by the final exit; empty: none
 * @param auditUplinkShare share of the uplink's estimated rate that audits may take over time, in
 *     (0, 1]
 * @param random draws the audits; used on the loop only
 * @param recalibrated is told what audits say of the thresholds in use, on the background executor,
 *     before the planner is asked again, and returns whether all that they raise is raised from now
 *     on
 */
public record ExitOversight(
    BundleFacts facts,
    Optional<ExitCriterion> criterion,
    Optional<DriftOptions> drift,
    boolean capped,
    Optional<AuditOptions> audits,
    double auditUplinkShare,
    RandomGenerator random,
    Predicate<Recalibration> recalibrated) {
  /** A twentieth: at 6 Mbit/s about 37 kB a second. */
  public static final double USUAL_UPLINK_SHARE = 0.05;

  /** Checks the ranges. */
  public ExitOversight {
    if (!(auditUplinkShare > 0 && auditUplinkShare <= 1)) {
      throw new IllegalArgumentException("auditUplinkShare not in (0, 1]: " + auditUplinkShare);
    }
    if (capped && drift.isEmpty()) {
      throw new IllegalArgumentException(
          "nobody would notice a collapse without a watch for drift");
    }
  }
}
