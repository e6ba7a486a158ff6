/**
 * Planners from the literature to compare with. Start at {@link dev.sluice.scheduler.rival.Spinn};
 * {@link dev.sluice.scheduler.rival.Terms} says on what terms those that only split compete. Each
 * class names its source and how it deviates.
 */
@NullMarked
package dev.sluice.scheduler.rival;

import org.jspecify.annotations.NullMarked;
