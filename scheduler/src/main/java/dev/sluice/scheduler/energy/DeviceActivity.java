package dev.sluice.scheduler.energy;

import java.util.Arrays;

/**
 * What a device does over some frames of a stream: times of computing and waiting, and when its
 * radio transfers what. Immutable, so that one activity can be priced under many constants.
 *
 * <p>The frames are taken to repeat for ever: the gap from the last transfer to the first one of
 * the next round counts as any other. With a period of 0 frames never meet: each has the radio to
 * itself, and its times count from its own capture.
 */
public final class DeviceActivity {
  private final Builder collected;

  private DeviceActivity(Builder collected) {
    this.collected = collected;
  }

  /**
   * Starts an activity.
   *
   * @param frames at least 1
   * @param periodNanos time between frames, at least 0; 0 = frames never meet
   */
  public static Builder builder(int frames, long periodNanos) {
    return new Builder(frames, periodNanos);
  }

  /** Returns the mean energy of a frame. */
  EnergyPerFrame perFrame(DevicePower device, RadioPower radio) {
    return collected.perFrame(device, radio);
  }

  /** Collects an activity. Not thread-safe. */
  public static final class Builder {
    private static final int MOST_AT_FIRST = 1024;

    private final int frames;
    private long periodNanos;
    private double networkNanos;
    private double codingNanos;
    private double waitingNanos;
    private int transfers;
    private double pingNanos;

    /** By transfer, ascending by frame where frames never meet, else by start. */
    private double[] startNanos;

    private double[] endNanos;
    private double[] bytes;
    private boolean[] sent;
    private int[] frame;
    private boolean built;

    private Builder(int frames, long periodNanos) {
      if (frames < 1) {
        throw new IllegalArgumentException("frames must be at least 1: " + frames);
      }
      Positive.orZero(periodNanos, "periodNanos");
      this.frames = frames;
      this.periodNanos = periodNanos;
      int usual = Math.min(2 * frames, MOST_AT_FIRST);
      startNanos = new double[usual];
      endNanos = new double[usual];
      bytes = new double[usual];
      sent = new boolean[usual];
      frame = new int[usual];
    }

    /**
     * Forgets what was collected, so that one builder serves many activities that are priced and
     * not kept.
     *
     * @param newPeriodNanos time between frames, at least 0; 0 = frames never meet
     * @throws IllegalStateException if it was built
     */
    public Builder restart(long newPeriodNanos) {
      if (built) {
        throw new IllegalStateException("built already");
      }
      Positive.orZero(newPeriodNanos, "periodNanos");
      periodNanos = newPeriodNanos;
      networkNanos = 0;
      codingNanos = 0;
      waitingNanos = 0;
      transfers = 0;
      pingNanos = 0;
      return this;
    }

    /** Adds computing of segments and heads, and of preprocessing and encoding. */
    public Builder computes(double moreNetworkNanos, double moreCodingNanos) {
      networkNanos += Positive.orZero(moreNetworkNanos, "networkNanos");
      codingNanos += Positive.orZero(moreCodingNanos, "codingNanos");
      return this;
    }

    /** Adds waiting for replies with nothing to compute. */
    public Builder waits(double nanos) {
      waitingNanos += Positive.orZero(nanos, "waitingNanos");
      return this;
    }

    /**
     * The device keeps a connection up with pings where nothing else passes for so long. Not priced
     * where frames never meet.
     *
     * @param everyNanos positive
     */
    public Builder pings(long everyNanos) {
      if (everyNanos <= 0) {
        throw new IllegalArgumentException("distance of pings must be positive: " + everyNanos);
      }
      pingNanos = (double) everyNanos;
      return this;
    }

    /**
     * Adds a payload sent. Transfers may overlap and come in any order; in nearly the order of
     * their starts is quickest. Those of one round may end after it, at the cost of the next.
     *
     * @param ofFrame in [0, frames)
     */
    public Builder sends(int ofFrame, double start, double end, double payloadBytes) {
      return transfers(ofFrame, start, end, payloadBytes, true);
    }

    /** Adds a reply received; as {@link #sends}. */
    public Builder receives(int ofFrame, double start, double end, double replyBytes) {
      return transfers(ofFrame, start, end, replyBytes, false);
    }

