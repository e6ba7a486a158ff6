@NullMarked
package dev.sluice.cloud;

import org.jspecify.annotations.NullMarked;
