/**
 * Notices when the world leaves what calibration knows. Start at {@link
 * dev.sluice.scheduler.drift.DriftWatch}; {@link dev.sluice.scheduler.drift.Audits} checks
 * confident answers against the final exit.
 *
 * <p>Pure computation: times and chance come in as arguments.
 */
@NullMarked
package dev.sluice.scheduler.drift;

import org.jspecify.annotations.NullMarked;
