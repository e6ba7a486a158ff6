/** Figures of a report as data. Start at {@link dev.sluice.experiments.report.figure.Figure}. */
@NullMarked
package dev.sluice.experiments.report.figure;

import org.jspecify.annotations.NullMarked;
