/**
 * The main job on a real or a simulated clock. Start at {@link dev.sluice.experiments.demo.Demo}.
 */
@NullMarked
package dev.sluice.experiments.demo;

import org.jspecify.annotations.NullMarked;
