/** A rival codec as its authors describe it. Start at {@link ClippedTensorCodec}. */
@NullMarked
package dev.sluice.experiments.study.codec.rival;

import org.jspecify.annotations.NullMarked;
