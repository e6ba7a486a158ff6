package dev.sluice.scheduler.explain;

import java.util.Optional;

/**
 * How far one condition can change, all else the same, before another plan is chosen. Immutable.
 *
 * @param condition which
 * @param present its value now, in its base unit
 * @param below the nearest lower value at which another plan is chosen; empty if there is none down
 *     to {@code lowest}
 * @param above the nearest higher value; empty if there is none up to {@code highest}
 * @param lowest the lowest value looked at; {@code present} where none is lower or none matters
 * @param highest the highest value looked at; {@code present} where none matters
 */
public record Sensitivity(
    Condition condition,
    double present,
    Optional<Flip> below,
    Optional<Flip> above,
    double lowest,
    double highest) {}
