/**
 * Networks in eight-bit integers: post-training static quantisation. Start at {@link
 * dev.sluice.training.quantise.Quantiser}.
 */
@NullMarked
package dev.sluice.training.quantise;

import org.jspecify.annotations.NullMarked;
