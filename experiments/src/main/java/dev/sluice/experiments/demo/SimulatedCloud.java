package dev.sluice.experiments.demo;

import dev.sluice.cloud.worker.ServedModel;
import dev.sluice.edge.host.WireRules;
import dev.sluice.edge.session.Cloud;
import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudReply.Answered;
import dev.sluice.edge.session.CloudReply.Cancelled;
import dev.sluice.edge.session.CloudReply.LabelProbability;
import dev.sluice.edge.session.CloudReply.TransferTimes;
import dev.sluice.edge.session.CloudReply.WorkerLoad;
import dev.sluice.edge.session.CloudRequest;
import dev.sluice.edge.session.EventLoop;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.scheduler.estimate.LinkState;
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
 * A worker beyond a link, on virtual time. What it answers is computed by the real model; how long
 * that takes comes from the profile, how long bytes take from the link's model.
 *
 * <p>As the real client does, it hands the link one request at a time, in chunks, and keeps the
 * rest back, where it can be cancelled, and it calls the link down when a ping stays unanswered for
 * half a second. Used on the loop only.
 */
final class SimulatedCloud implements Cloud {
  private static final long MILLI = 1_000_000;
  private static final long PING_EVERY_NANOS = 250 * MILLI;
  private static final long SILENT_AFTER_NANOS = 500 * MILLI;

  /** Frame header, names and thresholds around a payload. */
  private static final int ENVELOPE_BYTES = 96;

  /** What is on its way when a request is cancelled is the most that is sent in vain. */
  private static final int CHUNK_BYTES = 1448;

  private static final int REPLY_BYTES = 160;
  private static final int PING_BYTES = 24;

  private final EventLoop loop;
  private final LinkModel.Connection connection;
  private final ServedModel worker;
  private final long preprocessNanos;

  private final Deque<Pending> waiting = new ArrayDeque<>();
  private final Map<Long, Pending> open = new HashMap<>();
  private @Nullable Listener listener;
  private LinkState state = LinkState.UNKNOWN;
  private long linkBusyUntilNanos;
  private long workerFreeNanos;
  private long lastHeardNanos;
  private int atWorker;
  private boolean closed;

  private static final class Pending {
    private final CloudRequest request;
    private final Consumer<CloudReply> done;
    private final long submittedNanos;
    private final int bytes;
    private int left;
    private long firstWriteNanos;
    private long firstByteNanos;

    Pending(CloudRequest request, Consumer<CloudReply> done, long submittedNanos) {
      this.request = request;
      this.done = done;
      this.submittedNanos = submittedNanos;
      this.bytes = request.payload().bytes() + ENVELOPE_BYTES;
      this.left = bytes;
    }
  }

  /**
   * Connects at once.
   *
   * @param preprocessNanos what making the network's input from a picture takes the worker
   */
  SimulatedCloud(EventLoop loop, LinkModel link, ServedModel worker, long preprocessNanos) {
    this.loop = loop;
    this.connection = link.connect(loop.nanoTime());
    this.worker = worker;
    this.preprocessNanos = preprocessNanos;
    ping();
  }

  /** Stops pinging. */
  void close() {
    closed = true;
  }

  @Override
  public void send(CloudRequest request, Consumer<CloudReply> done) {
    Pending pending = new Pending(request, done, loop.nanoTime());
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
    sendPing(bytes);
  }

  @Override
  public void listen(Listener newListener) {
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
    ServedModel.Finished finished;
    try {
      finished =
          worker.finish(
              SplitNetwork.infer(
                  worker.digest(),
                  request.cut(),
                  request.codec(),
                  WireRules.of(request.exits(), request.state()),
                  request.payload(),
                  request.id()));
    } catch (ProtocolException e) {
      throw new IllegalStateException("the worker refuses what the device sends", e);
    }
    /* As planned: which chain happens to be compiled already must not matter here. */
    long nanos = finished.plannedNanos() + (request.cut() == 0 ? preprocessNanos : 0);
    workerFreeNanos = startNanos + nanos;
    atWorker++;
    loop.at(workerFreeNanos, () -> reply(pending, lastByteNanos, startNanos, finished));
  }

  private void reply(
      Pending pending, long lastByteNanos, long startNanos, ServedModel.Finished finished) {
    atWorker--;
    long endNanos = loop.nanoTime();
    int queued = atWorker;
    LinkModel.Delivery back = connection.send(Direction.DOWNLINK, REPLY_BYTES, endNanos);
    if (back.lastByteNanos() == LinkModel.NEVER) {
      return;
    }
    loop.at(
        back.lastByteNanos(),
        () -> {
          heard();
          if (!open.remove(pending.request.id(), pending)) {
            return;
          }
          List<LabelProbability> top =
              finished.top().stream()
                  .map(score -> new LabelProbability(score.label(), score.probability()))
                  .toList();
          pending.done.accept(
              new Answered(
                  finished.exit(),
                  top,
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

  private void ping() {
    if (!closed) {
      sendPing(0);
      loop.at(loop.nanoTime() + PING_EVERY_NANOS, this::ping);
    }
  }

  private void sendPing(int paddingBytes) {
    long sentNanos = loop.nanoTime();
    boolean shared = sentNanos < linkBusyUntilNanos;
    LinkModel.Delivery there =
        connection.send(Direction.UPLINK, PING_BYTES + paddingBytes, sentNanos);
    if (there.lastByteNanos() != LinkModel.NEVER) {
      loop.at(there.lastByteNanos(), () -> pong(sentNanos, paddingBytes, shared));
    }
    loop.at(
        sentNanos + SILENT_AFTER_NANOS,
        () -> {
          if (lastHeardNanos < sentNanos) {
            become(LinkState.DOWN, "no answer to a ping");
          }
        });
  }

  private void pong(long sentNanos, int paddingBytes, boolean shared) {
    LinkModel.Delivery back = connection.send(Direction.DOWNLINK, PING_BYTES, loop.nanoTime());
    if (back.lastByteNanos() != LinkModel.NEVER) {
      loop.at(
          back.lastByteNanos(),
          () -> {
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
