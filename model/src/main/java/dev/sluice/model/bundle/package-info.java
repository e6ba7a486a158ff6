/** The progressive network on disk, verified. Start at {@link dev.sluice.model.bundle.Bundle}. */
@NullMarked
package dev.sluice.model.bundle;

import org.jspecify.annotations.NullMarked;
