package dev.sluice.protocol.channel;

import dev.sluice.protocol.message.SendStamp;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What pings tell: how far the bytes written have come, how fast, how long a round trip takes and
 * how the worker's clock stands. Not thread-safe.
 */
final class PingClock {
  /** Pings of the timer are left out while so many are unanswered. */
  static final int MAX_TIMED_OUT = 8;

  private static final int MAX_OUT = 64;

  /** Pings among data come no faster, once the rate is known. */
  private static final long LEAST_GAP_NANOS = 10_000_000;

  /**
   * A ping that was sent.
   *
   * @param bytesBefore bytes written before it
   * @param bytesAhead those of them that were not known to have arrived
   * @param probeBytes bytes of padding right before it, 0 for a plain ping
   * @param begunNanos when the first of them was written; for a plain ping when it was
   */
  record PingOut(
      long token,
      long sentNanos,
      long bytesBefore,
      int bytesAhead,
      int probeBytes,
      long begunNanos) {}

  /** A pong that tells something about the link. */
  record RoundTrip(PingOut ping, long receivedNanos) {
    long nanos() {
      return receivedNanos - ping.sentNanos();
    }
  }

  final RateMeter rate = new RateMeter();
  final SendWindow window;
  private final ClockOffset offset = new ClockOffset();
  private final ArrayDeque<PingOut> out = new ArrayDeque<>();
  private long bytesWritten;
  private long bytesArrived;
  private long bytesAtLastPing;
  private long lastPingNanos;
  private long lastPongNanos;

  /** Since when the network has held bytes of ours all the time. */
  private long busySinceNanos;

  /** What pongs and answers have told of bytes that arrived, since the last pong. */
  private long arrivedSincePong;

  /** The same, but not from before {@link #busySinceNanos}. */
  private long arrivedInBurst;

  private long nextToken = 1;
  private boolean windowLimited;

  /**
   * Pings up to this one were out during a silence: how long they took says nothing about the link
   * now.
   */
  private long staleToken;

  PingClock(SendWindow window, long nowNanos) {
    this.window = window;
    lastPongNanos = nowNanos;
    lastPingNanos = nowNanos;
  }

  /** Counts bytes of requests as written. Returns how many were written in all. */
  long onWritten(int bytes, long nowNanos) {
    if (bytesWritten <= bytesArrived) {
      busySinceNanos = nowNanos;
      arrivedInBurst = 0;
    }
    bytesWritten += bytes;
    return bytesWritten;
  }

  /** Bytes up to this one are known to have arrived. */
  void onArrived(long upTo) {
    long fresh = Math.max(0, upTo - bytesArrived);
    bytesArrived += fresh;
    arrivedSincePong += fresh;
    arrivedInBurst += fresh;
  }

  /** Returns whether the network may take more. */
  boolean mayWrite() {
    return bytesWritten - bytesArrived < window.bytes();
  }

  /**
   * Returns how many bytes a chunk should have: what the rate says, but no more than half the
   * window, which a first rate that was too good to be true must not overrun.
   */
  int chunkBytes(int most) {
    int half = Math.max(RateMeter.MIN_CHUNK_BYTES, window.bytes() / 2);
    return rate.chunkBytes(Math.min(most, half));
  }

  /** More could be sent, were it not for the window. */
  void onLimited() {
    windowLimited = true;
  }

  /** Returns when the last ping was sent. */
  long lastPingNanos() {
    return lastPingNanos;
  }

  int unanswered() {
    return out.size();
  }

  @Nullable PingOut oldest() {
    return out.peek();
  }

  /** Returns whether a ping among the data would tell something new. */
  boolean isDue(long nowNanos, int chunkBytes) {
    long since = bytesWritten - bytesAtLastPing;
    if (since == 0 || out.size() >= MAX_OUT) {
      return false;
    }
    if (!mayWrite()) {
      return out.isEmpty() || since >= window.bytes() / 4;
    }
    if (!rate.isKnown()) {
      return since >= chunkBytes;
    }
    return since >= Math.max(2 * chunkBytes, window.bytes() / 4)
        && nowNanos - lastPingNanos >= LEAST_GAP_NANOS;
  }

  /** Returns the token of a ping that is sent now. */
  long onPing(long nowNanos) {
    return onProbe(nowNanos, 0, nowNanos);
  }

  /** Returns the token of a ping that is sent now behind padding. */
  long onProbe(long nowNanos, int probeBytes, long begunNanos) {
    while (out.size() >= MAX_OUT) {
      out.remove();
    }
    long token = nextToken++;
    int ahead = (int) Math.min(Integer.MAX_VALUE, bytesWritten - bytesArrived);
    out.add(new PingOut(token, nowNanos, bytesWritten, ahead, probeBytes, begunNanos));
    bytesAtLastPing = bytesWritten;
    lastPingNanos = nowNanos;
    return token;
  }

  /** The worker is heard again after a silence. */
  void onSilenceEnded() {
    staleToken = nextToken - 1;
  }

  /** Learns from a pong. Returns what it says of the link, null if nothing. */
  @Nullable RoundTrip onPong(long token, long workerNanos, long receivedNanos) {
    while (!out.isEmpty() && out.element().token() < token) {
      out.remove();
    }
    PingOut ping = out.peek();
    if (ping == null || ping.token() != token) {
      return null;
    }
    out.remove();
    onArrived(ping.bytesBefore());
    long arrived = arrivedSincePong;
    long carried = arrivedInBurst;
    arrivedSincePong = 0;
    arrivedInBurst = 0;
    offset.onPing(ping.sentNanos(), workerNanos, receivedNanos);
    if (ping.token() <= staleToken) {
      lastPongNanos = receivedNanos;
      return null;
    }
    RoundTrip trip = new RoundTrip(ping, receivedNanos);
    long queueNanos = trip.nanos() - Math.min(trip.nanos(), window.baseNanos());
    boolean busy = windowLimited || queueNanos > trip.nanos() / 2;
    rate.onArrived(carried, carryingNanos(receivedNanos), busy);
    window.onRoundTrip(receivedNanos, trip.nanos(), arrived, windowLimited);
    windowLimited = false;
    lastPongNanos = receivedNanos;
    return trip;
  }

  /** Returns the time that the bytes acknowledged now took, without the way there and back. */
  private long carryingNanos(long receivedNanos) {
    if (lastPongNanos - busySinceNanos >= 0) {
      return receivedNanos - lastPongNanos;
    }
    long elapsed = receivedNanos - busySinceNanos;
    return Math.max(elapsed / 8, elapsed - Math.min(elapsed, window.baseNanos()));
  }

  /** Returns a moment of the device's clock on the worker's. */
  SendStamp stamp(long nowNanos) {
    return offset.stamp(nowNanos);
  }
}
