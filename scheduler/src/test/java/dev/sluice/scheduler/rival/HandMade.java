package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.BundleFacts.CutFact;
import dev.sluice.scheduler.profile.BundleFacts.ExitFact;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.Profile.CodecCost;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Facts written down number by number, for examples from papers. Only lossless codecs. */
public final class HandMade {
  static final long MS = 1_000_000;

  private HandMade() {}

  /**
   * A sample as the exits see it.
   *
   * @param right by exit
   * @param entropyShare by exit, of the largest entropy
   */
  record Row(List<Boolean> right, List<Double> entropyShare) {}

  /** Two sides of a chain in milliseconds per segment; one exit, at the end; one right sample. */
  public static BundleFacts chain(
      List<Double> deviceMs, List<Double> workerMs, List<CodecCost> codecs) {
    return chain(deviceMs, workerMs, codecs, 1);
  }

  /** The same with so many samples, all alike. */
  public static BundleFacts chain(
      List<Double> deviceMs, List<Double> workerMs, List<CodecCost> codecs, int samples) {
    return exits(
        deviceMs,
        workerMs,
        List.of(deviceMs.size()),
        codecs,
        2,
        Collections.nCopies(samples, new Row(List.of(true), List.of(0.0))));
  }

  static BundleFacts exits(
      List<Double> deviceMs,
      List<Double> workerMs,
      List<Integer> exitCuts,
      List<CodecCost> codecs,
      int classes,
      List<Row> rows) {
    int lastCut = deviceMs.size();
    List<ExitFact> exits = new ArrayList<>();
    for (int cut : exitCuts) {
      exits.add(new ExitFact(exits.size(), cut));
    }
    double sum = deviceMs.stream().mapToDouble(Double::doubleValue).sum();
    double share = 0;
    List<CutFact> cuts = new ArrayList<>(List.of(new CutFact(0, 0)));
    for (int cut = 1; cut <= lastCut; cut++) {
      share += deviceMs.get(cut - 1) / sum;
      cuts.add(new CutFact(cut, Math.min(1, share)));
    }
    return new BundleFacts(
        lastCut,
        exits,
        cuts,
        codecs.stream().map(c -> new CodecFact(c.cut(), c.codec())).toList(),
        profile(deviceMs, exitCuts, codecs),
        profile(workerMs, exitCuts, codecs),
        table(Role.SELECT, exitCuts, classes, rows),
        table(Role.CERTIFY, exitCuts, classes, rows));
  }

  /** Heads of early exits take no time. */
  private static Profile profile(List<Double> ms, List<Integer> exitCuts, List<CodecCost> codecs) {
    List<Profile.SegmentTime> segments = new ArrayList<>();
    for (double time : ms) {
      segments.add(new Profile.SegmentTime(segments.size() + 1, Math.round(time * MS)));
    }
    List<Profile.HeadTime> heads = new ArrayList<>();
    for (int exit = 0; exit < exitCuts.size() - 1; exit++) {
      heads.add(new Profile.HeadTime(exit, 0));
    }
    return new Profile(Profile.VERSION, "by hand", 0, segments, heads, codecs);
  }

  private static CalibrationTable table(
      Role role, List<Integer> exitCuts, int classes, List<Row> rows) {
    CalibrationTable.Builder table =
        CalibrationTable.builder(
            role,
            classes,
            rows.size(),
            exitCuts.stream().mapToInt(Integer::intValue).toArray(),
            List.of());
    for (int s = 0; s < rows.size(); s++) {
      table.sample(s, 0, -1);
      for (int exit = 0; exit < exitCuts.size(); exit++) {
        double share = rows.get(s).entropyShare().get(exit);
        table.outcome(
            s,
            exit,
            rows.get(s).right().get(exit) ? 0 : 1,
            1 - share / 2,
            1 - share,
            share * Math.log(classes));
      }
    }
    return table.build();
  }

  /** A codec that takes no time. */
  public static CodecCost free(int cut, double bytes) {
    return new CodecCost(cut, cut == 0 ? "raw" : "f32", 0, 0, bytes, bytes);
  }

  public static Estimates link(double megabitsPerSecond) {
    return link(megabitsPerSecond, 0);
  }

  public static Estimates link(double megabitsPerSecond, double periodMs) {
    return Estimates.of(
        LinkState.UP, megabitsPerSecond * 125_000, 0.1, 0, 0, 1, 1, 0, Math.round(periodMs * MS));
  }

  static Estimates down() {
    return Estimates.of(LinkState.DOWN, 125_000, 0.1, 0, 0, 1, 1, 0, 0);
  }
}
