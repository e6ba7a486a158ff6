package dev.sluice.experiments.study.herd;

import dev.sluice.edge.session.Cloud;
import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudReply.TransferTimes;
import dev.sluice.edge.session.CloudReply.WorkerLoad;
import dev.sluice.edge.session.CloudRequest;
import dev.sluice.edge.session.EventLoop;
import dev.sluice.experiments.demo.SimulatedCloud.Worker;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.scheduler.energy.IdlePings;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.profile.Envelope;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * One device's way to the shared worker: an uplink of constant rate that sends one request after
 * the other, with noise, and a round trip. The link itself never changes, so that whatever moves is
 * owed to the worker. Load is told as the real server does: with answers and pongs, and every 100
 * ms where it has changed, to devices that sent a request in the last 10 s. Used on the loop only.
 */
final class HerdCloud implements Cloud {
  private static final long PING_EVERY_NANOS = IdlePings.USUAL_NANOS;
  private static final long TELL_EVERY_NANOS = 100_000_000L;
  private static final long INTERESTED_NANOS = 10_000_000_000L;
  private static final int REPLY_BYTES = 160;
  private static final double NOISE = 0.05;

  private final EventLoop loop;
  private final SharedWorker worker;
  private final Worker finisher;
  private final double bytesPerSecond;
  private final long roundTripNanos;
  private final boolean hears;
  private final long idlePingNanos;
  private final RandomGenerator noise;
  private final Map<Long, Request> open = new HashMap<>();
  private Optional<Listener> listener = Optional.empty();
  private LoadReport told = LoadReport.IDLE;
  private long linkFreeNanos;
  private long lastRequestNanos = Long.MIN_VALUE / 2;
  private long lastPingNanos = Long.MIN_VALUE / 2;

  /** A request on its way. */
  private static final class Request {
    private final Consumer<CloudReply> done;
    private Runnable cancel = () -> {};

    Request(Consumer<CloudReply> done) {
      this.done = done;
    }
  }

  /**
   * Connects at once.
   *
   * @param finisher what the worker makes of this device's requests
   * @param hears whether the device is told of the worker's load
   * @param idlePingNanos distance of pings while no request is under way, as in the real client
   */
  HerdCloud(
      EventLoop loop,
      SharedWorker worker,
      Worker finisher,
      double bytesPerSecond,
      long roundTripNanos,
      boolean hears,
      long idlePingNanos,
      RandomGenerator noise) {
    this.loop = loop;
    this.worker = worker;
    this.finisher = finisher;
    this.bytesPerSecond = bytesPerSecond;
    this.roundTripNanos = roundTripNanos;
    this.hears = hears;
    this.idlePingNanos = idlePingNanos;
    this.noise = noise;
    long phase = Math.floorMod(noise.nextLong(), PING_EVERY_NANOS);
    linkFreeNanos = loop.nanoTime();
    loop.at(loop.nanoTime() + phase, this::pingOn);
    loop.at(loop.nanoTime() + phase % TELL_EVERY_NANOS, this::tell);
  }

  @Override
  public void listen(Listener newListener) {
    listener = Optional.of(newListener);
    newListener.onLinkState(LinkState.UP, "");
  }

  @Override
  public void send(CloudRequest request, Consumer<CloudReply> done) {
    long submittedNanos = loop.nanoTime();
    lastRequestNanos = submittedNanos;
    if (idlePingNanos > PING_EVERY_NANOS && submittedNanos - lastPingNanos >= PING_EVERY_NANOS) {
      ping();
    }
    Request mine = new Request(done);
    open.put(request.id(), mine);
    int bytes = request.payload().bytes() + Envelope.REQUEST_BYTES;
    long startNanos = Math.max(submittedNanos, linkFreeNanos);
    linkFreeNanos = startNanos + transferNanos(bytes);
    long lastByteNanos = linkFreeNanos + roundTripNanos / 2;
    long firstByteNanos = startNanos + roundTripNanos / 2;
    loop.at(
        lastByteNanos,
        () -> {
          if (open.get(request.id()) == mine) {
            mine.cancel =
                worker.submit(
                    request,
                    finisher,
                    new Reply(
                        request.id(),
                        mine,
                        new long[] {submittedNanos, startNanos, firstByteNanos, lastByteNanos},
                        bytes));
          }
        });
  }

