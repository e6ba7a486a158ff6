/**
 * Planners from the literature to compare with. Start at {@link dev.sluice.scheduler.rival.Spinn}.
 */
@NullMarked
package dev.sluice.scheduler.rival;

import org.jspecify.annotations.NullMarked;
