/** What a worker takes on: the bounded queue before the stages, and the load it reports. */
@NullMarked
package dev.sluice.cloud.admission;

import org.jspecify.annotations.NullMarked;
