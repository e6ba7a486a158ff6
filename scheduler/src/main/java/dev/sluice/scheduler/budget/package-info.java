/**
 * Early exits under a budget of time: one exit for all, an answer at any time, thresholds for a
 * batch or a stream. Start at {@link dev.sluice.scheduler.budget.BudgetedThresholds}.
 */
@NullMarked
package dev.sluice.scheduler.budget;

import org.jspecify.annotations.NullMarked;
