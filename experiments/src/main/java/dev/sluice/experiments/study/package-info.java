/** One class per question. Start at {@link dev.sluice.experiments.study.Study}. */
@NullMarked
package dev.sluice.experiments.study;

import org.jspecify.annotations.NullMarked;
