package dev.sluice.model.repository;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A day that stands still, and pauses that are over at once. */
class FakeTiming implements Timing {
  static final Instant NOW = Instant.parse("2026-11-21T04:00:00Z");

  final List<Duration> pauses = new CopyOnWriteArrayList<>();
  volatile Instant now = NOW;

  @Override
  public Instant now() {
    return now;
  }

  @Override
  public long nanos() {
    return System.nanoTime();
  }

  @Override
  public void pause(Duration duration) {
    pauses.add(duration);
  }
}
