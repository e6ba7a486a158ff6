/**
 * Why a plan was chosen, what the others lack, and what would have to change for one of them to
 * win. Start at {@link dev.sluice.scheduler.explain.Explainer}.
 */
@NullMarked
package dev.sluice.scheduler.explain;

import org.jspecify.annotations.NullMarked;
