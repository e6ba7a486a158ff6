/**
 * Energy that a device spends per frame: computing, radio, radio tail, waiting. Start at {@link
 * dev.sluice.scheduler.energy.EnergyModel}.
 */
@NullMarked
package dev.sluice.scheduler.energy;

import org.jspecify.annotations.NullMarked;
