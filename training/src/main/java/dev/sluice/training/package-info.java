@NullMarked
package dev.sluice.training;

import org.jspecify.annotations.NullMarked;
