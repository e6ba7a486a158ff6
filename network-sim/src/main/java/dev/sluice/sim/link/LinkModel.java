package dev.sluice.sim.link;

import dev.sluice.sim.trace.LinkTrace;
import java.util.SplittableRandom;

/**
 * When bytes arrive that are handed to a link: the model that {@link EmulatedLink} enacts, for use
 * in virtual time. Holds no clock and starts no thread; the same calls give the same answers.
 *
 * <p>A link has one transmitter each way, which sends packet after packet at the rate of the trace
 * at that moment. A packet then travels half the round trip. Neither starts nor arrives anything
 * during an outage, and nothing is lost: what is under way arrives when the outage ends. On top of
 * it each {@link Connection} behaves as TCP would on such a path: a handshake, slow start, restart
 * after idleness or after a long outage ({@link CongestionWindow}); and the radio may have to wake
 * up ({@link LinkOptions}). Rates are those of the payload: no headers are counted.
 *
 * <p>All times are nanoseconds of one clock of the caller's choice, at least 0. {@link #NEVER}
 * stands for what does not happen, because the trace ends in an outage. Not thread-safe.
 */
public final class LinkModel {
  /** A time that does not come. */
  public static final long NEVER = Timeline.NEVER;

  private final Timeline timeline;
  private final LinkOptions options;
  private final Transmitter uplink;
  private final Transmitter downlink;
  private long connections;
  private long radioUsedNanos = -1;

  /**
   * Lays a link.
   *
   * @param startNanos when the trace begins, at least 0; before that its first step holds. {@link
   *     #NEVER} to leave that to {@link #start}
   */
  public LinkModel(LinkTrace trace, long startNanos, LinkOptions options) {
    if (startNanos < 0) {
      throw new IllegalArgumentException("startNanos is negative: " + startNanos);
    }
    this.timeline = new Timeline(trace, startNanos);
    this.options = options;
    this.uplink = new Transmitter(timeline, Direction.UPLINK);
    this.downlink = new Transmitter(timeline, Direction.DOWNLINK);
  }

  /**
   * When a message arrives.
   *
   * @param departedNanos when its last byte has left the sender's end
   * @param firstByteNanos when its first packet is at the other end
   * @param lastByteNanos when all of it is there
   */
  public record Delivery(long departedNanos, long firstByteNanos, long lastByteNanos) {}

  /**
   * Begins the trace, if it has not begun.
   *
   * @throws IllegalStateException if it has
   */
  public void start(long nowNanos) {
    if (timeline.started()) {
      throw new IllegalStateException("the trace has begun already");
    }
    timeline.start(nowNanos);
  }

  /** Returns how far the trace has got; 0 before it begins. */
  public long positionNanos(long nowNanos) {
    return timeline.positionNanos(nowNanos);
  }

  /** Returns the options. */
  public LinkOptions options() {
    return options;
  }

  /** Opens a connection: its bytes start after its handshake. */
  public Connection connect(long nowNanos) {
    return new Connection(nowNanos, connections++);
  }

  Timeline timeline() {
    return timeline;
  }

  Transmitter transmitter(Direction direction) {
    return direction == Direction.UPLINK ? uplink : downlink;
  }

  /** One TCP connection across the link, both ways. Messages of one direction arrive in order. */
  public final class Connection {
    private final Flow up;
    private final Flow down;

    private Connection(long openedNanos, long number) {
      SplittableRandom seeds = new SplittableRandom(options.seed() + number);
      up = new Flow(Direction.UPLINK, openedNanos, seeds.split());
      down = new Flow(Direction.DOWNLINK, openedNanos, seeds.split());
    }

