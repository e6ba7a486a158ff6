/**
 * What the wire costs beside rivals, behind slow links and in memory. Start at {@link
 * dev.sluice.experiments.study.wire.WireStudy}.
 */
@NullMarked
package dev.sluice.experiments.study.wire;

import org.jspecify.annotations.NullMarked;
