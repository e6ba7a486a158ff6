/**
 * How closely the emulated link keeps to what was asked of it. Start at {@link
 * dev.sluice.experiments.study.link.LinkStudy}.
 */
@NullMarked
package dev.sluice.experiments.study.link;

import org.jspecify.annotations.NullMarked;