    /**
     * Hands over a message and says when it is delivered. It queues behind everything handed over
     * before it, on this or another connection; give messages of all connections in the order of
     * their time.
     *
     * @param bytes at least 1
     * @param nowNanos when it is handed over as a whole; not before earlier messages of this
     *     direction
     */
    public Delivery send(Direction direction, int bytes, long nowNanos) {
      if (bytes < 1) {
        throw new IllegalArgumentException("a message has at least one byte: " + bytes);
      }
      if (nowNanos < 0) {
        throw new IllegalArgumentException("nowNanos is negative: " + nowNanos);
      }
      Flow flow = flow(direction);
      long first = -1;
      long left = bytes;
      Packet packet = Packet.NONE;
      while (left > 0) {
        int size = (int) Math.min(left, options.segmentBytes());
        packet = flow.send(size, nowNanos);
        first = first < 0 ? packet.arrivesNanos : first;
        left -= size;
      }
      return new Delivery(packet.departsNanos, first, packet.arrivesNanos);
    }

    /**
     * Hands over a message; as {@link #send}.
     *
     * @return when all of it is at the other end, or {@link #NEVER}
     */
    public long deliveryNanos(Direction direction, int bytes, long nowNanos) {
      return send(direction, bytes, nowNanos).lastByteNanos();
    }

    Flow flow(Direction direction) {
      return direction == Direction.UPLINK ? up : down;
    }
  }

  /** Times of one packet. */
  record Packet(long departsNanos, long arrivesNanos) {
    static final Packet NONE = new Packet(0, 0);
  }

  /** One direction of a connection, packet by packet. */
  final class Flow {
    private final Direction direction;
    private final Transmitter transmitter;
    private final CongestionWindow window = new CongestionWindow(options);
    private final SplittableRandom random;
    private final long openedNanos;
    private long lastArrivalNanos;

    private Flow(Direction direction, long openedNanos, SplittableRandom random) {
      this.direction = direction;
      this.transmitter = transmitter(direction);
      this.openedNanos = openedNanos;
      this.random = random;
    }

    /** Returns when the handshake reaches the far end: what a worker sees as the connection. */
    long reachedNanos() {
      return options.handshake() ? timeline.arrivalNanos(started(openedNanos), 0) : openedNanos;
    }

    /**
     * Returns when a packet starts if no other connection takes the turn, or {@link #NEVER}. Asking
     * does not send it.
     */
    long startNanos(int bytes, long readyNanos) {
      long ready = readyNanos;
      if (options.handshake()) {
        ready = Math.max(ready, timeline.arrivalNanos(started(reachedNanos()), 0));
      }
      if (ready == NEVER) {
        return NEVER;
      }
      long idleNanos = timeline.stepAt(ready).roundTripNanos() + options.idleFloorNanos();
      long start = window.openNanos(bytes, ready, idleNanos);
      if (start == NEVER) {
        return NEVER;
      }
      if (options.radioWakeUpNanos() > 0
          && (radioUsedNanos < 0 || start - radioUsedNanos > options.radioIdleNanos())) {
        start += options.radioWakeUpNanos();
      }
      long service = timeline.outageEndNanos(start);
      if (service != start && service - start > idleNanos) {
        // The sender timed out meanwhile, so it begins anew.
        window.restart();
        if (service != NEVER) {
          service = timeline.outageEndNanos(window.openNanos(bytes, service, idleNanos));
        }
      }
      return service == NEVER ? NEVER : transmitter.startNanos(service);
    }

    /** Sends a packet and returns its times. */
    Packet send(int bytes, long readyNanos) {
      long start = startNanos(bytes, readyNanos);
      long departs = start == NEVER ? NEVER : transmitter.transmit(bytes, start);
      long jitter = options.jitterNanos() == 0 ? 0 : random.nextLong(options.jitterNanos() + 1);
      long arrives = Math.max(lastArrivalNanos, timeline.arrivalNanos(departs, jitter));
      lastArrivalNanos = arrives;
      if (bytes > 0) {
        window.sent(bytes, departs, timeline.arrivalNanos(arrives, 0));
      }
      if (departs != NEVER) {
        radioUsedNanos = Math.max(radioUsedNanos, departs);
      }
      return new Packet(departs, arrives);
    }

    /** Returns the rate that the direction has now, in bytes per second. */
    double rateAt(long nowNanos) {
      return timeline.rateAt(direction, nowNanos);
    }

    private long started(long nanos) {
      return nanos == NEVER ? NEVER : timeline.outageEndNanos(nanos);
    }
  }
}
