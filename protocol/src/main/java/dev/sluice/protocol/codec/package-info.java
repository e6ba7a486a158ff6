/**
 * How activations and pictures become bytes: precision, layout and lossless stage. Start at {@link
 * dev.sluice.protocol.codec.ActivationCodec}.
 */
@NullMarked
package dev.sluice.protocol.codec;

import org.jspecify.annotations.NullMarked;
