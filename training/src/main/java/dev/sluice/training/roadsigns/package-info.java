/** A procedural data set of road signs as a dashcam sees them. Start at {@link RoadSigns}. */
@NullMarked
package dev.sluice.training.roadsigns;

import org.jspecify.annotations.NullMarked;