    private Builder transfers(int ofFrame, double start, double end, double size, boolean out) {
      if (built) {
        throw new IllegalStateException("built already");
      }
      if (ofFrame < 0 || ofFrame >= frames) {
        throw new IllegalArgumentException("frame not in [0, " + frames + "): " + ofFrame);
      }
      Positive.orZero(start, "a transfer's start");
      Positive.orZero(end - start, "a transfer's duration");
      Positive.orZero(size, "a transfer's bytes");
      if (transfers == startNanos.length) {
        startNanos = Arrays.copyOf(startNanos, 2 * transfers);
        endNanos = Arrays.copyOf(endNanos, 2 * transfers);
        bytes = Arrays.copyOf(bytes, 2 * transfers);
        sent = Arrays.copyOf(sent, 2 * transfers);
        frame = Arrays.copyOf(frame, 2 * transfers);
      }
      int at = transfers++;
      for (; at > 0 && comesAfter(at - 1, ofFrame, start); at--) {
        startNanos[at] = startNanos[at - 1];
        endNanos[at] = endNanos[at - 1];
        bytes[at] = bytes[at - 1];
        sent[at] = sent[at - 1];
        frame[at] = frame[at - 1];
      }
      startNanos[at] = start;
      endNanos[at] = end;
      bytes[at] = size;
      sent[at] = out;
      frame[at] = ofFrame;
      return this;
    }

    private boolean comesAfter(int known, int ofFrame, double start) {
      if (periodNanos == 0 && frame[known] != ofFrame) {
        return frame[known] > ofFrame;
      }
      return startNanos[known] > start;
    }

    /** Returns the mean energy of a frame of what was collected so far. */
    EnergyPerFrame perFrame(DevicePower device, RadioPower radio) {
      double promotion = 0;
      double transmit = 0;
      double receive = 0;
      double tail = 0;
      double tailNanos = radio.tailNanos();
      double up = transfers == 0 ? 0 : lastEnd() - (double) frames * periodNanos;
      for (int i = 0; i < transfers; i++) {
        boolean alone = periodNanos == 0 && (i == 0 || frame[i] != frame[i - 1]);
        double gap = alone ? Double.POSITIVE_INFINITY : startNanos[i] - up;
        double pings = alone ? 0 : pings(gap);
        double rest = pings == 0 ? gap : gap - pings * pingNanos;
        if (gap > 0) {
          tail += pings * radio.tailJoules(pingNanos) + radio.tailJoules(rest);
        }
        promotion +=
            ((pingNanos > tailNanos ? pings : 0) + (rest > tailNanos ? 1 : 0))
                * radio.promotionJoules();
        double from = alone ? startNanos[i] : Math.max(up, startNanos[i]);
        double active = radio.activeMilliwatts() * Math.max(0, endNanos[i] - from) * 1e-12;
        double megabits = bytes[i] * 8e-6;
        if (sent[i]) {
          transmit += active + radio.transmitMillijoulesPerMegabit() * megabits * 1e-3;
        } else {
          receive += active + radio.receiveMillijoulesPerMegabit() * megabits * 1e-3;
        }
        up = alone ? endNanos[i] : Math.max(up, endNanos[i]);
      }
      if (transfers == 0) {
        double pings = pingNanos == 0 ? 0 : (double) frames * periodNanos / pingNanos;
        tail = pings * radio.tailJoules(pingNanos);
        promotion = pingNanos > tailNanos ? pings * radio.promotionJoules() : 0;
      }
      return new EnergyPerFrame(
          device.networkMilliwatts() * networkNanos * 1e-12 / frames,
          device.codingMilliwatts() * codingNanos * 1e-12 / frames,
          device.waitingMilliwatts() * waitingNanos * 1e-12 / frames,
          promotion / frames,
          transmit / frames,
          receive / frames,
          tail / frames);
    }

    /** How many pings come before the end of a gap. */
    private double pings(double gapNanos) {
      return pingNanos == 0 ? 0 : Math.floor(Math.max(0, gapNanos) / pingNanos);
    }

    private double lastEnd() {
      double last = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < transfers; i++) {
        last = Math.max(last, endNanos[i]);
      }
      return last;
    }

    /** Returns what was collected; after that no transfer can be added any more. */
    public DeviceActivity build() {
      built = true;
      return new DeviceActivity(this);
    }
  }
}
