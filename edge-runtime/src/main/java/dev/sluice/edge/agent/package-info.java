/**
 * The programs {@code edge} and {@code classify}, and where frames come from; the door is {@link
 * dev.sluice.edge.EdgeSession}.
 */
@NullMarked
package dev.sluice.edge.agent;

import org.jspecify.annotations.NullMarked;
