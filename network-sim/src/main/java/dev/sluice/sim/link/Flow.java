package dev.sluice.sim.link;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a connection, packet by packet: the sender's side of TCP. Not thread-safe.
 *
 * <p>A lost packet is sent again when its sender takes it for lost, and holds back everything
 * behind it at the receiver until then. Losses are found as RACK-TLP does (RFC 8985): when a packet
 * sent later is acknowledged and a quarter of a round trip has passed since, or three such are; if
 * nothing follows, by a probe two round trips after it was sent. What is lost again, and what was
 * alone under way, takes a timeout of a round trip and {@link TcpOptions#idleFloorNanos}, doubled
 * each time up to a minute (RFC 6298, sections 2 and 5). The window reacts as {@link
 * CongestionWindow} says. Acknowledgements are not lost: each stands for all before it.
 */
final class Flow {
  private static final int DUPLICATES = 3;
  private static final int REORDERING_SHARE = 4;
  private static final long MAX_TIMEOUT_NANOS = 60_000_000_000L;

  private final LinkModel link;
  private final Direction direction;
  private final Transmitter transmitter;
  private final TcpOptions tcp;
  private final CongestionWindow window;
  private final SplittableRandom random;
  private final Handshake handshake;
  private final Queue<Segment> underWay = new ArrayDeque<>();
  private final List<Segment> missing = new ArrayList<>();
  private final Queue<Segment> repairs = new ArrayDeque<>();

  /** The window was closed until then. */
  private long notBeforeNanos;

  /** When the last message was there as a whole; kept by whoever delivers messages. */
  long lastDeliveredNanos;

  private long lastReachedNanos;
  private long lastSentNanos = -1;
  private boolean open;

  Flow(LinkModel link, Direction direction, Handshake handshake, SplittableRandom random) {
    this.link = link;
    this.direction = direction;
    this.handshake = handshake;
    this.random = random;
    transmitter = link.transmitter(direction);
    tcp = link.options().tcp();
    window = new CongestionWindow(tcp);
  }

  /**
   * Returns when the next packet starts if no other connection takes the turn, or {@link
   * Timeline#NEVER}. Asking does not send it, and asking again gives the same.
   *
   * @param bytes of the packet that waits to be sent for the first time; negative if there is none
   * @param readyNanos since when that waits
   * @param nowNanos up to which lost packets are found
   */
  long nextNanos(int bytes, long readyNanos, long nowNanos) {
    while (true) {
      Segment repair = repairs.peek();
      if (repair == null && bytes < 0) {
        long found = nextFound();
        if (found > nowNanos || found == Timeline.NEVER) {
          return found;
        }
        settle(found);
        continue;
      }
      long ready =
          Math.max(
              Math.max(notBeforeNanos, link.changedNanos()),
              repair != null ? repair.deemedLostNanos : openNanos(readyNanos));
      if (ready == Timeline.NEVER) {
        return Timeline.NEVER;
      }
      settle(ready);
      if (repairs.peek() != repair) {
        continue;
      }
      long idleNanos = link.timeline().stepAt(ready).roundTripNanos() + tcp.idleFloorNanos();
      if (nothingSent() && lastSentNanos >= 0 && ready - lastSentNanos > idleNanos) {
        window.restart();
      }
      if (!window.allows(repair != null ? repair.bytes : bytes)) {
        long event = nextEvent();
        if (event == Timeline.NEVER) {
          return Timeline.NEVER;
        }
        settle(event);
        notBeforeNanos = Math.max(notBeforeNanos, event);
        continue;
      }
      long start = link.radioReadyNanos(ready);
      long service = link.timeline().outageEndNanos(start);
      if (service != start && service - start > idleNanos) {
        // The sender timed out meanwhile, so it begins anew.
        window.restart();
        if (service != Timeline.NEVER) {
          notBeforeNanos = service;
          continue;
        }
      }
      if (service == Timeline.NEVER || link.options().path(direction).buffer().standing()) {
        return service;
      }
      return transmitter.startNanos(service);
    }
  }

  /**
   * Sends what {@link #nextNanos} told of, at that time.
   *
   * @return the packet, unless it was one that is sent again
   */
  @Nullable Segment send(int bytes, long startNanos) {
    Segment repair = repairs.poll();
    Segment segment = repair == null ? new Segment(this, bytes) : repair;
    segment.enteredNanos = startNanos;
    segment.sendings++;
    segment.queued = fits(segment);
    transmitter.transmit(segment);
    if (segment.queued) {
      link.radioUsed(segment.departsNanos);
    }
    long jitter = link.options().path(direction).jitterNanos();
    segment.jitterNanos = jitter == 0 ? 0 : random.nextLong(jitter + 1);
    departs(segment);
    arrives(segment, 0);
    window.sent(segment.bytes);
    boolean certain = segment.bytes == 0 || segment.departsNanos == Timeline.NEVER;
    if (!segment.queued || (!certain && transmitter.loses(segment, tcp.segmentBytes()))) {
      lose(segment);
    } else {
      transmitter.underWay(segment);
      underWay.add(segment);
      expose(segment);
    }
    return repair == null ? segment : null;
  }

  /** Takes up when a packet has left. */
  private void departs(Segment segment) {
    segment.crossesNanos = link.timeline().crossingNanos(segment.departsNanos, segment.jitterNanos);
    lastSentNanos =
        Math.max(lastSentNanos, segment.queued ? segment.departsNanos : segment.enteredNanos);
  }

  /** Gives a packet that crosses the link its times; one that is held goes on now at best. */
  private void arrives(Segment segment, long nowNanos) {
    Timeline timeline = link.timeline();
    segment.reachesNanos =
        Math.max(
            lastReachedNanos, timeline.outageEndNanos(Math.max(segment.crossesNanos, nowNanos)));
    segment.returnsNanos = timeline.crossingNanos(segment.reachesNanos, 0);
    returns(segment, nowNanos);
    lastReachedNanos = segment.reachesNanos;
  }

  private void returns(Segment segment, long nowNanos) {
    segment.acknowledgedNanos =
        link.timeline().outageEndNanos(Math.max(segment.returnsNanos, nowNanos));
  }

  /** The link has changed, and all packets of the flow get new times, in order. */
  void forgetTimes(long nowNanos) {
    lastReachedNanos = 0;
    notBeforeNanos = 0;
    lastSentNanos = Math.min(lastSentNanos, nowNanos);
  }

  /**
   * Gives a packet new times, since the link has changed.
   *
   * @param leaves whether it had not left by now, so that it leaves at another time
   */
  void renew(Segment segment, boolean leaves, long nowNanos) {
    if (leaves) {
      departs(segment);
    }
    if (segment.missing) {
      arrives(segment, nowNanos);
      deem(segment);
    } else if (segment.reachesNanos > nowNanos) {
      arrives(segment, nowNanos);
    } else {
      lastReachedNanos = Math.max(lastReachedNanos, segment.reachesNanos);
      returns(segment, nowNanos);
    }
  }

  /** Finds losses by the new times of what was sent after them. */
  void renewLosses() {
    for (Segment segment : missing) {
      segment.followers = 0;
    }
    underWay.forEach(this::expose);
  }

  long windowBytes() {
    return window.windowBytes();
  }

  /** Returns when the connection is there at the far end. */
  long reachedNanos() {
    return handshake.reachedNanos();
  }

  /** Returns the rate that the direction has now, in bytes per second. */
  double rateAt(long nowNanos) {
    return link.timeline().rateAt(direction, nowNanos);
  }

  /** A handshake that is over stays so, whatever becomes of the link. */
  private long openNanos(long readyNanos) {
    if (open) {
      return readyNanos;
    }
    long opens = handshake.openNanos();
    open = opens <= readyNanos;
    return Math.max(readyNanos, opens);
  }

  private boolean fits(Segment segment) {
    Buffer buffer = link.options().path(direction).buffer();
    if (!buffer.standing() || segment.bytes == 0) {
      return true;
    }
    long waiting = transmitter.waitingBytes(segment.enteredNanos);
    return waiting == 0
        || waiting + segment.bytes <= buffer.limitBytes(rateAt(segment.enteredNanos));
  }

  private void lose(Segment segment) {
    segment.deemedLostNanos = Timeline.NEVER;
    deem(segment);
    segment.followers = 0;
    segment.missing = true;
    missing.add(segment);
    transmitter.lost(segment);
  }

  /** Says when the sender takes a lost packet for lost, if it does not know of an earlier time. */
  private void deem(Segment segment) {
    long roundTrip = segment.roundTripNanos();
    long timeout = roundTrip + tcp.idleFloorNanos();
    long probe = 2 * roundTrip;
    // Nothing else under way: the probe would wait for a delayed acknowledgement.
    boolean alone = window.underWayBytes() == segment.bytes;
    boolean timesOut = segment.sendings > 1 || alone || probe > timeout;
    long wait =
        timesOut
            ? timeout >= MAX_TIMEOUT_NANOS >> Math.min(segment.timeouts, 30)
                ? MAX_TIMEOUT_NANOS
                : timeout << Math.min(segment.timeouts, 30)
            : probe;
    long found =
        segment.acknowledgedNanos == Timeline.NEVER
            ? Timeline.NEVER
            : Timeline.plus(segment.enteredNanos, wait);
    if (found < segment.deemedLostNanos) {
      segment.deemedLostNanos = found;
      segment.timesOut = timesOut;
    }
    // What follows is not held up by it on the way, only at the receiver.
    segment.reachesNanos = Timeline.NEVER;
    segment.acknowledgedNanos = Timeline.NEVER;
  }

  /** Those sent before it may be known for lost when it is acknowledged. */
  private void expose(Segment through) {
    for (Segment segment : missing) {
      if (segment.turn > through.turn) {
        continue;
      }
      segment.followers++;
      long found = Timeline.NEVER;
      if (segment.followers == 1) {
        found = plus(through.acknowledgedNanos, through.roundTripNanos() / REORDERING_SHARE);
      } else if (segment.followers == DUPLICATES) {
        found = through.acknowledgedNanos;
      }
      if (found < segment.deemedLostNanos) {
        segment.deemedLostNanos = found;
        segment.timesOut = false;
      }
    }
  }

  private boolean nothingSent() {
    return underWay.isEmpty() && missing.isEmpty();
  }

  private long nextFound() {
    Segment first = firstMissing();
    return first == null ? Timeline.NEVER : first.deemedLostNanos;
  }

  private @Nullable Segment firstMissing() {
    Segment first = null;
    for (Segment segment : missing) {
      if (first == null || segment.deemedLostNanos < first.deemedLostNanos) {
        first = segment;
      }
    }
    return first;
  }

  private long nextEvent() {
    Segment oldest = underWay.peek();
    return Math.min(nextFound(), oldest == null ? Timeline.NEVER : oldest.acknowledgedNanos);
  }

  /** Takes up what has happened by then: acknowledgements, and packets found to be lost. */
  private void settle(long untilNanos) {
    for (long event = nextEvent();
        event <= untilNanos && event != Timeline.NEVER;
        event = nextEvent()) {
      Segment oldest = underWay.peek();
      if (oldest != null && oldest.acknowledgedNanos == event) {
        underWay.remove();
        window.acknowledged(oldest.bytes, event, oldest.roundTripNanos());
        continue;
      }
      Segment lost = firstMissing();
      if (lost != null) {
        missing.remove(lost);
        lost.missing = false;
        transmitter.found(lost);
        repairs.add(lost);
        if (lost.timesOut) {
          lost.timeouts++;
          window.timedOut(lost.bytes, lost.enteredNanos, event);
        } else {
          window.lost(lost.bytes, lost.enteredNanos, event);
        }
      }
    }
  }

  private static long plus(long nanos, long more) {
    return nanos == Timeline.NEVER ? Timeline.NEVER : Timeline.plus(nanos, more);
  }
}
