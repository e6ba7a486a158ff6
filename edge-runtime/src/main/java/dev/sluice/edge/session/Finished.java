package dev.sluice.edge.session;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a piece of {@link Work} ended: with a value or with a failure.
 *
 * @param value what was computed, empty after a failure
 * @param failure why not
 * @param elapsedNanos how long the device took, on its own clock
 * @param <T> what comes out
 */
public record Finished<T>(Optional<T> value, Optional<Throwable> failure, long elapsedNanos) {

  /** Ends with a value, or with a failure if that is not null. */
  public static <T> Finished<T> of(
      @Nullable T value, @Nullable Throwable failure, long elapsedNanos) {
    return new Finished<>(
        Optional.ofNullable(value), Optional.ofNullable(failure), Math.max(0, elapsedNanos));
  }
}
