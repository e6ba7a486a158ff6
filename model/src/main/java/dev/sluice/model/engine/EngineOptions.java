package dev.sluice.model.engine;

/**
 * How the inference engine runs a session.
 *
 * @param threads threads that compute one operator together, in {@code [1, 256]}. With 1 a session
 *     computes on the calling thread and has no pool at all; that is the choice for many small
 *     sessions, because every further thread is a pool per session
 */
public record EngineOptions(int threads) {
  /** Most threads that may be asked for. */
  private static final int MAX_THREADS = 256;

  public EngineOptions {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException("threads must be in [1, " + MAX_THREADS + "]: " + threads);
    }
  }

  /** Returns the options for computing on the calling thread alone. */
  public static EngineOptions singleThread() {
    return new EngineOptions(1);
  }
}
