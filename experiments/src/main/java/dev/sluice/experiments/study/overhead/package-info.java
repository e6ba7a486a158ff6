/**
 * What running a network in stages costs over the bare engine. Start at {@link
 * dev.sluice.experiments.study.overhead.OverheadStudy}.
 */
@NullMarked
package dev.sluice.experiments.study.overhead;

import org.jspecify.annotations.NullMarked;
