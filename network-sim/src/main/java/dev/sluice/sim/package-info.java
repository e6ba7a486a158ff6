/**
 * Links that do not exist: emulated over real sockets or in virtual time. Start at {@link
 * dev.sluice.sim.link.EmulatedLink}.
 */
@NullMarked
package dev.sluice.sim;

import org.jspecify.annotations.NullMarked;
