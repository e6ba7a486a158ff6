/**
 * What an edge session needs from its surroundings (time, device, cloud, network) and the values it
 * takes and gives; the door is {@link dev.sluice.edge.EdgeSession}.
 */
@NullMarked
package dev.sluice.edge.session;

import org.jspecify.annotations.NullMarked;
