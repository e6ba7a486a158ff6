/**
 * Chooses which part of the network runs where. Start at {@link dev.sluice.scheduler.Scheduler}.
 *
 * <p>Pure computation: no clock, no network, no tensor engine; times come in as arguments.
 */
@NullMarked
package dev.sluice.scheduler;

import org.jspecify.annotations.NullMarked;
