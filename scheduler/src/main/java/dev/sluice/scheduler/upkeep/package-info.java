/**
 * What a device sends to keep a link up and known, beside requests. Start at {@link
 * dev.sluice.scheduler.upkeep.LinkUpkeep}.
 */
@NullMarked
package dev.sluice.scheduler.upkeep;

import org.jspecify.annotations.NullMarked;
