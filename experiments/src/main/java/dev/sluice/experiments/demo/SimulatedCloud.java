package dev.sluice.experiments.demo;

import dev.sluice.edge.session.Cloud;
import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudReply.Answered;
import dev.sluice.edge.session.CloudReply.Cancelled;
import dev.sluice.edge.session.CloudReply.LabelProbability;
import dev.sluice.edge.session.CloudReply.TransferTimes;
import dev.sluice.edge.session.CloudReply.WorkerLoad;
import dev.sluice.edge.session.CloudRequest;
import dev.sluice.edge.session.EventLoop;
import dev.sluice.scheduler.energy.IdlePings;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.profile.Envelope;
import dev.sluice.sim.link.Direction;
import dev.sluice.sim.link.LinkModel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A worker beyond a link, on virtual time. What it answers and how long that takes is the {@link
 * Worker}'s to say, how long bytes take the link's model's.
 *
 * <p>As the real client does, it hands the link one request at a time, in chunks, and keeps the
 * rest back, where it can be cancelled, and it calls the link down when a ping stays unanswered for
 * half a second. Used on the loop only.
 */
public final class SimulatedCloud implements Cloud {
  private static final long MILLI = 1_000_000;
  private static final long PING_EVERY_NANOS = IdlePings.USUAL_NANOS;
  private static final long SILENT_AFTER_NANOS = 500 * MILLI;

  /**
   * How long a link that is back may go on to be called down, in nanoseconds: until the next ping,
   * and as long as its answer may take at most.
   */
  public static final long NOTICED_NANOS = PING_EVERY_NANOS + SILENT_AFTER_NANOS;

  /** What is on its way when a request is cancelled is the most that is sent in vain. */
  private static final int CHUNK_BYTES = 1448;

  private static final int REPLY_BYTES = 160;
  private static final int PING_BYTES = 24;
  private static final CloudReply.Lost RESTS = new CloudReply.Lost("the link rests");

  private final EventLoop loop;
  private final LinkModel link;
  private final Worker worker;
  private final long idlePingNanos;

  private final Deque<Pending> waiting = new ArrayDeque<>();
  private final Map<Long, Pending> open = new HashMap<>();
  private @Nullable Listener listener;
  private LinkModel.Connection connection;
  private LinkState state = LinkState.UNKNOWN;
  private long linkBusyUntilNanos;
  private long workerFreeNanos;
  private long lastHeardNanos;
  private long lastPingNanos;

  /** Counts connections; what belongs to an earlier one is nobody's. */
  private int generation;

  private int atWorker;
  private long requestBytes;
  private long probeBytes;
  private long workerNanos;
  private boolean closed;

  /** Finishes requests. Called once per request, in the order in which they are computed. */
  @FunctionalInterface
  public interface Worker {
    /** Answers a request. */
    Result finish(CloudRequest request);

    /**
     * What came out.
     *
     * @param exit that answered
     * @param top the best classes, best first, at least one
     * @param computeNanos what it takes the worker, decoding included, at least 0
     */
    record Result(int exit, List<LabelProbability> top, long computeNanos) {}
  }

  private static final class Pending {
    private final CloudRequest request;
    private final Consumer<CloudReply> done;
    private final long submittedNanos;
    private final int bytes;
    private final int generation;
    private int left;
    private long firstWriteNanos;
    private long firstByteNanos;

    Pending(CloudRequest request, Consumer<CloudReply> done, long submittedNanos, int generation) {
      this.request = request;
      this.done = done;
      this.submittedNanos = submittedNanos;
      this.generation = generation;
      this.bytes = request.payload().bytes() + Envelope.REQUEST_BYTES;
      this.left = bytes;
    }
  }

  /**
   * Connects at once.
   *
   * @param loop time and order; all is called on it
   * @param link between device and worker; used by nobody else
   * @param worker behind the link
   */
  public SimulatedCloud(EventLoop loop, LinkModel link, Worker worker) {
    this(loop, link, worker, PING_EVERY_NANOS);
  }

