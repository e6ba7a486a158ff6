/**
 * What plans would do, by replaying the calibration table. Start at {@link
 * dev.sluice.scheduler.predict.Predictor}.
 */
@NullMarked
package dev.sluice.scheduler.predict;

import org.jspecify.annotations.NullMarked;
