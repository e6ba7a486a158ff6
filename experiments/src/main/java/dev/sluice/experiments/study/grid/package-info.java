/**
 * Studies over grids: bundles × devices × links × tasks × strategies × seeds, from a YAML file,
 * with paired comparisons. Start at {@link dev.sluice.experiments.study.grid.Grid}.
 */
@NullMarked
package dev.sluice.experiments.study.grid;

import org.jspecify.annotations.NullMarked;
