/**
 * What exit policies need beside a threshold, fitted on a bundle's own sets, and what they would do
 * on others. Start at {@link dev.sluice.training.policy.PolicyFit}.
 */
@NullMarked
package dev.sluice.training.policy;

import org.jspecify.annotations.NullMarked;
