/**
 * What was measured of a bundle before it ran. Start at {@link
 * dev.sluice.scheduler.profile.BundleFacts}.
 */
@NullMarked
package dev.sluice.scheduler.profile;

import org.jspecify.annotations.NullMarked;
