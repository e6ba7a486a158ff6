package dev.sluice.model.engine;

/**
 * How the inference engine computes.
 *
 * @param threads threads that compute one operator together, in {@code [1, 256]}. With 1 a session
 *     computes on the calling thread and has no pool at all. With more, all sessions of the process
 *     share one pool; its size is fixed when the first engine of the process starts
 * @param provider what computes
 */
public record EngineOptions(int threads, ExecutionProvider provider) {
  /** Most threads that may be asked for. */
  private static final int MAX_THREADS = 256;

  public EngineOptions {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException("threads must be in [1, " + MAX_THREADS + "]: " + threads);
    }
  }

  /** Computes on the CPU. */
  public EngineOptions(int threads) {
    this(threads, ExecutionProvider.cpu());
  }

  /** Returns the options for computing on the calling thread alone. */
  public static EngineOptions singleThread() {
    return new EngineOptions(1);
  }

  /** Returns the same options with another provider. */
  public EngineOptions on(ExecutionProvider other) {
    return new EngineOptions(threads, other);
  }
}
