/**
 * Proof that a cut network gives what the uncut one does. Start at {@link
 * dev.sluice.model.verify.NetworkVerifier}.
 */
@NullMarked
package dev.sluice.model.verify;

import org.jspecify.annotations.NullMarked;
