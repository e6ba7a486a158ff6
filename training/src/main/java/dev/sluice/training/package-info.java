/**
 * Making a bundle: data sets, exit heads, transforms, calibration. Start at {@link
 * dev.sluice.training.BundleBuilder}; the programs are {@code ModelMain} and {@code TrainMain}.
 */
@NullMarked
package dev.sluice.training;

import org.jspecify.annotations.NullMarked;
