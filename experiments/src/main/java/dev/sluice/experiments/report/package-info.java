/**
 * What a run showed: scores of streams, claims, statistics, tables, JSON. Start at {@link
 * dev.sluice.experiments.report.Tally}.
 */
@NullMarked
package dev.sluice.experiments.report;

import org.jspecify.annotations.NullMarked;
