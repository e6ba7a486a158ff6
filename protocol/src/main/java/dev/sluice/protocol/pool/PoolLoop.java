package dev.sluice.protocol.pool;

import java.util.function.Consumer;

/** Time, turns and names, as a pool sees them. All tasks run one after another. */
interface PoolLoop {
  long nanoTime();

  /** Runs a task soon; throws RejectedExecutionException once the loop has ended. */
  void execute(Runnable task);

  /** Runs a task later. */
  void after(long nanos, Runnable task);

  /** Looks a name up elsewhere; the result comes as a task. */
  void resolve(String name, Consumer<Resolution> done);
}
