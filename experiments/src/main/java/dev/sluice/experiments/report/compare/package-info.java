/**
 * Two runs of a study side by side. Start at {@link
 * dev.sluice.experiments.report.compare.Comparison}.
 */
@NullMarked
package dev.sluice.experiments.report.compare;

import org.jspecify.annotations.NullMarked;
