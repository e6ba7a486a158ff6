/**
 * One client over several workers. Start at {@link dev.sluice.protocol.pool.WorkerPool}; one worker
 * is a pool, too.
 */
@NullMarked
package dev.sluice.protocol.pool;

import org.jspecify.annotations.NullMarked;