  /**
   * Connects at once.
   *
   * @param idlePingNanos distance of pings while no request is under way, as in the real client
   */
  public SimulatedCloud(EventLoop loop, LinkModel link, Worker worker, long idlePingNanos) {
    this.loop = loop;
    this.link = link;
    this.connection = link.connect(loop.nanoTime());
    this.worker = worker;
    this.idlePingNanos = idlePingNanos;
    sendPing(0);
    pingOn(generation);
  }

  /** Stops pinging. */
  public void close() {
    closed = true;
  }

  /** Returns the bytes of requests that were put on the link, those sent in vain included. */
  public long requestBytes() {
    return requestBytes;
  }

  /** Returns the padding of all probes. */
  public long probeBytes() {
    return probeBytes;
  }

  /** Returns what the worker computed, answers that came too late included. */
  public long workerNanos() {
    return workerNanos;
  }

  /** Returns how many bytes of requests still wait for the link. */
  public long waitingBytes() {
    return waiting.stream().mapToLong(pending -> pending.left).sum();
  }

  /** Returns when the chunk that is being sent has left, {@link LinkModel#NEVER} if never. */
  public long linkBusyUntilNanos() {
    return linkBusyUntilNanos;
  }

  @Override
  public void send(CloudRequest request, Consumer<CloudReply> done) {
    if (state == LinkState.RESTING) {
      loop.execute(() -> done.accept(RESTS));
      return;
    }
    if (idlePingNanos > PING_EVERY_NANOS && loop.nanoTime() - lastPingNanos >= PING_EVERY_NANOS) {
      sendPing(0);
    }
    Pending pending = new Pending(request, done, loop.nanoTime(), generation);
    open.put(request.id(), pending);
    waiting.add(pending);
    pump();
  }

  @Override
  public void cancel(long id) {
    Pending pending = open.remove(id);
    if (pending != null) {
      waiting.remove(pending);
      loop.execute(() -> pending.done.accept(new Cancelled()));
    }
  }

  @Override
  public void probe(int bytes) {
    if (state == LinkState.RESTING) {
      return;
    }
    probeBytes += bytes;
    if (listener != null) {
      listener.onProbeSent(bytes);
    }
    sendPing(bytes);
  }

  @Override
  public void listen(Listener newListener) {
    rest(false);
    listener = newListener;
    if (state != LinkState.UNKNOWN) {
      newListener.onLinkState(state, "");
    }
  }

  private void pump() {
    long now = loop.nanoTime();
    if (now < linkBusyUntilNanos || waiting.isEmpty()) {
      return;
    }
    Pending next = waiting.element();
    if (next.left == next.bytes) {
      next.firstWriteNanos = now;
    }
    int chunk = Math.min(next.left, CHUNK_BYTES);
    LinkModel.Delivery delivery = connection.send(Direction.UPLINK, chunk, now);
    if (delivery.lastByteNanos() == LinkModel.NEVER) {
      linkBusyUntilNanos = LinkModel.NEVER;
      return;
    }
    if (next.left == next.bytes) {
      next.firstByteNanos = delivery.firstByteNanos();
    }
    next.left -= chunk;
    requestBytes += chunk;
    linkBusyUntilNanos = delivery.departedNanos();
    loop.at(linkBusyUntilNanos, this::pump);
    if (next.left == 0) {
      waiting.remove();
      loop.at(delivery.lastByteNanos(), () -> compute(next, delivery.lastByteNanos()));
    }
  }

  private void compute(Pending pending, long lastByteNanos) {
    if (open.get(pending.request.id()) != pending) {
      return;
    }
    long startNanos = Math.max(loop.nanoTime(), workerFreeNanos);
    CloudRequest request = pending.request;
    Worker.Result finished = worker.finish(request);
    long nanos = finished.computeNanos();
    workerNanos += nanos;
    workerFreeNanos = startNanos + nanos;
    atWorker++;
    loop.at(workerFreeNanos, () -> reply(pending, lastByteNanos, startNanos, finished));
  }

