/**
 * What happens when the link goes away, and on links as they were recorded. Start at {@link
 * dev.sluice.experiments.study.trouble.OutageStudy}.
 */
@NullMarked
package dev.sluice.experiments.study.trouble;

import org.jspecify.annotations.NullMarked;
