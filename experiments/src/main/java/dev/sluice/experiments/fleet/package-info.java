/**
 * Fleets of a hundred thousand devices before a pool of workers, on virtual time. Start at {@link
 * FleetSimulator}.
 */
@NullMarked
package dev.sluice.experiments.fleet;

import org.jspecify.annotations.NullMarked;
