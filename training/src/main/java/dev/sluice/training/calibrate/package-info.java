/**
 * Turning raw outputs into facts: temperatures, calibration tables, measured times. Start at {@link
 * dev.sluice.training.calibrate.Replay}.
 */
@NullMarked
package dev.sluice.training.calibrate;

import org.jspecify.annotations.NullMarked;
