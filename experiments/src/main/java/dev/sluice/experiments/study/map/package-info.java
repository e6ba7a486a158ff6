/**
 * Which way of answering wins where. Start at {@link dev.sluice.experiments.study.map.MapStudy}.
 */
@NullMarked
package dev.sluice.experiments.study.map;

import org.jspecify.annotations.NullMarked;
