package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.SyntheticFacts;
import dev.sluice.scheduler.profile.ThresholdFile;
import dev.sluice.scheduler.profile.ThresholdFront;
import dev.sluice.scheduler.profile.ThresholdFront.Family;
import dev.sluice.scheduler.profile.ThresholdFront.Vector;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThresholdFamiliesTest {
  private static final double ROUNDING = 1e-12;

  private static ThresholdFront found(BundleFacts facts) {
    return new ThresholdFamilies(facts.select(), facts.profile()).found();
  }

  private static ThresholdFront readBack(ThresholdFront front) throws Exception {
    byte[] file = ThresholdFile.of(new byte[1], new byte[2], front).toJson();
    return ThresholdFile.fromJson(file).front();
  }

  private static List<List<Plan>> plans(BundleFacts facts) {
    return CandidatePlans.sluice(facts).stream().map(PlanChain::plans).toList();
  }

  private static ThresholdFront kept(BundleFacts facts) throws Exception {
    byte[] file =
        CandidatePlans.thresholds(facts.select().toBytes(), facts.profile().toJson()).toJson();
    return ThresholdFile.fromJson(file).front();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void vectorsThatWereKeptInAFileMakeTheSamePlansInTheSameOrder(long seed) throws Exception {
    BundleFacts facts = SyntheticFacts.withCompanion(seed, 1, 5_000_000);

    assertThat(plans(facts.with(readBack(found(facts))))).isEqualTo(plans(facts));
  }

  /** Where nothing is dominated there is nothing to leave out, so plans may not differ. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void aBundleKeepsExactlyTheVectorsThatNoOtherOneOfTheirFamilyDominates(long seed)
      throws Exception {
    BundleFacts facts = SyntheticFacts.of(seed);
    ThresholdFront found = found(facts);
    ThresholdFront kept = kept(facts);

    for (int i = 0; i < found.families().size(); i++) {
      Family family = found.families().get(i);
      List<Vector> undominated = new ArrayList<>();
      for (Vector one : family.vectors()) {
        Seen seen = Seen.of(facts, one, family.firstSplit());
        assertThat(one.cost()).isCloseTo(seen.cost(), within(ROUNDING));
        assertThat(one.loss()).isCloseTo(seen.loss(), within(ROUNDING));
        if (family.vectors().stream()
            .noneMatch(other -> Seen.of(facts, other, family.firstSplit()).beats(seen))) {
          undominated.add(one);
        }
      }
      assertThat(kept.families().get(i).vectors()).isEqualTo(undominated).hasSizeGreaterThan(3);
    }
    List<Vector> undominated = new ArrayList<>();
    for (Vector one : found.precise()) {
      boolean beaten = false;
      for (Vector other : found.precise()) {
        boolean everywhere = true;
        for (int split = 0; split <= facts.lastCut(); split++) {
          everywhere &= Seen.of(facts, other, split).beats(Seen.of(facts, one, split));
        }
        beaten |= everywhere;
      }
      if (!beaten) {
        undominated.add(one);
      }
    }
    assertThat(kept.precise()).isEqualTo(undominated).hasSizeGreaterThan(3);
    assertThat(kept.precise().size()).isLessThan(found.precise().size());
  }

  /** What a vector does, sample by sample. */
  private record Seen(double cost, double loss) {
    static Seen of(BundleFacts facts, Vector vector, int split) {
      CalibrationTable table = facts.select();
      Profile profile = facts.profile();
      double network = (double) profile.networkNanos();
      double nanos = 0;
      int lost = 0;
      for (int s = 0; s < table.samples(); s++) {
        int exit = 0;
        int reached = 0;
        while (exit < facts.finalExit()) {
          double threshold = vector.thresholds().get(exit);
          if (threshold != ThresholdFront.NEVER) {
            nanos += (double) profile.headNanos(exit);
            if (table.confidence(s, exit) >= threshold) {
              break;
            }
          }
          exit++;
        }
        for (; reached < facts.exitCut(exit); reached++) {
          nanos += (double) profile.segmentNanos(reached + 1);
        }
        nanos += split < facts.exitCut(exit) ? network / 2 : 0;
        lost += table.correct(s, facts.finalExit()) ? 1 : 0;
        lost -= table.correct(s, exit) ? 1 : 0;
      }
      return new Seen(nanos / network / table.samples(), (double) lost / table.samples());
    }

    /* Sums in another order differ in their last digits: a tie is no gain. */
    boolean beats(Seen other) {
      boolean noWorse = cost <= other.cost + ROUNDING && loss <= other.loss;
      return noWorse && (cost < other.cost - ROUNDING || loss < other.loss);
    }
  }

  @Test
  void aNetworkWithoutEarlyExitsHasVectorsToo() throws Exception {
    BundleFacts facts =
        SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(), 200, 10, 6_000_000, false), 1);
    ThresholdFront front = kept(facts);

    assertThat(front.at(0)).isEmpty();
    assertThat(front.at(4)).isEmpty();
    assertThat(plans(facts.with(front))).isEqualTo(plans(facts));
  }

  /** Without this a bundle's file might be read and never used. */
  @Test
  void plansHaveTheThresholdsThatTheFactsBring() {
    BundleFacts facts = SyntheticFacts.of(2);
    int early = facts.finalExit();
    double marked = 0.123456789;
    List<Double> thresholds = new ArrayList<>();
    for (int exit = 0; exit < early; exit++) {
      thresholds.add(exit == 1 ? marked : ThresholdFront.NEVER);
    }
    List<Family> families = new ArrayList<>();
    ThresholdFront found = found(facts);
    for (Family family : found.families()) {
      boolean first = family.firstSplit() == 0;
      families.add(
          new Family(
              family.firstSplit(),
              first ? List.of(new Vector(thresholds, 1, 0)) : family.vectors()));
    }
    BundleFacts marking =
        facts.with(new ThresholdFront(found.exitCuts(), families, found.precise()));

    List<Plan> plans =
        CandidatePlans.sluice(marking).stream().flatMap(chain -> chain.plans().stream()).toList();

    List<ExitThreshold> only = List.of(new ExitThreshold(1, marked));
    assertThat(plans).filteredOn(plan -> plan.exits().equals(only)).isNotEmpty();
    assertThat(plans)
        .filteredOn(plan -> plan.exits().equals(only))
        .allMatch(plan -> plan.split() < facts.exitCut(0));
    assertThat(CandidatePlans.sluice(facts))
        .noneMatch(chain -> chain.plans().stream().anyMatch(plan -> plan.exits().equals(only)));
  }

  /**
   * Four samples and one exit half way, whose head takes a tenth of the network's time. It is right
   * about the first three, the final exit about the first two and the last.
   */
  @Test
  void costsAndLossesAreThoseCountedByHand() {
    CalibrationTable.Builder table =
        CalibrationTable.builder(Role.SELECT, 3, 4, new int[] {1, 2}, List.of());
    double[] sure = {0.9, 0.8, 0.7, 0.6};
    for (int s = 0; s < 4; s++) {
      table.sample(s, 0, -1);
      table.outcome(s, 0, s < 3 ? 0 : 1, sure[s], 0, 0.1);
      table.outcome(s, 1, s == 2 ? 1 : 0, 0.95, 0, 0.1);
    }
    Profile profile =
        new Profile(
            Profile.VERSION,
            "by hand",
            0,
            List.of(new Profile.SegmentTime(1, 500), new Profile.SegmentTime(2, 500)),
            List.of(new Profile.HeadTime(0, 100)),
            List.of());
    ThresholdFront front = new ThresholdFamilies(table.build(), profile).front();

    // All stop: half the network and the head. The third answer is won, the fourth one lost.
    Vector bold = front.at(2).get(front.at(2).size() - 1);
    assertThat(bold.cost()).isCloseTo(0.5 + 0.1, within(ROUNDING));
    assertThat(bold.loss()).isZero();
    // Sent after the exit: nobody is. Sent before it: all are, for half of the network's time.
    assertThat(front.at(1).get(front.at(1).size() - 1).cost()).isCloseTo(0.6, within(ROUNDING));
    assertThat(front.at(0).get(front.at(0).size() - 1).cost()).isCloseTo(1.1, within(ROUNDING));
  }

  @Test
  void theTimesOfAnotherNetworkAreRefused() {
    BundleFacts facts = SyntheticFacts.of(1);
    BundleFacts other =
        SyntheticFacts.of(
            new SyntheticFacts.Shape(9, List.of(1, 2, 3, 5, 6), 100, 24, 6_000_000, true), 1);

    assertThatThrownBy(() -> new ThresholdFamilies(facts.select(), other.profile()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("another network");
  }

  @Test
  void factsRefuseVectorsOfOtherExits() {
    BundleFacts facts = SyntheticFacts.of(1);
    BundleFacts other =
        SyntheticFacts.of(
            new SyntheticFacts.Shape(8, List.of(1, 2, 3, 5), 100, 24, 6_000_000, true), 1);

    assertThatThrownBy(() -> facts.with(found(other)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("thresholds for exits at cuts [1, 2, 3, 5, 8], not [1, 2, 3, 5, 6, 8]");
  }
}
