/**
 * What is served along one condition: the uplink's rate, the deadline, the worker's load. Start at
 * {@link dev.sluice.experiments.study.sweep.BandwidthSweepStudy}.
 */
@NullMarked
package dev.sluice.experiments.study.sweep;

import org.jspecify.annotations.NullMarked;
