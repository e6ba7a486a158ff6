/**
 * Questions and their answers: the demo, the studies and their reports. Start at {@link
 * dev.sluice.experiments.study.Study}; the programs are {@link dev.sluice.experiments.DemoMain} and
 * {@link dev.sluice.experiments.ExperimentMain}.
 */
@NullMarked
package dev.sluice.experiments;

import org.jspecify.annotations.NullMarked;
