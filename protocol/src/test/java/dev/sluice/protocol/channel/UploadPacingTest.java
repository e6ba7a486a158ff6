package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Chunks, window and pings together, on a simulated link in virtual time: one queue that drains at
 * a constant rate, then a delay, and pongs that take the delay back.
 */
class UploadPacingTest {
  private static final long MILLIS = 1_000_000;
  private static final int PING_BYTES = 24;
  private static final int MAX_FRAME_BYTES = 1 << 16;

  private static final class Link {
    private record OnTheWay(long token, long arrivesNanos) {}

    private final double bytesPerNano;
    private final long delayNanos;
    private final PingClock clock = new PingClock(new SendWindow(50 * MILLIS), 0);
    private final ArrayDeque<OnTheWay> pongs = new ArrayDeque<>();
    private long now;
    private long linkFreeNanos;
    private long arrivedBytes;

    Link(double bytesPerSecond, long delayNanos) {
      this.bytesPerNano = bytesPerSecond / 1e9;
      this.delayNanos = delayNanos;
    }

    private void carry(int bytes) {
      linkFreeNanos = Math.max(linkFreeNanos, now) + (long) (bytes / bytesPerNano);
    }

    private void ping() {
      carry(PING_BYTES);
      pongs.add(new OnTheWay(clock.onPing(now), linkFreeNanos + 2 * delayNanos));
    }

    /**
     * Sends without end for a while; returns the longest time a chunk or ping stood in the queue.
     */
    long upload(long forNanos) {
      long longest = 0;
      long end = now + forNanos;
      long nextTimer = now + 250 * MILLIS;
      while (now < end) {
        while (clock.mayWrite()) {
          longest = Math.max(longest, linkFreeNanos - now);
          int chunk = clock.chunkBytes(MAX_FRAME_BYTES);
          clock.onWritten(chunk + 14, now);
          carry(chunk + 14);
          arrivedBytes += chunk;
          if (clock.isDue(now, chunk)) {
            ping();
          }
        }
        clock.onLimited();
        if (clock.isDue(now, clock.chunkBytes(MAX_FRAME_BYTES))) {
          ping();
        }
        if (pongs.isEmpty() || pongs.peek().arrivesNanos() > nextTimer) {
          now = nextTimer;
          nextTimer += 250 * MILLIS;
          ping();
        } else {
          OnTheWay pong = pongs.remove();
          now = Math.max(now, pong.arrivesNanos());
          clock.onPong(pong.token(), 0, now);
        }
      }
      return longest;
    }
  }

  @ParameterizedTest
  @CsvSource({"8000, 10", "8000, 60", "31250, 40", "125000, 25"})
  void keepsLittleAheadOfWhatBecomesUrgentOnASlowLink(double bytesPerSecond, long delayMillis) {
    Link link = new Link(bytesPerSecond, delayMillis * MILLIS);
    link.upload(5_000 * MILLIS);
    long waits = link.upload(20_000 * MILLIS);
    double chunkNanos = RateMeter.MIN_CHUNK_BYTES / bytesPerSecond * 1e9;
    assertThat(waits).isLessThan(Math.max(150 * MILLIS, (long) (2.5 * chunkNanos)));
    assertThat(link.arrivedBytes).isGreaterThan((long) (0.75 * 25 * bytesPerSecond));
  }

  @ParameterizedTest
  @CsvSource({"1250000, 25", "12500000, 40", "125000000, 5", "2000000000, 0"})
  void fillsAFastLink(double bytesPerSecond, long delayMillis) {
    Link link = new Link(bytesPerSecond, delayMillis * MILLIS + 50_000);
    link.upload(3_000 * MILLIS);
    long before = link.arrivedBytes;
    link.upload(2_000 * MILLIS);
    assertThat(link.arrivedBytes - before).isGreaterThan((long) (0.8 * 2 * bytesPerSecond));
  }
}
