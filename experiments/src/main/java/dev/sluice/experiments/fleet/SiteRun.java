package dev.sluice.experiments.fleet;

import dev.sluice.edge.session.SessionOptions;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.estimate.TransferSample;
import dev.sluice.scheduler.profile.Envelope;
import dev.sluice.sim.fleet.EventQueue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.function.IntToLongFunction;
import java.util.function.ToLongFunction;

/**
 * One worker or pool of workers and its devices, from the first frame to the last. Used once, by
 * one thread.
 *
 * <p>Three kinds of events: a frame is captured, a request is at the worker (or the device has
 * given it up before), a thread of the worker is done. Everything in between follows at once from
 * the times that are known then. So the device is a queue of whole frames: a hedge never keeps it
 * from the next frame, and a frame's stages are not interleaved with another's.
 */
final class SiteRun implements SiteWorker.Site {
  private static final int CAPTURE = 0;
  private static final int ARRIVAL = 1;
  private static final int GIVEN_UP = 2;
  private static final int DONE = 3;
  private static final int KINDS = 4;

  /** An answer. */
  private static final int REPLY_BYTES = 160;

  private static final int SEGMENT_BYTES = 1448;

  private final Fleet fleet;
  private final List<FleetDevice> devices;
  private final List<SiteWorker> workers = new ArrayList<>();
  private final LocalAnswers local = new LocalAnswers();
  private final EventQueue queue = new EventQueue();
  private final List<Request> requests = new ArrayList<>();
  private final Deque<Request> free = new ArrayDeque<>();
  private final SiteTally tally;
  private final int rows;
  private final long endNanos;
  private long begun;
  private long warmSubmitted;
  private long warmRefused;
  private long warmBusyNanos;
  private boolean warm;

  SiteRun(Fleet fleet, List<FleetDevice> devices, SplittableRandom noise) {
    this.fleet = fleet;
    this.devices = devices;
    for (int number = 0; number < fleet.pool(); number++) {
      SplittableRandom own = number == 0 ? noise : noise.split();
      workers.add(new SiteWorker(fleet.worker(), number, fleet.relativeSd(), own, this));
    }
    tally = new SiteTally(fleet.kinds());
    rows = fleet.kinds().get(0).book().test().samples();
    endNanos = fleet.warmUpNanos() + fleet.measuredNanos();
  }

  SiteTally run() {
    for (int i = 0; i < devices.size(); i++) {
      FleetDevice device = devices.get(i);
      capture(i, device.frames().nextLong(device.kind().arrivals().periodNanos()));
    }
    while (queue.advance()) {
      if (Thread.currentThread().isInterrupted()) {
        throw new CancellationException("the simulation was given up");
      }
      long now = queue.nowNanos();
      if (!warm && now >= fleet.warmUpNanos()) {
        warmedUp();
      }
      int number = (int) (queue.what() / KINDS);
      switch ((int) (queue.what() % KINDS)) {
        case CAPTURE -> captured(number, now);
        case ARRIVAL -> workers.get(requests.get(number).worker).arrive(requests.get(number), now);
        case GIVEN_UP -> givenUp(requests.get(number), now);
        default -> workers.get(number / fleet.worker().threads()).done(number, now);
      }
    }
    return sum();
  }

  private void warmedUp() {
    warm = true;
    warmSubmitted = all(SiteWorker::submitted);
    warmRefused = all(SiteWorker::refused);
    warmBusyNanos = all(SiteWorker::busyNanos);
    devices.forEach(device -> tally(device).planChanges -= device.changes());
  }

  private long all(ToLongFunction<SiteWorker> figure) {
    return workers.stream().mapToLong(figure).sum();
  }

  private FrameTally tally(FleetDevice device) {
    return tally.of(device.kind().name());
  }

  private SiteTally sum() {
    tally.submitted = all(SiteWorker::submitted) - warmSubmitted;
    tally.refused = all(SiteWorker::refused) - warmRefused;
    tally.busyNanos = all(SiteWorker::busyNanos) - warmBusyNanos;
    for (FleetDevice device : devices) {
      FrameTally kind = tally(device);
      kind.planChanges += device.changes();
      kind.probeBytes += device.probeBytes();
      kind.devices++;
    }
    tally.events = queue.scheduled();
    tally.workers = workers.size();
    if (begun != 0) {
      throw new IllegalStateException(begun + " frames got no answer, or more than one");
    }
    return tally;
  }

  private void capture(int device, long atNanos) {
    if (atNanos < endNanos) {
      queue.schedule(atNanos, (long) device * KINDS + CAPTURE);
    }
  }

  // --- on the device ----------------------------------------------------------------------------

