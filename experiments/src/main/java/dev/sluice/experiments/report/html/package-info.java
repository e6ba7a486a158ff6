/** A run as a page to look at. Start at {@link dev.sluice.experiments.report.html.ReportPage}. */
@NullMarked
package dev.sluice.experiments.report.html;

import org.jspecify.annotations.NullMarked;
