/**
 * What single pieces cost, measured by JMH. Start at {@link
 * dev.sluice.experiments.microbench.MicrobenchMain}.
 */
@NullMarked
package dev.sluice.experiments.microbench;

import org.jspecify.annotations.NullMarked;