  private void captured(int number, long now) {
    FleetDevice device = devices.get(number);
    Arrivals arrivals = device.kind().arrivals();
    double interval = arrivals.random() ? device.frames().nextExponential() : 1;
    capture(number, now + Math.max(1, Math.round(arrivals.periodNanos() * interval)));
    int row = device.frames().nextInt(rows);
    begun++;
    device.lookAround(now, workers.get(device.workers().current()).told(now));
    SessionOptions options = device.options();
    PlanTable table = device.plan();
    long limit = now + options.deadlineNanos() - options.slackNanos();
    long begin = Math.max(now, device.freeNanos);
    if (begin >= limit) {
      drop(device, row, now, limit);
      return;
    }
    boolean waited = begin - now > options.slackNanos();
    boolean down = table.plan().usesCloud() && device.down();
    double scale = device.estimates().deviceScale();
    if (down || !fits(device, table, begin, limit, waited)) {
      boolean first =
          begin + Math.round(table.everyNanos(0) * scale * (1 + options.marginFraction())) <= limit;
      if (first || (down && !waited)) {
        rush(device, row, now, begin, limit);
        return;
      }
      if (waited) {
        drop(device, row, now, begin);
        return;
      }
    }
    int stop = table.stops(row);
    if (stop == PlanTable.NONE) {
      send(device, row, now, begin, limit);
    } else {
      ownExit(device, row, now, begin, limit, stop, true);
    }
  }

  /** Whether the plan can still work out for a frame that may have waited. */
  private boolean fits(
      FleetDevice device, PlanTable table, long begin, long limit, boolean waited) {
    double scale = device.estimates().deviceScale();
    long own = table.firstOwnNanos();
    if (!table.plan().usesCloud()) {
      return own < PlanTable.NEVER && begin + Math.round(own * scale) <= limit;
    }
    if (!waited) {
      return true;
    }
    SessionOptions options = device.options();
    long sent = begin + Math.round(table.sendNanos() * scale);
    boolean cloud =
        sent + replyNanos(table, table.meanBytes(), device.estimates())
            <= limit + options.slackNanos();
    return cloud
        || (own < PlanTable.NEVER
            && begin + Math.round(own * scale * (1 + options.marginFraction())) <= limit);
  }

  /** Time from sending to the reply, cautiously, as the session reckons. */
  private static long replyNanos(PlanTable table, double bytes, Estimates e) {
    double transfer =
        bytes / e.uplinkBytesPerSecond() * 1e9 * (1 + Math.min(1, e.uplinkRelativeSd()));
    return e.roundTripNanos()
        + e.roundTripSdNanos()
        + (long) Math.min(transfer, 1e15)
        + e.workerQueueNanos()
        + (long) (table.replyComputeNanos() * e.workerScale());
  }

  private void rush(FleetDevice device, int row, long now, long begin, long limit) {
    LocalAnswers.Local answer = local.rush(device, row, now, begin, limit);
    device.freeNanos = answer.endNanos();
    record(device, row, now, answer.endNanos(), answer.degraded(), false, answer.right());
  }

  private void ownExit(
      FleetDevice device, int row, long now, long begin, long limit, int stop, boolean sure) {
    LocalAnswers.Local answer = local.own(device, row, begin, limit, stop, sure);
    device.freeNanos = answer.freeNanos();
    record(device, row, now, answer.endNanos(), answer.degraded(), false, answer.right());
  }

  private void send(FleetDevice device, int row, long now, long begin, long limit) {
    PlanTable table = device.plan();
    double factor = device.factor(table.sendSpread());
    long own = Math.round(table.sendNanos() * factor);
    long ready = begin + own;
    device.estimators().onDeviceStage(own, table.sendNanos());
    if (ready > limit && table.deepestOwn() != PlanTable.NONE) {
      ownExit(device, row, now, begin, limit, table.deepestOwn(), false);
      return;
    }
    device.freeNanos = ready;
    Request request = take();
    request.device = device;
    request.table = table;
    request.row = row;
    request.captureNanos = now;
    request.limitNanos = limit;
    request.deadlineNanos = now + device.options().deadlineNanos();
    request.readyNanos = ready;
    request.factor = factor;
    request.worker = device.workers().next(workers.size() == 1 ? any -> 0 : known(device, now));
    int bytes = table.bytes(row);
    Estimates e = device.estimates();
    request.hedgeNanos =
        local.hedge(request, ready + replyNanos(table, bytes, e), e.link() == LinkState.UP);
    if (ready >= request.deadlineNanos) {
      queue.schedule(ready, (long) request.number * KINDS + GIVEN_UP);
      return;
    }
    if (now >= fleet.warmUpNanos()) {
      FrameTally kind = tally(device);
      kind.sent++;
      kind.uplinkBytes += bytes + Envelope.REQUEST_BYTES;
    }
    device.estimators().onSubmitted(request.number, bytes, ready);
    long start = Math.max(ready, device.link().freeNanos());
    long left = device.link().send(bytes + Envelope.REQUEST_BYTES, ready);
    long arrives = device.link().arrivalNanos(left);
    if (arrives > Math.max(limit, ready)) {
      device.link().cutOff(Math.max(limit, ready));
      queue.schedule(Math.max(limit, ready), (long) request.number * KINDS + GIVEN_UP);
      return;
    }
    double first = Math.min(1.0, (double) SEGMENT_BYTES / (bytes + Envelope.REQUEST_BYTES));
    request.firstByteNanos = arrives - Math.round((left - start) * (1 - first));
    request.arrivedNanos = arrives;
    queue.schedule(arrives, (long) request.number * KINDS + ARRIVAL);
  }

