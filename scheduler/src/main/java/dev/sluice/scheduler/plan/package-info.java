/**
 * The immutable plan and what is predicted of it. Start at {@link dev.sluice.scheduler.plan.Plan}.
 */
@NullMarked
package dev.sluice.scheduler.plan;

import org.jspecify.annotations.NullMarked;
