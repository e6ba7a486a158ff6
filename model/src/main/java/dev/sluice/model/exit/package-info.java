/**
 * What an exit's scores are and when they are good enough to stop. Start at {@link
 * dev.sluice.model.exit.ExitPolicies}.
 */
@NullMarked
package dev.sluice.model.exit;

import org.jspecify.annotations.NullMarked;
