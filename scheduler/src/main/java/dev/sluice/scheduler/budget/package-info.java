/**
 * Early exits under a budget of time: one exit for all, an answer at any time, thresholds for a
 * batch or a stream. Start at {@link dev.sluice.scheduler.budget.BudgetedThresholds}, or at {@link
 * dev.sluice.scheduler.budget.BudgetPlanner} for a stream that solves anew as it goes.
 */
@NullMarked
package dev.sluice.scheduler.budget;

import org.jspecify.annotations.NullMarked;
