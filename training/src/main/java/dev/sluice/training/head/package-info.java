/**
 * Exit heads on frozen features: what is pooled from a cut, and the layers trained on it. Start at
 * {@link dev.sluice.training.head.HeadTrainer}.
 */
@NullMarked
package dev.sluice.training.head;

import org.jspecify.annotations.NullMarked;