  private void reply(Pending pending, long lastByteNanos, long startNanos, Worker.Result finished) {
    atWorker--;
    long endNanos = loop.nanoTime();
    int queued = atWorker;
    if (pending.generation != generation) {
      return;
    }
    LinkModel.Delivery back = connection.send(Direction.DOWNLINK, REPLY_BYTES, endNanos);
    if (back.lastByteNanos() == LinkModel.NEVER) {
      return;
    }
    loop.at(
        back.lastByteNanos(),
        () -> {
          if (pending.generation != generation) {
            return;
          }
          heard();
          if (!open.remove(pending.request.id(), pending)) {
            return;
          }
          pending.done.accept(
              new Answered(
                  finished.exit(),
                  finished.top(),
                  new TransferTimes(
                      pending.submittedNanos,
                      pending.firstWriteNanos,
                      loop.nanoTime(),
                      pending.firstByteNanos,
                      lastByteNanos,
                      startNanos,
                      endNanos,
                      endNanos,
                      pending.bytes,
                      REPLY_BYTES),
                  new WorkerLoad(queued, 0, 1)));
        });
  }

  @Override
  public void rest(boolean resting) {
    if (resting == (state == LinkState.RESTING)) {
      return;
    }
    generation++;
    open.values().forEach(lost -> loop.execute(() -> lost.done.accept(RESTS)));
    open.clear();
    waiting.clear();
    if (resting) {
      become(LinkState.RESTING, "no link is needed");
      return;
    }
    become(LinkState.UNKNOWN, "connects again");
    connection = link.connect(loop.nanoTime());
    linkBusyUntilNanos = 0;
    sendPing(0);
    pingOn(generation);
  }

  private void pingOn(int of) {
    loop.at(
        loop.nanoTime() + PING_EVERY_NANOS,
        () -> {
          if (closed || of != generation) {
            return;
          }
          if (!open.isEmpty() || loop.nanoTime() - lastPingNanos >= idlePingNanos) {
            sendPing(0);
          }
          pingOn(of);
        });
  }

  private void sendPing(int paddingBytes) {
    int of = generation;
    long sentNanos = loop.nanoTime();
    lastPingNanos = sentNanos;
    if (listener != null) {
      listener.onPingSent();
    }
    boolean shared = sentNanos < linkBusyUntilNanos;
    LinkModel.Delivery there =
        connection.send(Direction.UPLINK, PING_BYTES + paddingBytes, sentNanos);
    if (there.lastByteNanos() != LinkModel.NEVER) {
      loop.at(there.lastByteNanos(), () -> pong(of, sentNanos, paddingBytes, shared));
    }
    loop.at(
        sentNanos + SILENT_AFTER_NANOS,
        () -> {
          if (of == generation && lastHeardNanos < sentNanos) {
            become(LinkState.DOWN, "no answer to a ping");
          }
        });
  }

  private void pong(int of, long sentNanos, int paddingBytes, boolean shared) {
    if (of != generation) {
      return;
    }
    LinkModel.Delivery back = connection.send(Direction.DOWNLINK, PING_BYTES, loop.nanoTime());
    if (back.lastByteNanos() != LinkModel.NEVER) {
      loop.at(
          back.lastByteNanos(),
          () -> {
            if (of != generation) {
              return;
            }
            heard();
            if (listener != null) {
              listener.onPong(loop.nanoTime() - sentNanos, paddingBytes, shared);
            }
          });
    }
  }

  private void heard() {
    lastHeardNanos = loop.nanoTime();
    become(LinkState.UP, "heard from the worker");
  }

  private void become(LinkState newState, String detail) {
    if (newState != state) {
      state = newState;
      if (listener != null) {
        listener.onLinkState(newState, detail);
      }
    }
  }
}
