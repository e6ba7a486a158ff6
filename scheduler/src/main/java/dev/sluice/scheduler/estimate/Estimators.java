package dev.sluice.scheduler.estimate;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Estimates link, device and worker from stamps on real traffic. Not thread-safe; times come as
 * arguments, from one monotonic clock on the device (and, for the worker's stamps, one on the
 * worker; the two are never compared). Numbers that a broken clock would give are ignored.
 */
public final class Estimators {
  /*
   * Rate and round trip. A transfer takes, the worker's own time taken off,
   *
   *     net = (reply - submitted) - (worker.reply - worker.lastByte) ~ round trip + bytes / rate
   *
   * and pings tell the round trip. A request submitted while an earlier one was still being written
   * waits for it first; then the difference of the two last bytes at the worker is the time the link
   * took for this one alone. The smaller of both is the service time, so that queueing is never
   * counted as bandwidth. Where a payload spans several segments the time over which they came in at
   * the worker is a second, round-trip-free opinion, joined by inverse variance: exact bytes over
   * exact time where the worker counts them, which leaves the first segment and what other requests
   * sent out of it, else first to last byte. One or two segments say nothing. While no ping has told
   * the round trip, the slope of time over size among the last transfers is the opinion instead.
   *
   * Small payloads on a fast link drown in the noise of the round trip: those say only "at least",
   * and a padded ping (probe) sized to stand out of the noise is asked for instead. Where frames
   * never pause it goes between them, and then tells "at least" too; it may take a small share of
   * what is sent. Without it nobody would learn that a link carries more than the small payloads
   * of the plan in use show, and plans that send more would never be tried.
   *
   * A transfer that is still under way bounds the rate from above before it ends: after a drop that
   * is the first sign. A ping that shared the link with a large payload tells nothing but an upper
   * bound of the round trip and is left out. When the round trip steps, the last transfers are
   * judged again with the new one, or the delay would be mistaken for a lack of rate.
   */
  private static final double PRIOR_BYTES_PER_SECOND = 125_000;
  private static final double LEAST_BYTES_PER_SECOND = 100;
  private static final double MOST_BYTES_PER_SECOND = 1e10;
  private static final long SANE_NANOS = 600_000_000_000L;
  private static final long LEAST_NOISE_NANOS = 500_000;
  private static final double MODEL_SD = 0.05;
  private static final double SPREAD_SD = 0.3;
  private static final double COUNTED_SPREAD_SD = 0.15;
  private static final int LEAST_SPREAD_SEGMENTS = 3;
  private static final long LEAST_SPREAD_NANOS = 3_000_000;
  private static final int SEGMENT_BYTES = 1460;
  private static final long PROBE_AGE_NANOS = 2_000_000_000;
  private static final long PROBE_GAP_NANOS = 500_000_000;
  private static final int LEAST_PROBE_BYTES = 1000;
  private static final int MOST_PROBE_BYTES = 12_000;

  /** Of the bytes sent, what probes between frames may take. */
  private static final double PROBE_SHARE = 0.02;

  /** What a probe between frames may keep them from the link, at the rate believed. */
  private static final double MOST_PROBE_SECONDS = 0.04;

  /** Where the link is believed to be busy for more of the time there is no room for a probe. */
  private static final double MOST_BUSY_SHARE = 0.7;

  /** A probe between frames that is not so many times as large as they are tells nothing new. */
  private static final int PROBE_OVER_PAYLOAD = 3;

  private static final int REMEMBERED_TRANSFERS = 3;
  private static final long REMEMBERED_NANOS = 3_000_000_000L;
  private static final long SHARED_PING_NANOS = 2_000_000_000L;

  /** Pings come more often than that, though perhaps never while a request is under way. */
  private static final long LATELY_NANOS = 1_000_000_000L;

  private static final int MOST_PENDING = 256;

  private record Pending(int bytes, long submittedNanos) {}

  /**
   * A finished transfer: {@code ownNanos} is its time behind the one before, or 0 if it had none;
   * {@code spreadNanos} the time that {@code spreadBytes} of it took to come in, 0 if unknown.
   */
  private record Finished(
      int bytes,
      long netNanos,
      long ownNanos,
      int spreadBytes,
      long spreadNanos,
      boolean counted,
      long nowNanos) {}

