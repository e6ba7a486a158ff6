/**
 * What not knowing the future costs the scheduler, on real traces and a simulated clock. Start at
 * {@link dev.sluice.experiments.study.regret.RegretStudy}.
 */
@NullMarked
package dev.sluice.experiments.study.regret;

import org.jspecify.annotations.NullMarked;
