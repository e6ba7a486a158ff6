package dev.sluice.experiments.study.replay;

import java.util.random.RandomGenerator;

/** When frames are captured. Immutable. */
public sealed interface Load {
  /** Time between frames for planners that are set up beforehand, in nanoseconds, positive. */
  long nominalPeriodNanos();

  /**
   * Frames at equal distances.
   *
   * @param periodNanos distance, positive
   */
  record Periodic(long periodNanos) implements Load {
    public Periodic {
      if (periodNanos <= 0) {
        throw new IllegalArgumentException("the period must be positive: " + periodNanos);
      }
    }

    @Override
    public long nominalPeriodNanos() {
      return periodNanos;
    }
  }

  /**
   * Frames that come independently of each other and of the answers: exponential distances.
   *
   * @param framesPerSecond mean rate, positive
   */
  record Poisson(double framesPerSecond) implements Load {
    public Poisson {
      if (!(framesPerSecond > 0 && framesPerSecond <= 1e6)) {
        throw new IllegalArgumentException("frames per second not in (0, 1e6]: " + framesPerSecond);
      }
    }

    @Override
    public long nominalPeriodNanos() {
      return Math.round(1e9 / framesPerSecond);
    }
  }

  /**
   * So many frames under way all the time: the next is captured when one is answered. Shows what
   * can be served at most; its latencies say nothing of a stream that does not wait.
   *
   * @param frames under way, in [1, 16], the most that may wait for a session's device
   */
  record InFlight(int frames) implements Load {
    private static final int MOST = 16;
    private static final long NOMINAL_PERIOD_NANOS = 1_000_000_000L;

    public InFlight {
      if (frames < 1 || frames > MOST) {
        throw new IllegalArgumentException("frames in flight not in [1, 16]: " + frames);
      }
    }

    @Override
    public long nominalPeriodNanos() {
      return NOMINAL_PERIOD_NANOS;
    }
  }

  /**
   * Returns when frames are captured that do not wait for answers.
   *
   * @param frames how many, at least 0
   * @param startNanos capture of the first
   * @param random for distances that are
   * @throws IllegalStateException if frames wait for answers
   */
  default long[] captures(int frames, long startNanos, RandomGenerator random) {
    long[] captures = new long[frames];
    double at = startNanos;
    for (int i = 0; i < frames; i++) {
      if (this instanceof Periodic periodic) {
        captures[i] = startNanos + i * periodic.periodNanos();
      } else if (this instanceof Poisson poisson) {
        captures[i] = Math.round(at);
        at += -Math.log(1 - random.nextDouble()) / poisson.framesPerSecond() * 1e9;
      } else {
        throw new IllegalStateException("frames in flight are captured when others are answered");
      }
    }
    return captures;
  }
}
