package dev.sluice.edge;

import dev.sluice.edge.session.AuditCodec;
import dev.sluice.edge.session.AuditReport;
import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudRequest;
import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.ExitOversight;
import dev.sluice.edge.session.Payload;
import dev.sluice.edge.session.Sample;
import dev.sluice.edge.session.Work;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.exit.ExitState;
import dev.sluice.scheduler.drift.AuditDraw;
import dev.sluice.scheduler.drift.AuditOptions;
import dev.sluice.scheduler.drift.Audits;
import dev.sluice.scheduler.drift.Recalibration;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.Plan;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has some confident answers of the device checked by the final exit, in moments that no frame
 * needs. Mutable, confined to the loop but for {@link #prepare}.
 *
 * <p>What is learnt is how often the two <em>agree</em>, not which one is right.
 */
final class Auditor {
  /*
   * A frame is drawn when an exit has answered it; whether there is room for it is decided before,
   * so that chance alone picks among those that may be picked. Its tensors at the exit wait, few
   * and not for long, until
   *
   *   1. the device has no frame at all and could encode them before the next one is due, then
   *   2. the link is up and bare, the budget has bytes left, and at the rate estimated, less its
   *      uncertainty, they are through before the next frame is due.
   *
   * When the next frame is due follows from the distance of the last ones; when it is late, it is
   * expected to stay away as long again as it is late by now. A frame that comes sooner all the
   * same and has to be sent cancels the audit, what is not written of it is not sent. At the worker
   * an audit has no deadline, so that every request with one goes before it.
   *
   * An audit that is lost is not told to anybody: neither to the audits nor to the estimators of the
   * link, which else would take a worker that never answers audits for a slow link. After each one
   * lost there is a pause, twice as long each time.
   */
  private static final Logger LOG = LoggerFactory.getLogger(Auditor.class);
  private static final long MILLIS = 1_000_000;
  private static final long SECOND = 1_000 * MILLIS;
  private static final int MOST_WAITING = 4;
  private static final long LONGEST_WAIT_NANOS = 10 * SECOND;
  private static final long REPLY_PATIENCE_NANOS = 10 * SECOND;
  private static final long RETRY_NANOS = 50 * MILLIS;
  private static final long FIRST_PAUSE_NANOS = SECOND;
  private static final long LONGEST_PAUSE_NANOS = 60 * SECOND;
  private static final double BUDGET_SECONDS = 5;

  /** Part of the time to the next frame that is left alone. */
  private static final double RESERVE = 0.1;

  /** Answers between two recalibrations. */
  private static final int RECALIBRATION_ANSWERS = 100;

  /** Ids of audits; those of frames are far below. */
  private static final long FIRST_ID = 1L << 62;

  /** An answer to be audited. */
  private static final class Waiting {
    final AuditDraw draw;
    final int label;
    final int cut;
    final AuditCodec codec;
    final long sinceNanos;
    final ActiveRoute route;
    @Nullable Sample sample;
    @Nullable Payload payload;

    Waiting(
        AuditDraw draw,
        int label,
        int cut,
        AuditCodec codec,
        ActiveRoute route,
        Sample sample,
        long now) {
      this.draw = draw;
      this.label = label;
      this.cut = cut;
      this.codec = codec;
      this.route = route;
      this.sample = sample;
      this.sinceNanos = now;
    }

    void release() {
      Sample kept = sample;
      if (kept != null) {
        sample = null;
        kept.close();
        route.release();
      }
    }
  }

  private record Out(long id, Waiting audit, long sentNanos, long throughNanos) {}

  private final Station station;
  private final DeviceNetwork network;
  private final DeviceCosts costs;
  private final Audits audits;
  private final double uplinkShare;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private @Nullable Waiting encoding;
  private @Nullable Out out;
  private boolean closed;
  private boolean retryArmed;
  private long nextId = FIRST_ID;
  private long frames;
  private double budgetBytes;
  private long budgetNanos;
  private long pausedUntilNanos = Long.MIN_VALUE;
  private long pauseNanos = FIRST_PAUSE_NANOS;
  private int sinceRecalibration;
  private Optional<Recalibration> latest = Optional.empty();
  private boolean takenUp;

  private long drawn;
  private long missed;
  private long sent;
  private long bytes;
  private long answered;
  private long agreed;
  private long lost;

  /** What the session lends the auditor. */
  interface Station {
    long now();

    Estimates estimates();

    /** Whether no frame is without answer. */
    boolean idle();

    /** When the last frame was handed in; empty before the first. */
    Optional<Long> lastFrameNanos();

    /** Time from a frame's capture until it could reach the link at the soonest. */
    long leastNanosToLink();

    /** Runs something on the device, which is free, and tells what came of it. */
    <T> void compute(Work<T> work, Consumer<Optional<T>> done);

    void send(CloudRequest request, Consumer<CloudReply> done);

    void cancel(long id);

    /** A reply tells of the link. */
    void learn(CloudReply.Answered reply);

    /** Runs something after so long, and then looks for something to do. */
    void later(long nanos, Runnable then);
  }

  Auditor(
      ExitOversight oversight,
      AuditOptions options,
      DeviceNetwork network,
      DeviceCosts costs,
      Station station) {
    this.station = station;
    this.network = network;
    this.costs = costs;
    this.uplinkShare = oversight.auditUplinkShare();
    this.audits = new Audits(oversight.facts(), oversight.criterion(), options, oversight.random());
    this.budgetNanos = station.now();
  }

  /** Works out what it needs to know of a plan that is about to be used. Thread-safe. */
  void prepare(Plan plan) {
    audits.prepare(plan);
  }

  /** Another frame begins under a plan: audits closer than a burst of them are not independent. */
  void onFrame() {
    frames++;
  }

  /**
   * An exit of the device has answered a frame.
   *
   * @param route it was computed on; kept open as long as the sample is
   * @param sample the tensors at the exit's cut
   * @return whether it is audited; the sample is then the auditor's
   */
  boolean takes(ActiveRoute route, int exit, ExitScores scores, Sample sample) {
    Plan plan = route.decision().plan();
    int cut = network.exitCuts().get(exit);
    Optional<AuditCodec> codec = network.auditCodec(cut);
    long now = station.now();
    // Here too: a device that is never free comes by nowhere else, and what is stale takes the
    // room.
    forgetStale(now);
    if (closed
        || codec.isEmpty()
        || waiting.size() >= MOST_WAITING
        || now < pausedUntilNanos
        || station.estimates().link() != LinkState.UP) {
      return false;
    }
    Optional<AuditDraw> draw = audits.draw(frames, plan, exit, scores.confidence());
    if (draw.isEmpty()) {
      return false;
    }
    drawn++;
    waiting.add(
        new Waiting(
            draw.get(), scores.predicted(), cut, codec.get(), route.acquire(), sample, now));
    return true;
  }

  /**
   * Does the next thing that there is to do, if this is the moment. Call when the device is free.
   */
  void proceed() {
    long now = station.now();
    forgetStale(now);
    Waiting first = waiting.peekFirst();
    if (closed || first == null || encoding != null || out != null) {
      return;
    }
    if (station.idle() && now >= pausedUntilNanos) {
      Estimates e = station.estimates();
      Payload payload = first.payload;
      Sample sample = first.sample;
      if (payload != null) {
        if (fitsTheLink(payload, e, now)) {
          send(waiting.removeFirst(), payload, e, now);
          return;
        }
      } else if (sample != null && fitsTheDevice(first, e, now)) {
        encode(first, sample);
        return;
      }
    }
    retryLater();
  }

  /** A frame is about to be sent: what of an audit may still be on its way out is called back. */
  void giveWay() {
    Out now = out;
    if (now != null && station.now() < now.throughNanos()) {
      station.cancel(now.id());
      lose(now, "made way for a frame");
    }
  }

  /** Returns the question whether thresholds should change, when there are answers enough. */
  Optional<Supplier<Recalibration>> question(Plan plan) {
    if (sinceRecalibration < RECALIBRATION_ANSWERS) {
      return Optional.empty();
    }
    sinceRecalibration = 0;
    return Optional.of(audits.recalibration(plan));
  }

  /**
   * The question was answered.
   *
   * @param taken whether the thresholds that it raises are raised
   */
  void recalibrated(Recalibration recalibration, boolean taken) {
    latest = Optional.of(recalibration);
    takenUp = taken;
    if (recalibration.changesAnything()) {
      String but = taken ? "" : "; not taken up, the strategy keeps its plans";
      recalibration.verdicts().forEach(v -> LOG.info("audits: {}{}", v.describe(), but));
    }
  }

  AuditReport report() {
    return new AuditReport(
        drawn, missed, sent, bytes, answered, agreed, lost, audits.agreement(), latest, takenUp);
  }

  /** Gives up what is waiting. */
  void close() {
    closed = true;
    // What the device is just encoding is freed when it has done so.
    waiting.stream().filter(audit -> audit != encoding).forEach(Waiting::release);
    waiting.clear();
    Out now = out;
    if (now != null) {
      out = null;
      station.cancel(now.id());
    }
  }

  private boolean fitsTheDevice(Waiting audit, Estimates e, long now) {
    return now + scaled(costs.auditEncodeNanos(audit.cut, audit.codec.name()), e.deviceScale())
        <= nextFrame(e, now);
  }

  private boolean fitsTheLink(Payload payload, Estimates e, long now) {
    if (e.link() != LinkState.UP) {
      return false;
    }
    double bytesPerSecond = e.uplinkBytesPerSecond();
    double rate = uplinkShare * bytesPerSecond;
    long passed = Math.max(0, now - budgetNanos);
    budgetBytes = Math.min(BUDGET_SECONDS * rate, budgetBytes + rate * passed / 1e9);
    budgetNanos = now;
    return budgetBytes > 0
        && now + transferNanos(payload, e) <= nextFrame(e, now) + station.leastNanosToLink();
  }

  private static long transferNanos(Payload payload, Estimates e) {
    double cautious = e.uplinkBytesPerSecond() * Math.exp(-e.uplinkRelativeSd());
    return (long) Math.min(1e15, payload.bytes() / cautious * 1e9);
  }

  /** When the next frame is to be reckoned with; in the past where that may be any moment. */
  private long nextFrame(Estimates e, long now) {
    Optional<Long> last = station.lastFrameNanos();
    if (last.isEmpty() || e.framePeriodNanos() == 0) {
      return Long.MIN_VALUE / 2;
    }
    long due = last.get() + e.framePeriodNanos();
    long left = Math.abs(due - now);
    return now + (long) ((1 - RESERVE) * left);
  }

  private void encode(Waiting audit, Sample sample) {
    encoding = audit;
    station.compute(
        new Work<>(
            "encode an audit",
            costs.auditEncodeNanos(audit.cut, audit.codec.name()),
            () -> audit.codec.encode(sample)),
        payload -> {
          encoding = null;
          audit.release();
          audit.payload = payload.orElse(null);
          if (closed) {
            return;
          }
          if (payload.isEmpty()) {
            waiting.remove(audit);
            missed++;
          }
        });
  }

  private void send(Waiting audit, Payload payload, Estimates e, long now) {
    long id = nextId++;
    Out sending = new Out(id, audit, now, now + 2 * transferNanos(payload, e));
    out = sending;
    sent++;
    bytes += payload.bytes();
    budgetBytes -= payload.bytes();
    station.later(REPLY_PATIENCE_NANOS, () -> forgetStale(station.now()));
    station.send(
        new CloudRequest(
            id,
            audit.cut,
            audit.codec.name(),
            Map.of(),
            ExitState.NONE,
            CloudRequest.NO_DEADLINE,
            payload),
        reply -> onReply(sending, reply));
  }

  private void onReply(Out of, CloudReply reply) {
    Out now = out;
    if (now == null || now.id() != of.id()) {
      return; // Given up, or answered before.
    }
    int finalExit = network.exitCuts().size() - 1;
    if (reply instanceof CloudReply.Answered done && done.exit() == finalExit) {
      out = null;
      pauseNanos = FIRST_PAUSE_NANOS;
      boolean agrees = done.top().get(0).label() == of.audit().label;
      answered++;
      agreed += agrees ? 1 : 0;
      sinceRecalibration++;
      audits.add(of.audit().draw, agrees);
      station.learn(done);
    } else {
      lose(of, reply.toString());
      pause();
    }
  }

  private void lose(Out of, String why) {
    LOG.debug("audit {} is lost: {}", of.id(), why);
    out = null;
    lost++;
  }

  private void pause() {
    pausedUntilNanos = station.now() + pauseNanos;
    pauseNanos = Math.min(LONGEST_PAUSE_NANOS, 2 * pauseNanos);
  }

  private void forgetStale(long now) {
    Out old = out;
    if (old != null && now - old.sentNanos() >= REPLY_PATIENCE_NANOS) {
      station.cancel(old.id());
      lose(old, "not answered");
      pause();
    }
    Waiting first = waiting.peekFirst();
    while (first != null && first != encoding && now - first.sinceNanos >= LONGEST_WAIT_NANOS) {
      waiting.removeFirst().release();
      missed++;
      first = waiting.peekFirst();
    }
  }

  private void retryLater() {
    if (!retryArmed) {
      retryArmed = true;
      station.later(RETRY_NANOS, () -> retryArmed = false);
    }
  }

  private static long scaled(long nanos, double scale) {
    return (long) (nanos * scale);
  }
}
