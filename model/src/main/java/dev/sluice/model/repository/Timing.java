package dev.sluice.model.repository;

import java.time.Duration;
import java.time.Instant;

/** The time of day, and waiting. Thread-safe. */
public interface Timing {
  /** Returns the time of day. */
  Instant now();

  /** Returns nanoseconds since some moment, for measuring spans. */
  long nanos();

  /** Waits. */
  void pause(Duration duration) throws InterruptedException;

  /** Returns the system's. */
  static Timing system() {
    return new Timing() {
      @Override
      public Instant now() {
        return Instant.now();
      }

      @Override
      public long nanos() {
        return System.nanoTime();
      }

      @Override
      public void pause(Duration duration) throws InterruptedException {
        Thread.sleep(duration.toMillis());
      }
    };
  }
}
