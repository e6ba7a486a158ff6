/**
 * Keeps a single broken step from ruining a training. Start at {@link
 * dev.sluice.training.guard.GuardedSteps}.
 */
@NullMarked
package dev.sluice.training.guard;

import org.jspecify.annotations.NullMarked;
