/**
 * The device: runs the network up to the split, tries the exits, sends what is left and answers by
 * the deadline. Start at {@link dev.sluice.edge.EdgeSession}.
 */
@NullMarked
package dev.sluice.edge;

import org.jspecify.annotations.NullMarked;
