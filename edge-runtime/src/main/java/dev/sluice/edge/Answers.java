package dev.sluice.edge;

import dev.sluice.edge.Request.LocalAnswer;
import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudReply.TransferTimes;
import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.Place;
import dev.sluice.edge.session.Score;
import dev.sluice.edge.session.Timing;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.CompanionInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes answers: what an exit, the cloud or nobody said of a frame, with the names of the classes
 * and where the time went; and counts them. Confined to the loop.
 */
final class Answers {
  private static final int TOP = 5;

  private final DeviceNetwork network;
  private final Tally tally;

  /**
   * What is answered, and why.
   *
   * @param top the most probable classes, best first; empty if the frame is dropped
   * @param exit that said so, -1 if none did
   * @param degraded whether the plan would have computed more
   * @param reason for people
   * @param times of the reply that it comes from
   */
  record Verdict(
      List<Score> top,
      int exit,
      Place place,
      boolean degraded,
      String reason,
      Optional<TransferTimes> times) {}

  Answers(DeviceNetwork network, Tally tally) {
    this.network = network;
    this.tally = tally;
  }

  /** An exit on the device has the word. */
  Verdict fromDevice(LocalAnswer said, boolean degraded, String reason) {
    return new Verdict(
        topOf(said.scores()), said.exit(), Place.DEVICE, degraded, reason, Optional.empty());
  }

  /** The best exit so far has the word, or the frame is dropped if there is none. */
  Verdict best(Request r, String reason) {
    LocalAnswer best = r.best;
    return best == null
        ? dropped(reason.isEmpty() ? "nothing could be computed" : reason)
        : fromDevice(best, true, reason);
  }

  /** Nobody has said anything. */
  static Verdict dropped(String reason) {
    return new Verdict(List.of(), -1, Place.DEVICE, true, reason, Optional.empty());
  }

  /** The worker has the word, about a frame that was sent under a plan. */
  Verdict fromCloud(Plan plan, CloudReply.Answered answered) {
    boolean companion = plan.usesCompanion();
    List<Score> top =
        answered.top().stream()
            .limit(TOP)
            .map(s -> score(companion ? ownClass(s.label()) : s.label(), s.probability()))
            .toList();
    return new Verdict(
        top,
        companion ? network.exitCuts().size() : answered.exit(),
        Place.CLOUD,
        false,
        companion ? "the companion answered" : "the cloud answered",
        Optional.of(answered.times()));
  }

  /**
   * Writes the one answer to a frame.
   *
   * @param r the frame, still bound to its plan if it has begun
   * @param plan it was served under, or would have been
   */
  EdgeAnswer write(Request r, Verdict verdict, Plan plan, long now) {
    List<Score> top = verdict.top();
    boolean dropped = top.isEmpty();
    tally.answered++;
    tally.fromCloud += verdict.place() == Place.CLOUD ? 1 : 0;
    tally.degraded += verdict.degraded() && !dropped ? 1 : 0;
    tally.dropped += dropped ? 1 : 0;
    Timing timing = timing(r, verdict.times());
    return new EdgeAnswer(
        r.id(),
        dropped ? -1 : top.get(0).label(),
        dropped ? "" : top.get(0).name(),
        dropped ? 0 : top.get(0).probability(),
        top,
        verdict.exit(),
        verdict.place(),
        plan.split(),
        plan.codec(),
        verdict.degraded(),
        dropped,
        verdict.reason(),
        now - r.frame.captureNanos(),
        r.bytesSent,
        timing,
        timing.workerComputeNanos());
  }

  private static Timing timing(Request r, Optional<TransferTimes> times) {
    return new Timing(
        r.active == null ? 0 : r.startNanos - r.frame.captureNanos(),
        r.preprocessNanos,
        r.deviceNanos,
        r.encodeNanos,
        times.map(TransferTimes::networkNanos).orElse(0L),
        times.map(TransferTimes::workerQueueNanos).orElse(0L),
        times.map(TransferTimes::workerComputeNanos).orElse(0L));
  }

  private List<Score> topOf(ExitScores scores) {
    float[] p = scores.probabilities();
    List<Score> top = new ArrayList<>(TOP);
    boolean[] taken = new boolean[p.length];
    for (int n = 0; n < Math.min(TOP, p.length); n++) {
      int best = -1;
      for (int i = 0; i < p.length; i++) {
        if (!taken[i] && (best < 0 || p[i] > p[best])) {
          best = i;
        }
      }
      taken[best] = true;
      top.add(score(best, p[best]));
    }
    return top;
  }

  private Score score(int label, double probability) {
    List<String> labels = network.labels();
    String name = label < labels.size() ? labels.get(label) : "class " + label;
    return new Score(label, name, probability);
  }

  /**
   * A companion numbers classes its own way; one that the bundle does not have keeps its number.
   */
  private int ownClass(int theirs) {
    CompanionInfo companion =
        network
            .companion()
            .orElseThrow(() -> new IllegalStateException("an answer of a companion that is none"));
    return companion.classOf(theirs).orElse(theirs);
  }
}
