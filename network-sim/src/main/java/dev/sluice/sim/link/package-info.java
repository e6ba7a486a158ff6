/**
 * The link between a device and a worker: a clock-free model and a proxy that enacts it. Start at
 * {@link EmulatedLink}; a simulator starts at {@link LinkModel}.
 */
@NullMarked
package dev.sluice.sim.link;

import org.jspecify.annotations.NullMarked;
