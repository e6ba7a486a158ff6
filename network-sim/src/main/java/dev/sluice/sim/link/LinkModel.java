package dev.sluice.sim.link;

import dev.sluice.sim.trace.LinkTrace;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.SplittableRandom;

/**
 * When bytes arrive that are handed to a link: the model that {@link EmulatedLink} enacts, for use
 * in virtual time. Holds no clock and starts no thread; the same calls give the same answers.
 *
 * <p>A link has one transmitter each way, which sends packet after packet at the rate of the trace
 * at that moment. A packet then travels half the round trip. Neither starts nor arrives anything
 * during an outage, and an outage loses nothing: what is under way arrives when it ends. On top of
 * it each {@link Connection} behaves as TCP would on such a path: a handshake, slow start, restart
 * after idleness or after a long outage, retransmission of what {@link Loss} takes and the window's
 * reaction to it; a {@link Buffer} may let packets queue; and the radio may have to wake up ({@link
 * LinkOptions}). Rates are those of the payload: no headers are counted.
 *
 * <p>All times are nanoseconds of one clock of the caller's choice, at least 0. {@link #NEVER}
 * stands for what does not happen, because the trace ends in an outage. Not thread-safe.
 */
public final class LinkModel {
  /** A time that does not come. */
  public static final long NEVER = Timeline.NEVER;

  /** Keeps the losses of the two directions apart, and both from the connections' jitter. */
  private static final long LOSS_SEED = 0x5DEECE66DL;

  private final Timeline timeline;
  private final Transmitter uplink;
  private final Transmitter downlink;
  private LinkOptions options;
  private long connections;
  private long radioUsedNanos = -1;
  private long changedNanos;

  /**
   * Lays a link.
   *
   * @param startNanos when the trace begins, at least 0; before that its first step holds. {@link
   *     #NEVER} to leave that to {@link #start}
   */
  public LinkModel(LinkTrace trace, long startNanos, LinkOptions options) {
    this(
        trace,
        startNanos,
        options,
        losses(options, Direction.UPLINK),
        losses(options, Direction.DOWNLINK));
  }

  LinkModel(
      LinkTrace trace,
      long startNanos,
      LinkOptions options,
      LossProcess uplinkLosses,
      LossProcess downlinkLosses) {
    if (startNanos < 0) {
      throw new IllegalArgumentException("startNanos is negative: " + startNanos);
    }
    this.timeline = new Timeline(trace, startNanos);
    this.options = options;
    this.uplink = new Transmitter(timeline, Direction.UPLINK, uplinkLosses);
    this.downlink = new Transmitter(timeline, Direction.DOWNLINK, downlinkLosses);
  }

  private static LossProcess losses(LinkOptions options, Direction direction) {
    long seed = (options.seed() ^ LOSS_SEED) + (direction == Direction.UPLINK ? 0 : 1);
    return new LossProcess(options.path(direction).loss(), new SplittableRandom(seed));
  }

  /**
   * When a message arrives.
   *
   * @param departedNanos when its last byte has left the sender's end
   * @param firstByteNanos when its first packet is at the other end
   * @param lastByteNanos when all of it is there
   */
  public record Delivery(long departedNanos, long firstByteNanos, long lastByteNanos) {
    private static final Delivery NONE = new Delivery(NEVER, NEVER, NEVER);
  }

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

  /** Takes other options: for connections yet to come, as far as TCP is concerned. */
  void change(LinkOptions next) {
    options = next;
    uplink.losses().change(next.uplink().loss());
    downlink.losses().change(next.downlink().loss());
  }

  /** Puts values in place of the trace's from now on. */
  void change(long nowNanos, Overrides overrides) {
    timeline.override(overrides);
    changedNanos = nowNanos;
    uplink.change(nowNanos);
    downlink.change(nowNanos);
  }

  /** Returns since when the link is as it is: what waits by then does not start before. */
  long changedNanos() {
    return changedNanos;
  }

  Timeline timeline() {
    return timeline;
  }

  Transmitter transmitter(Direction direction) {
    return direction == Direction.UPLINK ? uplink : downlink;
  }

  /** Returns when the radio is awake if a packet is ready then. */
  long radioReadyNanos(long nanos) {
    boolean asleep =
        options.radioWakeUpNanos() > 0
            && (radioUsedNanos < 0 || nanos - radioUsedNanos > options.radioIdleNanos());
    return asleep ? Timeline.plus(nanos, options.radioWakeUpNanos()) : nanos;
  }

  void radioUsed(long nanos) {
    if (nanos != NEVER) {
      radioUsedNanos = Math.max(radioUsedNanos, nanos);
    }
  }

  /** One TCP connection across the link, both ways. Messages of one direction arrive in order. */
  public final class Connection {
    private final Flow up;
    private final Flow down;

    private Connection(long openedNanos, long number) {
      SplittableRandom seeds = new SplittableRandom(options.seed() + number);
      Handshake handshake =
          new Handshake(timeline, options.tcp(), openedNanos, uplink.losses(), downlink.losses());
      up = new Flow(LinkModel.this, Direction.UPLINK, handshake, seeds.split());
      down = new Flow(LinkModel.this, Direction.DOWNLINK, handshake, seeds.split());
    }

    /**
     * Hands over a message and says when it is delivered. It queues behind everything handed over
     * before it, on this or another connection, what was lost of that included; give messages of
     * all connections in the order of their time.
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
      Queue<Segment> segments = new ArrayDeque<>();
      int left = bytes;
      while (true) {
        int size = left == 0 ? -1 : Math.min(left, options.tcp().segmentBytes());
        // Nothing else will happen on this flow, so losses are found without waiting.
        long next = flow.nextNanos(size, nowNanos, NEVER);
        if (next == NEVER) {
          break;
        }
        Segment fresh = flow.send(size, next);
        if (fresh != null) {
          left -= size;
          segments.add(fresh);
        }
      }
      return left > 0 ? lost(flow, segments) : delivery(flow, segments);
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

    private Delivery delivery(Flow flow, Queue<Segment> segments) {
      long departed = 0;
      long first = -1;
      long arrival = flow.lastDeliveredNanos;
      for (Segment segment : segments) {
        departed = Math.max(departed, segment.departsNanos);
        arrival = Math.max(arrival, segment.reachesNanos);
        first = first < 0 ? arrival : first;
      }
      flow.lastDeliveredNanos = arrival;
      return new Delivery(departed, first, arrival);
    }

    /** What a lasting outage holds does not arrive, nor does anything behind it. */
    private Delivery lost(Flow flow, Queue<Segment> segments) {
      long first = segments.isEmpty() ? NEVER : delivery(flow, segments).firstByteNanos();
      flow.lastDeliveredNanos = NEVER;
      return first == NEVER ? Delivery.NONE : new Delivery(NEVER, first, NEVER);
    }
  }
}
