/**
 * Do certified accuracy floors hold, and what do they cost? Start at {@link
 * dev.sluice.experiments.study.floors.FloorsStudy}.
 */
@NullMarked
package dev.sluice.experiments.study.floors;

import org.jspecify.annotations.NullMarked;
