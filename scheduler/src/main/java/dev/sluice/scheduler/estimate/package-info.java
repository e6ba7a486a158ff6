/**
 * Live estimates from stamps on real traffic. Start at {@link
 * dev.sluice.scheduler.estimate.Estimators}.
 */
@NullMarked
package dev.sluice.scheduler.estimate;

import org.jspecify.annotations.NullMarked;
