/** How many workers do a million cameras need? Start at {@code FleetStudy}. */
@NullMarked
package dev.sluice.experiments.study.fleet;

import org.jspecify.annotations.NullMarked;