  /** Carries the outcome back. */
  private final class Reply implements SharedWorker.Outcome {
    private final long id;
    private final Request request;
    private final long[] stamps;
    private final int bytes;

    Reply(long id, Request request, long[] stamps, int bytes) {
      this.id = id;
      this.request = request;
      this.stamps = stamps;
      this.bytes = bytes;
    }

    @Override
    public void answered(Worker.Result result, long startNanos, long endNanos, LoadReport load) {
      told = load;
      long backNanos = loop.nanoTime() + roundTripNanos / 2;
      after(
          new CloudReply.Answered(
              result.exit(),
              result.top(),
              new TransferTimes(
                  stamps[0],
                  stamps[1],
                  backNanos,
                  stamps[2],
                  stamps[3],
                  startNanos,
                  endNanos,
                  endNanos,
                  bytes,
                  REPLY_BYTES),
              heard(load)));
    }

    @Override
    public void refused(String code, boolean overloaded) {
      after(new CloudReply.Refused(code, "", overloaded && hears, 0));
    }

    private void after(CloudReply reply) {
      loop.at(
          loop.nanoTime() + roundTripNanos / 2,
          () -> {
            if (open.remove(id, request)) {
              request.done.accept(reply);
            }
          });
    }
  }

  @Override
  public void cancel(long id) {
    Request request = open.remove(id);
    if (request != null) {
      loop.at(loop.nanoTime() + roundTripNanos / 2, () -> request.cancel.run());
      loop.execute(() -> request.done.accept(new CloudReply.Cancelled()));
    }
  }

  @Override
  public void probe(int bytes) {
    listener.ifPresent(heard -> heard.onProbeSent(bytes));
    long sentNanos = loop.nanoTime();
    linkFreeNanos = Math.max(sentNanos, linkFreeNanos) + transferNanos(bytes);
    pongAt(linkFreeNanos, sentNanos, bytes, false);
  }

  private void pingOn() {
    long now = loop.nanoTime();
    if (!open.isEmpty() || now - lastPingNanos >= idlePingNanos) {
      ping();
    }
    loop.at(now + PING_EVERY_NANOS, this::pingOn);
  }

  private void ping() {
    long now = loop.nanoTime();
    lastPingNanos = now;
    pongAt(Math.max(now, linkFreeNanos), now, 0, now < linkFreeNanos);
  }

  private void pongAt(long leftNanos, long sentNanos, int bytes, boolean shared) {
    loop.at(
        leftNanos + roundTripNanos,
        () -> {
          listener.ifPresent(heard -> heard.onPong(loop.nanoTime() - sentNanos, bytes, shared));
          tellNow(worker.load());
        });
  }

  private void tell() {
    long now = loop.nanoTime();
    LoadReport load = worker.load();
    if (now - lastRequestNanos < INTERESTED_NANOS && load.differsFrom(told)) {
      loop.at(now + roundTripNanos / 2, () -> tellNow(load));
      told = load;
    }
    loop.at(now + TELL_EVERY_NANOS, this::tell);
  }

  private void tellNow(LoadReport load) {
    told = load;
    listener.ifPresent(heard -> heard.onLoad(heard(load)));
  }

  private WorkerLoad heard(LoadReport load) {
    return hears
        ? new WorkerLoad(load.queued(), load.busyFraction(), load.computeScale())
        : new WorkerLoad(0, 0, 1);
  }

  private long transferNanos(int bytes) {
    return Math.round(bytes / bytesPerSecond * 1e9 * Math.exp(NOISE * noise.nextGaussian()));
  }
}
