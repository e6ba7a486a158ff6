/**
 * What device and cloud say to each other: tensors, pictures and control messages on one TCP
 * connection. Start at {@link dev.sluice.protocol.Wire}; the bytes are specified in
 * docs/protocol.md.
 */
@NullMarked
package dev.sluice.protocol;

import org.jspecify.annotations.NullMarked;
