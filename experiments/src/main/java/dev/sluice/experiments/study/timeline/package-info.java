/** Streams second by second, written and drawn. Start at {@code Timeline}. */
@NullMarked
package dev.sluice.experiments.study.timeline;

import org.jspecify.annotations.NullMarked;
