/**
 * The compact residual network for road signs: training and export. Start at {@link
 * RoadSignsTraining}.
 */
@NullMarked
package dev.sluice.training.network;

import org.jspecify.annotations.NullMarked;
