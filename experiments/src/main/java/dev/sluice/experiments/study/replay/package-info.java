/**
 * Streams of measured outcomes through the real edge session on a simulated clock, and all planners
 * that can take part. Start at {@link dev.sluice.experiments.study.replay.StreamReplay}.
 */
@NullMarked
package dev.sluice.experiments.study.replay;

import org.jspecify.annotations.NullMarked;
