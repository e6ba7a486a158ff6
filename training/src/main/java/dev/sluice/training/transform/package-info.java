/**
 * Transforms that make a cut cheap to send. Start at {@link
 * dev.sluice.training.transform.ChannelKlt}.
 */
@NullMarked
package dev.sluice.training.transform;

import org.jspecify.annotations.NullMarked;
