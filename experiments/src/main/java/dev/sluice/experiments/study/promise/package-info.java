/**
 * Whether what an objective promises is kept for half an hour of trouble. Start at {@link
 * dev.sluice.experiments.study.promise.PromiseStudy}.
 */
@NullMarked
package dev.sluice.experiments.study.promise;

import org.jspecify.annotations.NullMarked;
