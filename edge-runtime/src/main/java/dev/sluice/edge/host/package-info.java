/**
 * The surroundings of a live session: threads, clock, the compiled bundle, the worker over the
 * network; the door is {@link dev.sluice.edge.EdgeSession}.
 */
@NullMarked
package dev.sluice.edge.host;

import org.jspecify.annotations.NullMarked;