  /** The queues that a device knows of. */
  private IntToLongFunction known(FleetDevice device, long now) {
    long heard = device.workers().heardNanos(now);
    return number -> workers.get(number).unfinishedAt(heard);
  }

  private Request take() {
    Request old = free.poll();
    if (old != null) {
      return old;
    }
    Request fresh = new Request(requests.size());
    requests.add(fresh);
    return fresh;
  }

  // --- what the worker made of it ---------------------------------------------------------------

  @Override
  public void computes(int thread, long untilNanos) {
    queue.schedule(untilNanos, (long) thread * KINDS + DONE);
  }

  @Override
  public void answered(Request r, long startNanos, long endNanos, LoadReport load) {
    FleetDevice device = r.device();
    double rate = device.link().bytesPerSecond(endNanos);
    long transfer = rate > 0 ? Math.round(REPLY_BYTES / rate * 1e9) : 0;
    long reply = device.link().arrivalNanos(endNanos) + transfer;
    Optional<LocalAnswers.Local> before =
        local.sure(r, r.hedgeNanos, Math.min(reply, r.limitNanos));
    /* Who could send only when time was up takes a late reply: there is nothing else. */
    long until =
        r.readyNanos > r.limitNanos
            ? r.captureNanos + device.options().patienceNanos()
            : r.limitNanos;
    if (before.isPresent()) {
      device.estimators().onAbandoned(r.number, before.get().endNanos());
      settle(r, before.get());
    } else if (reply <= until) {
      learn(r, startNanos, endNanos, reply, load);
      device.freeNanos = Math.max(device.freeNanos, r.hedgeNanos < reply ? reply : 0);
      PlanTable table = r.table();
      record(device, r.row, r.captureNanos, reply, false, true, table.cloudRight(r.row));
      release(r);
    } else {
      missed(r);
    }
  }

  private static void learn(
      Request r, long startNanos, long endNanos, long replyNanos, LoadReport load) {
    FleetDevice device = r.device();
    PlanTable table = r.table();
    device
        .estimators()
        .onTransfer(
            new TransferSample(
                r.number,
                r.readyNanos,
                replyNanos,
                table.bytes(r.row) + Envelope.REQUEST_BYTES,
                r.firstByteNanos,
                r.arrivedNanos,
                endNanos));
    device
        .estimators()
        .onWorker(
            startNanos - r.arrivedNanos,
            endNanos - startNanos,
            table.profiledNanos(r.row),
            replyNanos);
    device.estimators().onLoad(load.busyFraction(), load.computeScale());
    device.learnt();
  }

  @Override
  public void refused(Request r, boolean overloaded, long nowNanos) {
    FleetDevice device = r.device();
    long heard = device.link().arrivalNanos(nowNanos);
    if (heard >= r.limitNanos) {
      missed(r);
      return;
    }
    device.estimators().onHeard(heard);
    if (overloaded) {
      device.estimators().onOverloaded();
    }
    device.estimators().onAbandoned(r.number, heard);
    settle(r, local.alone(r, heard));
  }

  private void givenUp(Request r, long nowNanos) {
    if (nowNanos >= r.deadlineNanos) {
      settle(r, local.alone(r, nowNanos));
    } else {
      missed(r);
    }
  }

  /** No reply by the deadline. */
  private void missed(Request r) {
    FleetDevice device = r.device();
    device.estimators().onTimeout(r.number, r.limitNanos);
    settle(r, local.atLimit(r));
  }

  private void settle(Request r, LocalAnswers.Local answer) {
    FleetDevice device = r.device();
    device.freeNanos = Math.max(device.freeNanos, answer.freeNanos());
    record(
        device, r.row, r.captureNanos, answer.endNanos(), answer.degraded(), false, answer.right());
    release(r);
  }

  private void release(Request r) {
    r.device = null;
    r.table = null;
    free.push(r);
  }

  // --- answers ----------------------------------------------------------------------------------

  private void drop(FleetDevice device, int row, long capture, long end) {
    begun--;
    if (capture >= fleet.warmUpNanos()) {
      long deadline = device.options().deadlineNanos();
      FrameTally kind = tally(device);
      kind.frames++;
      kind.dropped++;
      kind.late++;
      kind.uncutRight += uncutRight(device, row);
      kind.latencies.recordValue(Math.max(end - capture, 2 * deadline));
    }
  }

  private void record(
      FleetDevice device,
      int row,
      long capture,
      long end,
      boolean degraded,
      boolean cloud,
      boolean right) {
    begun--;
    if (capture >= fleet.warmUpNanos()) {
      FrameTally kind = tally(device);
      kind.frames++;
      kind.late += end - capture > device.options().deadlineNanos() ? 1 : 0;
      kind.degraded += degraded ? 1 : 0;
      kind.fromCloud += cloud ? 1 : 0;
      kind.right += right ? 1 : 0;
      kind.uncutRight += uncutRight(device, row);
      kind.latencies.recordValue(end - capture);
    }
  }

  private static int uncutRight(FleetDevice device, int row) {
    PlanTable table = device.plan();
    return table.right(row, table.exits() - 1) ? 1 : 0;
  }
}
