@NullMarked
package dev.sluice.sim;

import org.jspecify.annotations.NullMarked;
