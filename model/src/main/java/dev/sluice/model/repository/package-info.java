/**
 * Bundles by path or by address, fetched from any static HTTP server into a local cache. Start at
 * {@link dev.sluice.model.repository.Bundles}.
 */
@NullMarked
package dev.sluice.model.repository;

import org.jspecify.annotations.NullMarked;
