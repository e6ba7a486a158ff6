/**
 * The user's goals as text and as value. Start at {@link
 * dev.sluice.scheduler.objective.Objective#parse}.
 */
@NullMarked
package dev.sluice.scheduler.objective;

import org.jspecify.annotations.NullMarked;
