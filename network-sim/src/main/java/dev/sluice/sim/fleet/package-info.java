/**
 * Virtual time and cheap links for simulated fleets. Start at {@link EventEngine} for a few hundred
 * sessions, at {@link EventQueue} and {@link RadioLink} for a hundred thousand devices.
 */
@NullMarked
package dev.sluice.sim.fleet;

import org.jspecify.annotations.NullMarked;
