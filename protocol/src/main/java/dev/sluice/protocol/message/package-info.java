/**
 * The control messages and their bytes, the error codes and the limits. Start at {@link
 * dev.sluice.protocol.message.Message}.
 */
@NullMarked
package dev.sluice.protocol.message;

import org.jspecify.annotations.NullMarked;
