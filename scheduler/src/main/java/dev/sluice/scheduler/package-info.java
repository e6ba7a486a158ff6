@NullMarked
package dev.sluice.scheduler;

import org.jspecify.annotations.NullMarked;
