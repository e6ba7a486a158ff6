package dev.sluice.sim.link;

import java.net.InetSocketAddress;

/**
 * A worker behind a link. Immutable.
 *
 * @param listen where devices connect for it; port 0 for any free one
 * @param target where their connections go on to; need not be there yet
 */
public record Route(InetSocketAddress listen, InetSocketAddress target) {}