  private final RateEstimator rate;
  private final RoundTripEstimator roundTrip = new RoundTripEstimator();
  private final ScaleEstimator deviceScale = new ScaleEstimator();
  private final ScaleEstimator workerScale = new ScaleEstimator();
  private final WorkerLoadEstimator workerLoad = new WorkerLoadEstimator();
  private final LinkWatch watch = new LinkWatch();
  private final SizeSlope slope = new SizeSlope();
  private final Map<Long, Pending> pending = new LinkedHashMap<>();
  private final Deque<Finished> finished = new ArrayDeque<>();
  private final FrameClock frames = new FrameClock();

  private double toldWorkerScale = 1;
  private double workerDwellNanos;
  private int pingsOut;
  private boolean probed;
  private long probedNanos;
  private int lastProbeBytes;
  private boolean probeShared;

  /** Bytes sent since the last probe between frames; as if enough for one to begin with. */
  private double sentSinceProbe = MOST_PROBE_BYTES / PROBE_SHARE;

  private int lastSentBytes;
  private boolean transferred;
  private Optional<Long> unansweredSince = Optional.empty();
  private long lastReplyNanos;
  private long lastWorkerByteNanos;
  private long pendingEndedNanos = Long.MIN_VALUE;
  private boolean returned;
  private long leastSharedPingNanos = Long.MAX_VALUE;

  /** Starts knowing nothing: the link's state is unknown, scales are 1. */
  public Estimators() {
    this(PRIOR_BYTES_PER_SECOND);
  }

