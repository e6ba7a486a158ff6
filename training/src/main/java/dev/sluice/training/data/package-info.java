/**
 * Labelled pictures and their division into five disjoint sets. Start at {@link
 * dev.sluice.training.data.DataSets}.
 */
@NullMarked
package dev.sluice.training.data;

import org.jspecify.annotations.NullMarked;
