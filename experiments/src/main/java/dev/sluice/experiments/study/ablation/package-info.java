/**
 * What each part of the scheduler is worth. Start at {@link
 * dev.sluice.experiments.study.ablation.AblationStudy}.
 */
@NullMarked
package dev.sluice.experiments.study.ablation;

import org.jspecify.annotations.NullMarked;
