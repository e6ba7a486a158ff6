package dev.sluice.experiments.study.replay;

import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.BundleFacts.CutFact;
import dev.sluice.scheduler.profile.BundleFacts.ExitFact;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import dev.sluice.scheduler.profile.CalibrationTable.Variant;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.SyntheticFacts;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.trace.LinkTrace;
import java.util.List;
import java.util.stream.IntStream;

/** Networks and links to replay in tests. */
public final class Courses {
  public static final long MS = 1_000_000;

  private Courses() {}

  /**
   * Two segments of 10 and 20 ms, an exit of 2 ms between them that is never sure, and one codec
   * there of 3 and 1 ms; preprocessing takes 1 ms. The uncut network is always right.
   *
   * @param payloadBytes of every row
   */
  public static StreamReplay tiny(int payloadBytes, long periodNanos) {
    Profile profile =
        new Profile(
            Profile.VERSION,
            "made up",
            MS,
            List.of(new Profile.SegmentTime(1, 10 * MS), new Profile.SegmentTime(2, 20 * MS)),
            List.of(new Profile.HeadTime(0, 2 * MS)),
            List.of(new Profile.CodecCost(1, "c", 3 * MS, MS, payloadBytes, payloadBytes)));
    BundleFacts facts =
        new BundleFacts(
            2,
            List.of(new ExitFact(0, 1), new ExitFact(1, 2)),
            List.of(new CutFact(0, 0), new CutFact(1, 0.3), new CutFact(2, 1)),
            List.of(new CodecFact(1, "c")),
            profile,
            table(Role.SELECT, payloadBytes),
            table(Role.CERTIFY, payloadBytes));
    return new StreamReplay(facts, facts.certify(), 1, periodNanos, LinkOptions.IDEAL, 0);
  }

  private static CalibrationTable table(Role role, int payloadBytes) {
    int samples = 10;
    var table =
        CalibrationTable.builder(role, 3, samples, new int[] {1, 2}, List.of(new Variant(1, "c")));
    for (int s = 0; s < samples; s++) {
      int label = s % 3;
      table.sample(s, label, -1);
      table.outcome(s, 0, (label + s % 2) % 3, 0.5, 0.2, 1);
      table.outcome(s, 1, label, 0.9, 0.8, 0.3);
      table.payload(0, s, payloadBytes);
      table.outcome(0, s, 1, label, 0.9, 0.8, 0.3);
    }
    return table.build();
  }

  /** A network of the usual synthetic shape on a device that takes 120 ms for it. */
  public static StreamReplay synthetic(long seed, long periodNanos) {
    BundleFacts facts = SyntheticFacts.of(seed);
    return new StreamReplay(facts, facts.certify(), 20, periodNanos, LinkOptions.DEFAULT, 0.02);
  }

  public static int[] rows(int frames, StreamReplay replay) {
    return IntStream.range(0, frames).map(i -> i % replay.test().samples()).toArray();
  }

  /** A link of one rate both ways that is away from one second to another, if those differ. */
  public static LinkTrace link(
      double bytesPerSecond, long roundTripMillis, int fromSecond, int toSecond) {
    long roundTrip = roundTripMillis * MS;
    LinkTrace.Step whole = new LinkTrace.Step(0, bytesPerSecond, bytesPerSecond, roundTrip, false);
    if (fromSecond == toSecond) {
      return LinkTrace.of(List.of(whole));
    }
    return LinkTrace.of(
        List.of(
            whole,
            new LinkTrace.Step(
                fromSecond * 1000L * MS, bytesPerSecond, bytesPerSecond, roundTrip, true),
            new LinkTrace.Step(
                toSecond * 1000L * MS, bytesPerSecond, bytesPerSecond, roundTrip, false)));
  }
}
