package dev.sluice.edge;

import dev.sluice.edge.session.Cloud;
import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudReply.LabelProbability;
import dev.sluice.edge.session.CloudReply.TransferTimes;
import dev.sluice.edge.session.CloudReply.WorkerLoad;
import dev.sluice.edge.session.CloudRequest;
import dev.sluice.scheduler.estimate.LinkState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A worker that the test scripts. Answers label 2 at the final exit after 30 ms unless told else.
 */
final class FakeCloud implements Cloud {
  private static final long MS = 1_000_000;

  final SimulatedLoop loop;
  final List<CloudRequest> sent = new ArrayList<>();
  final List<Long> cancelled = new ArrayList<>();
  final List<Integer> probes = new ArrayList<>();
  final List<Integer> probed = new ArrayList<>();
  boolean resting;
  boolean restFails;

  /** Whether the link has better to do than to take probes. */
  boolean leavesProbes;

  final Map<Long, Consumer<CloudReply>> waiting = new LinkedHashMap<>();
  Optional<Listener> listener = Optional.empty();
  LinkState first = LinkState.UP;
  WorkerLoad load = new WorkerLoad(0, 0.1, 1);

  /** How long requests wait at the worker. */
  long queueNanos;

  /** What happens to a request. */
  BiConsumer<CloudRequest, Consumer<CloudReply>> script;

  FakeCloud(SimulatedLoop loop) {
    this.loop = loop;
    this.script = (request, done) -> replyAfter(30 * MS, request, done);
  }

  void replyAfter(long nanos, CloudRequest request, Consumer<CloudReply> done) {
    long submitted = loop.nanoTime();
    loop.at(submitted + nanos, () -> done.accept(answered(submitted)));
  }

  CloudReply.Answered answered(long submitted) {
    long now = loop.nanoTime();
    return new CloudReply.Answered(
        2,
        List.of(new LabelProbability(2, 0.9), new LabelProbability(0, 0.1)),
        new TransferTimes(
            submitted,
            submitted,
            now,
            10,
            20,
            20 + queueNanos,
            20 + queueNanos + 5 * MS,
            20 + queueNanos + 5 * MS,
            1000,
            60),
        load);
  }

  @Override
  public void send(CloudRequest request, Consumer<CloudReply> done) {
    sent.add(request);
    waiting.put(request.id(), done);
    script.accept(request, done);
  }

  @Override
  public void cancel(long id) {
    cancelled.add(id);
  }

  @Override
  public void probe(int bytes) {
    if (!leavesProbes) {
      probes.add(bytes);
      listener.orElseThrow().onProbeSent(bytes);
    }
  }

  @Override
  public void rest(boolean resting) {
    if (restFails) {
      throw new IllegalStateException("scripted");
    }
    this.resting = resting;
    listener.orElseThrow().onLinkState(resting ? LinkState.RESTING : LinkState.UNKNOWN, "scripted");
  }

  @Override
  public void listen(Listener listener) {
    this.listener = Optional.of(listener);
    listener.onLinkState(first, "scripted");
  }

  /** Lets the probes that are out come back. */
  void answerProbes(long roundTripNanos) {
    probes.forEach(bytes -> listener.orElseThrow().onPong(roundTripNanos, bytes, false));
    probed.addAll(probes);
    probes.clear();
  }

  /** The worker says how busy it is, now and with every answer from here on. */
  void busy(double share, double computeScale) {
    load = new WorkerLoad(0, share, computeScale);
    loop.execute(() -> listener.orElseThrow().onLoad(load));
  }

  void link(LinkState state) {
    loop.execute(() -> listener.orElseThrow().onLinkState(state, "scripted"));
  }
}
