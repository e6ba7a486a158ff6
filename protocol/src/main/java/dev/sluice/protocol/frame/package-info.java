/**
 * Length-prefixed frames on the byte stream. Start at {@link
 * dev.sluice.protocol.frame.FrameDecoder}.
 */
@NullMarked
package dev.sluice.protocol.frame;

import org.jspecify.annotations.NullMarked;
