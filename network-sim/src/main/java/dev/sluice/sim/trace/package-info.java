/** How a link behaves over time, and readers for it. Start at {@link LinkTrace}. */
@NullMarked
package dev.sluice.sim.trace;

import org.jspecify.annotations.NullMarked;
