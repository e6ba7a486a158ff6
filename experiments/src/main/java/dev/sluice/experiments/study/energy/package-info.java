/**
 * What answers take out of the device's battery. Start at {@link
 * dev.sluice.experiments.study.energy.EnergyStudy}.
 */
@NullMarked
package dev.sluice.experiments.study.energy;

import org.jspecify.annotations.NullMarked;
