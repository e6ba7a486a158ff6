package dev.sluice.experiments.fleet;

import dev.sluice.cloud.admission.LoadMeter;
import dev.sluice.protocol.message.LoadReport;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A worker on virtual time, by the real one's rules: a bounded queue by earliest deadline before a
 * few computing threads; a full queue first drops what nobody waits for any more, then refuses;
 * what is too late when its turn comes is not computed; those of one kind that wait already may be
 * computed together. Its load is metered by the real meter. Not thread-safe.
 */
final class SiteWorker {
  /** How old the load is that devices know: pongs tell it every 250 ms, answers at once. */
  private static final long TOLD_EVERY_NANOS = 125_000_000L;

  private static final double NOISE_CUT = 3;

  private final WorkerKind kind;
  private final int firstThread;
  private final double relativeSd;
  private final SplittableRandom noise;
  private final Site site;
  private final LoadMeter meter;
  private final PriorityQueue<Request> waiting = new PriorityQueue<>();
  private final List<List<Request>> running = new ArrayList<>();
  private final long[] startNanos;
  private final long[] profiledNanos;
  private int computing;
  private int unfinished;
  private long sequence;
  private long submitted;
  private long refused;
  private long busyNanos;
  private long toldNanos = Long.MIN_VALUE / 2;
  private LoadReport told = LoadReport.IDLE;

  /** What was unfinished from a time on, as far back as some device may have heard last. */
  private final NavigableMap<Long, Integer> history = new TreeMap<>();

  /** Who hears what became of requests. */
  interface Site {
    /**
     * A thread will be done at a time; {@link SiteWorker#done} is to be called then.
     *
     * @param thread counted over all workers of the site
     */
    void computes(int thread, long untilNanos);

    /** A request was computed. */
    void answered(Request request, long startNanos, long endNanos, LoadReport load);

    /** It was not. */
    void refused(Request request, boolean overloaded, long nowNanos);
  }

  /**
   * Starts a worker.
   *
   * @param number of it at its site, from 0
   */
  SiteWorker(WorkerKind kind, int number, double relativeSd, SplittableRandom noise, Site site) {
    this.kind = kind;
    firstThread = number * kind.threads();
    this.relativeSd = relativeSd;
    this.noise = noise;
    this.site = site;
    meter = new LoadMeter(kind.threads(), 0);
    startNanos = new long[kind.threads()];
    profiledNanos = new long[kind.threads()];
    for (int thread = 0; thread < kind.threads(); thread++) {
      running.add(new ArrayList<>());
    }
  }

  /** A request is there. */
  void arrive(Request request, long nowNanos) {
    submitted++;
    request.sequence = sequence++;
    if (waiting.size() >= kind.capacity() && computing >= kind.threads()) {
      dropExpired(nowNanos);
    }
    if (waiting.size() >= kind.capacity() && computing >= kind.threads()) {
      refused++;
      site.refused(request, true, nowNanos);
      return;
    }
    waiting.add(request);
    unfinished++;
    remember(nowNanos);
    dispatch(nowNanos);
  }

  private void dropExpired(long nowNanos) {
    Iterator<Request> each = waiting.iterator();
    List<Request> expired = new ArrayList<>();
    while (each.hasNext()) {
      Request request = each.next();
      if (worthless(request, nowNanos)) {
        each.remove();
        expired.add(request);
      }
    }
    expired.forEach(request -> drop(request, nowNanos));
  }

  /** Too late, or taken back: the device took it back when it answered by itself. */
  private static boolean worthless(Request request, long nowNanos) {
    long takenBack = request.limitNanos + request.device().link().roundTripNanos() / 2;
    return nowNanos > Math.min(request.deadlineNanos, takenBack);
  }

  private void drop(Request request, long nowNanos) {
    unfinished--;
    refused += nowNanos > request.deadlineNanos ? 1 : 0;
    site.refused(request, false, nowNanos);
  }

  private void dispatch(long nowNanos) {
    while (computing < kind.threads() && !waiting.isEmpty()) {
      Request first = waiting.remove();
      if (worthless(first, nowNanos)) {
        drop(first, nowNanos);
        continue;
      }
      int thread = idle();
      List<Request> batch = running.get(thread);
      batch.add(first);
      if (kind.largestBatch() > 1) {
        takeAlong(first, batch, nowNanos);
      }
      begin(thread, batch, nowNanos);
    }
  }

  private int idle() {
    for (int thread = 0; ; thread++) {
      if (running.get(thread).isEmpty()) {
        return thread;
      }
    }
  }

  private void takeAlong(Request first, List<Request> batch, long nowNanos) {
    List<Request> order = new ArrayList<>(waiting);
    order.sort(null);
    for (Request request : order) {
      if (batch.size() >= kind.largestBatch()) {
        return;
      }
      if (request.table().kind().equals(first.table().kind())) {
        waiting.remove(request);
        if (worthless(request, nowNanos)) {
          drop(request, nowNanos);
        } else {
          batch.add(request);
        }
      }
    }
  }

  private void begin(int thread, List<Request> batch, long nowNanos) {
    long sum = 0;
    long longest = 0;
    for (Request request : batch) {
      long nanos = request.table().workerNanos(request.row);
      sum += nanos;
      longest = Math.max(longest, nanos);
    }
    double profiled = sum - kind.batchGain() * (sum - longest);
    double deviation = Math.max(-NOISE_CUT, Math.min(NOISE_CUT, noise.nextGaussian())) * relativeSd;
    long nanos = Math.round(profiled * kind.scale() * (1 + deviation));
    computing++;
    startNanos[thread] = nowNanos;
    profiledNanos[thread] = sum;
    site.computes(firstThread + thread, nowNanos + nanos);
  }

  /**
   * A thread has finished.
   *
   * @param siteThread counted over all workers of the site
   */
  void done(int siteThread, long nowNanos) {
    int thread = siteThread - firstThread;
    long start = startNanos[thread];
    List<Request> batch = running.get(thread);
    computing--;
    unfinished -= batch.size();
    remember(nowNanos);
    busyNanos += nowNanos - start;
    meter.computed(nowNanos - start, profiledNanos[thread], nowNanos);
    LoadReport load = meter.report(unfinished, nowNanos);
    for (Request request : batch) {
      site.answered(request, start, nowNanos, load);
    }
    batch.clear();
    dispatch(nowNanos);
  }

  private void remember(long nowNanos) {
    history.put(nowNanos, unfinished);
    Long oldest = history.floorKey(nowNanos - WorkerChoice.PING_EVERY_NANOS);
    if (oldest != null) {
      history.headMap(oldest, false).clear();
    }
  }

  /** How many requests it had not finished at a time, at most a ping's period ago. */
  int unfinishedAt(long nanos) {
    Map.Entry<Long, Integer> then = history.floorEntry(nanos);
    return then == null ? 0 : then.getValue();
  }

  /** The load that devices know of at a time. */
  LoadReport told(long nowNanos) {
    if (nowNanos - toldNanos >= TOLD_EVERY_NANOS) {
      told = meter.report(unfinished, nowNanos);
      toldNanos = nowNanos;
    }
    return told;
  }

  /** Requests that reached it. */
  long submitted() {
    return submitted;
  }

  /** Requests that it refused, for want of room or because they were late. */
  long refused() {
    return refused;
  }

  /** Time computed so far, all threads together. */
  long busyNanos() {
    return busyNanos;
  }
}