  /**
   * Starts from a guess of the uplink's rate, used until the first sample.
   *
   * @param priorBytesPerSecond positive
   */
  public Estimators(double priorBytesPerSecond) {
    if (!(priorBytesPerSecond > 0 && priorBytesPerSecond < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("prior rate must be positive: " + priorBytesPerSecond);
    }
    rate = new RateEstimator(priorBytesPerSecond);
  }

  /** Whether the rate in {@link #at} was measured; otherwise it is the guess to start with. */
  public boolean uplinkMeasured() {
    return rate.informed();
  }

  /**
   * Whether requests were sent and none was answered, nor a probe that had the link to itself, for
   * as long as a measured rate is believed: then nothing but a probe tells how slow the link is.
   */
  public boolean repliesStayAway(long nowNanos) {
    return unansweredSince.map(since -> nowNanos - since >= PROBE_AGE_NANOS).orElse(false);
  }

  /** A frame was captured. */
  public void onArrival(long nowNanos) {
    frames.onFrame(nowNanos);
  }

  /** A stage, head or encoding on the device took so long where the profile says so long. */
  public void onDeviceStage(long measuredNanos, long profiledNanos) {
    deviceScale.observe(measuredNanos, profiledNanos);
  }

  /**
   * The worker finished a request.
   *
   * @param queueNanos from its last byte to the start of its compute
   * @param computeNanos its compute, decoding included
   * @param profiledNanos what the profile says of the same work; 0 = unknown
   */
  public void onWorker(long queueNanos, long computeNanos, long profiledNanos, long nowNanos) {
    workerScale.observe(computeNanos, profiledNanos);
    if (sane(queueNanos) && sane(computeNanos)) {
      workerLoad.onAnswer(queueNanos, computeNanos, nowNanos);
    }
  }

  /**
   * The worker said how busy it is, with an answer, a pong or by itself; so a device that sends
   * nothing hears of it too. Numbers that no worker can mean are ignored.
   *
   * @param busyFraction share of recent time that it computed, for anybody, in [0, 1]
   * @param computeScale its measured over profiled compute time, positive; used while no answer has
   *     shown it
   */
  public void onLoad(double busyFraction, double computeScale) {
    workerLoad.onReport(busyFraction);
    toldWorkerScale = ScaleEstimator.possible(computeScale) ? computeScale : toldWorkerScale;
  }

  /** The worker refused a request because it has too much to do: it is as busy as can be. */
  public void onOverloaded() {
    workerLoad.onReport(1);
  }

  private static boolean sane(long nanos) {
    return nanos >= 0 && nanos < SANE_NANOS;
  }

  /**
   * A request was handed to the link.
   *
   * @param requestId any id that the request's end will be told with
   * @param bytes its size on the link
   */
  public void onSubmitted(long requestId, int bytes, long nowNanos) {
    if (pending.size() >= MOST_PENDING) {
      Iterator<Long> oldest = pending.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    pending.put(requestId, new Pending(Math.max(1, bytes), nowNanos));
    unansweredSince = Optional.of(unansweredSince.orElse(nowNanos));
    watch.sent(nowNanos);
  }

  /** A request was cancelled or refused before it was answered; it tells nothing of the link. */
  public void onAbandoned(long requestId, long nowNanos) {
    waitedInVain(requestId, nowNanos);
    forget(requestId, nowNanos);
  }

  /** The worker said something else than an answer or a pong, such as a refusal. */
  public void onHeard(long nowNanos) {
    heard(nowNanos);
  }

  /** A request was answered. */
  public void onTransfer(TransferSample sample) {
    transferred(sample, true);
  }

  /**
   * A request without a deadline was answered, which the worker lets wait behind all others: it
   * tells of the link what any other does, but not how long an answer takes.
   */
  public void onTransferOfNoHurry(TransferSample sample) {
    transferred(sample, false);
  }

  private void transferred(TransferSample sample, boolean hurried) {
    long now = sample.replyReceivedNanos();
    forget(sample.requestId(), now);
    unansweredSince = Optional.empty();
    heard(now);
    long dwell = sample.workerReplyNanos() - sample.workerLastByteNanos();
    long net = now - sample.submittedNanos() - dwell;
    boolean counted = sample.spreadBytes() > 0;
    int spreadBytes = counted ? sample.spreadBytes() : sample.bytesSent() - SEGMENT_BYTES;
    long spread =
        counted
            ? sample.spreadNanos()
            : sample.workerLastByteNanos() - sample.workerFirstByteNanos();
    boolean sane =
        dwell >= 0 && net > 0 && net < SANE_NANOS && dwell < SANE_NANOS && sample.bytesSent() > 0;
    if (!sane) {
      return;
    }
    sentSinceProbe += sample.bytesSent();
    lastSentBytes = sample.bytesSent();
    if (hurried) {
      workerDwellNanos += 0.3 * (dwell - workerDwellNanos);
    }
    long own = transferred ? sample.workerLastByteNanos() - lastWorkerByteNanos : 0;
    boolean queued = transferred && sample.submittedNanos() < lastReplyNanos;
    transferred = true;
    lastReplyNanos = now;
    lastWorkerByteNanos = sample.workerLastByteNanos();
    if (roundTrip.known() && net < roundTrip.nanos()) {
      roundTrip.observe(net, now);
    }
    Finished transfer =
        new Finished(
            sample.bytesSent(),
            net,
            queued ? Math.max(0, own) : 0,
            spreadBytes,
            spread > 0 && spread < net ? spread : 0,
            counted,
            now);
    if (!queued) {
      slope.observe(sample.bytesSent(), net, now);
    }
    remember(transfer);
    judge(transfer);
  }

  /** A ping was sent; telling this lets silence be noticed. */
  public void onPingSent(long nowNanos) {
    pingsOut++;
    watch.sent(nowNanos);
  }

  /** A pong to a tiny ping came back. */
  public void onPing(long roundTripNanos, long nowNanos) {
    pingsOut = 0;
    heard(nowNanos);
    if (roundTripNanos < 0 || roundTripNanos >= SANE_NANOS) {
      return;
    }
    long before = roundTrip.nanos();
    if (!roundTrip.known()
        || roundTripNanos <= before
        || !sharedTheLink(roundTripNanos, nowNanos)) {
      roundTrip.observe(roundTripNanos, nowNanos);
      leastSharedPingNanos = Long.MAX_VALUE;
    } else {
      leastSharedPingNanos = Math.min(leastSharedPingNanos, roundTripNanos);
      if (nowNanos - roundTrip.updatedNanos() > SHARED_PING_NANOS) {
        /* The link is never idle: the quickest of the pings is the best there is. */
        roundTrip.observe(leastSharedPingNanos, nowNanos);
        leastSharedPingNanos = Long.MAX_VALUE;
      }
    }
    long after = roundTrip.nanos();
    if (before > 0 && Math.abs(after - before) > Math.max(5_000_000, before / 2)) {
      judgeAgain(nowNanos);
    }
  }

  /** A padded ping was sent because {@link Estimates#probeBytesWanted} asked for it. */
  public void onProbeSent(long nowNanos) {
    probed = true;
    probedNanos = nowNanos;
    probeShared = !pending.isEmpty();
    sentSinceProbe = probeShared ? 0 : sentSinceProbe;
    watch.sent(nowNanos);
  }

  /** The pong to a padded ping of {@code bytes} bytes came back. */
  public void onProbe(int bytes, long elapsedNanos, long nowNanos) {
    probeReturned(bytes, elapsedNanos, probeShared, nowNanos);
  }

  /** The same of one that waited behind requests: all it tells is that the rate is not less. */
  public void onSharedProbe(int bytes, long elapsedNanos, long nowNanos) {
    probeReturned(bytes, elapsedNanos, true, nowNanos);
  }

  private void probeReturned(int bytes, long elapsedNanos, boolean shared, long nowNanos) {
    if (!shared) {
      unansweredSince = Optional.empty();
    }
    probed = true;
    probedNanos = nowNanos;
    lastProbeBytes = Math.max(0, Math.min(MOST_PROBE_BYTES, bytes));
    heard(nowNanos);
    if (elapsedNanos <= 0 || elapsedNanos >= SANE_NANOS || bytes <= 0) {
      return;
    }
    if (shared) {
      double service = Math.max(0, elapsedNanos - roundTrip.nanos());
      double noise = Math.max(LEAST_NOISE_NANOS, roundTrip.spreadNanos());
      rate.raise(limited(bytes / (service + 2 * noise)), nowNanos);
    } else {
      Finished transfer = new Finished(bytes, elapsedNanos, 0, 0, 0, false, nowNanos);
      remember(transfer);
      judge(transfer);
    }
  }

  /** An answer or pong did not come by the time it was waited for. */
  public void onTimeout(long nowNanos) {
    watch.timedOut(nowNanos, roundTrip.nanos());
  }

  /**
   * A request was given up after waiting: a time-out that also bounds the rate from above, or the
   * wait at a worker that has no time left from below.
   */
  public void onTimeout(long requestId, long nowNanos) {
    waitedInVain(requestId, nowNanos);
    double bound = rateBound(nowNanos);
    Pending given = pending.get(requestId);
    /* In an outage nothing comes back at all; that says nothing of the rate. */
    if (given != null
        && bound < MOST_BYTES_PER_SECOND
        && watch.heardSince(given.submittedNanos())) {
      rate.observeAtMost(Math.max(LEAST_BYTES_PER_SECOND, bound), nowNanos);
    }
    forget(requestId, nowNanos);
    onTimeout(nowNanos);
  }

  /** The client says that the connection stands or is gone. */
  public void onLinkState(LinkState state, long nowNanos) {
    pending.clear();
    unansweredSince = Optional.empty();
    pingsOut = 0;
    if (state == LinkState.UP) {
      watch.awake();
      heard(nowNanos);
    } else {
      watch.lost(state);
    }
  }

  /** Returns what is believed now. Finds the link down where answers stay away too long. */
  public Estimates at(long nowNanos) {
    double log = rate.logMean(nowNanos);
    double sd = rate.sd(nowNanos);
    double bound = rateBound(nowNanos);
    if (Math.log(bound) < log) {
      log = Math.log(bound);
      sd = Math.max(sd, 0.3);
    }
    double bytesPerSecond =
        Math.min(MOST_BYTES_PER_SECOND, Math.max(LEAST_BYTES_PER_SECOND, Math.exp(log)));
    long pendingBytes = pending.values().stream().mapToLong(Pending::bytes).sum();
    LinkState state =
        watch.state(
            nowNanos,
            roundTrip.nanos(),
            Math.round(Math.min(5e9, pendingBytes / bytesPerSecond * 1e9) + workerDwellNanos));
    Estimates estimates =
        new Estimates(
            state,
            bytesPerSecond,
            sd,
            roundTrip.nanos(),
            roundTrip.sdNanos(nowNanos),
            deviceScale.scale(),
            workerScale.known() ? workerScale.scale() : toldWorkerScale,
            Math.round(workerLoad.waitNanos(nowNanos)),
            frames.periodNanos(),
            probeBytes(state, bytesPerSecond, nowNanos),
            workerLoad.at(nowNanos));
    return estimates
        .withScaleSds(deviceScale.sd(), workerScale.sd())
        .withFramePeriodCv(frames.cv());
  }

  private int probeBytes(LinkState state, double bytesPerSecond, long nowNanos) {
    boolean fresh =
        rate.informed()
            && !rate.climbing()
            && !returned
            && nowNanos - rate.informedNanos() < PROBE_AGE_NANOS;
    boolean justProbed = probed && nowNanos - probedNanos < PROBE_GAP_NANOS;
    if (state != LinkState.UP || !roundTrip.known() || justProbed) {
      return 0;
    }
    if (rate.onlyAtLeast() && (fresh || !pending.isEmpty())) {
      return probeBytesBetweenFrames(bytesPerSecond);
    }
    if (fresh || !pending.isEmpty()) {
      return 0;
    }
    double seconds = Math.min(0.08, Math.max(0.02, 4 * noiseNanos(nowNanos) / 1e9));
    double bytes = bytesPerSecond * seconds;
    if (rate.climbing()) {
      /* The last one was too small to be seen; the next one shall tell more. */
      bytes = Math.max(bytes, 3.0 * lastProbeBytes);
    }
    return (int) Math.min(MOST_PROBE_BYTES, Math.max(LEAST_PROBE_BYTES, bytes));
  }

  private int probeBytesBetweenFrames(double bytesPerSecond) {
    double bytes = Math.min(MOST_PROBE_BYTES, bytesPerSecond * MOST_PROBE_SECONDS);
    double busyNanos = lastSentBytes / bytesPerSecond * 1e9;
    boolean room = frames.periodNanos() == 0 || busyNanos < MOST_BUSY_SHARE * frames.periodNanos();
    return room
            && bytes >= Math.max(LEAST_PROBE_BYTES, PROBE_OVER_PAYLOAD * (double) lastSentBytes)
            && bytes <= PROBE_SHARE * sentSinceProbe
        ? (int) bytes
        : 0;
  }

  /**
   * A worker that is busy all the time keeps requests waiting without end, and those that are given
   * up were the longest to wait: who hears only of answers would take it for a quick one.
   */
  private void waitedInVain(long requestId, long nowNanos) {
    Pending given = pending.get(requestId);
    if (given == null || !heldUp(given)) {
      return;
    }
    double transferNanos = given.bytes() / limited(Math.exp(rate.logMean(nowNanos)) / 1e9) * 1e9;
    double elsewhereNanos = roundTrip.nanos() + 2.0 * roundTrip.sdNanos(nowNanos) + transferNanos;
    workerLoad.onNoAnswer(
        nowNanos - Math.max(given.submittedNanos(), pendingEndedNanos) - elsewhereNanos, nowNanos);
  }

  /** Whether the worker was without a break when a request was sent, as far as is known lately. */
  private boolean heldUp(Pending request) {
    return workerLoad.saturated() && watch.heardSince(request.submittedNanos() - LATELY_NANOS);
  }

  /**
   * The rate that the oldest transfer under way cannot have exceeded; very large if none is, or if
   * the worker is what it may be waiting for.
   */
  private double rateBound(long nowNanos) {
    if (pending.isEmpty() || !roundTrip.known() || heldUp(pending.values().iterator().next())) {
      return MOST_BYTES_PER_SECOND;
    }
    Pending oldest = pending.values().iterator().next();
    double spent =
        nowNanos
            - Math.max(oldest.submittedNanos(), pendingEndedNanos)
            - roundTrip.nanos()
            - 2.0 * roundTrip.sdNanos(nowNanos)
            - 1.5 * workerDwellNanos;
    if (spent < 4 * noiseNanos(nowNanos)) {
      return MOST_BYTES_PER_SECOND;
    }
    return oldest.bytes() / (spent / 1e9);
  }

  private void heard(long nowNanos) {
    if (watch.heard(nowNanos, stillWaiting())) {
      rate.doubt(nowNanos);
      returned = true;
    }
  }

  private void forget(long requestId, long nowNanos) {
    if (pending.remove(requestId) != null) {
      pendingEndedNanos = Math.max(pendingEndedNanos, nowNanos);
    }
  }

  private boolean stillWaiting() {
    return !pending.isEmpty() || pingsOut > 0;
  }

  private boolean sharedTheLink(long roundTripNanos, long nowNanos) {
    long bytes = 0;
    for (Pending transfer : pending.values()) {
      bytes += transfer.bytes();
    }
    for (Finished transfer : finished) {
      if (transfer.nowNanos() > nowNanos - roundTripNanos) {
        bytes += transfer.bytes();
      }
    }
    double busyNanos = bytes / Math.exp(rate.logMean(nowNanos)) * 1e9;
    return busyNanos > Math.max(2e6, 0.2 * roundTrip.nanos());
  }

  private void remember(Finished transfer) {
    finished.addLast(transfer);
    if (finished.size() > REMEMBERED_TRANSFERS) {
      finished.removeFirst();
    }
  }

  private void judgeAgain(long nowNanos) {
    rate.doubt(nowNanos);
    for (Finished transfer : finished) {
      if (nowNanos - transfer.nowNanos() < REMEMBERED_NANOS) {
        judge(transfer, nowNanos);
      }
    }
  }

  private void judge(Finished transfer) {
    judge(transfer, transfer.nowNanos());
  }

  private void judge(Finished transfer, long nowNanos) {
    returned = false;
    double noise = noiseNanos(nowNanos);
    double service = transfer.netNanos() - roundTrip.nanos();
    boolean followed = transfer.ownNanos() > 0 && transfer.ownNanos() < service;
    if (followed) {
      service = transfer.ownNanos();
    }
    double spread = spreadService(transfer);
    double bytes = transfer.bytes();
    if (!roundTrip.known() && spread == 0) {
      Optional<SizeSlope.Fit> fit = slope.fit(nowNanos);
      if (fit.isPresent()) {
        rate.observe(limited(fit.get().bytesPerNano()), fit.get().relativeSd(), nowNanos);
        return;
      }
      /* Without a round trip all of the time may be the link's. */
      rate.observeAtLeast(limited(bytes / transfer.netNanos()), nowNanos);
      return;
    }
    if (service < 2 * noise && spread < 2 * noise) {
      rate.observeAtLeast(limited(bytes / (Math.max(0, service) + 2 * noise)), nowNanos);
      return;
    }
    double log = 0;
    double weight = 0;
    if (roundTrip.known() && service > 0.5 * noise) {
      double sd = Math.hypot(noise / service, MODEL_SD);
      log += -Math.log(service) / (sd * sd);
      weight += 1 / (sd * sd);
    }
    if (spread > 0) {
      double sd = transfer.counted() ? COUNTED_SPREAD_SD : SPREAD_SD;
      log += -Math.log(spread) / (sd * sd);
      weight += 1 / (sd * sd);
    }
    rate.observe(limited(bytes * Math.exp(log / weight)), Math.sqrt(1 / weight), nowNanos);
  }

  /* Time of the whole payload as its spread at the worker tells it; 0 where it tells nothing. */
  private static double spreadService(Finished transfer) {
    boolean tells =
        transfer.spreadBytes() >= LEAST_SPREAD_SEGMENTS * SEGMENT_BYTES
            && transfer.spreadNanos() >= LEAST_SPREAD_NANOS;
    return tells ? (double) transfer.spreadNanos() * transfer.bytes() / transfer.spreadBytes() : 0;
  }

  private static double limited(double bytesPerNano) {
    return Math.min(MOST_BYTES_PER_SECOND, Math.max(LEAST_BYTES_PER_SECOND, bytesPerNano * 1e9));
  }

  private double noiseNanos(long nowNanos) {
    return Math.max(LEAST_NOISE_NANOS, (double) roundTrip.sdNanos(nowNanos));
  }
}
