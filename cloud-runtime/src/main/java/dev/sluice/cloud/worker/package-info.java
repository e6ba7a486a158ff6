/** Finishing one request: decoding, the remaining stages, the answer. */
@NullMarked
package dev.sluice.cloud.worker;

import org.jspecify.annotations.NullMarked;
