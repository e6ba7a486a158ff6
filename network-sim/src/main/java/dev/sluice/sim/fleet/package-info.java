/** Virtual time for simulated fleets. Start at {@link EventEngine}. */
@NullMarked
package dev.sluice.sim.fleet;

import org.jspecify.annotations.NullMarked;
