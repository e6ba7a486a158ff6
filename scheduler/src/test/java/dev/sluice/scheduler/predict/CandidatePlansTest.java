package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CandidatePlansTest {
  private static final BundleFacts FACTS = SyntheticFacts.of(5);
  private static final CodecFact Q8 = new CodecFact(2, "q8");

  private static List<Plan> plans(List<PlanChain> chains) {
    return chains.stream().flatMap(chain -> chain.plans().stream()).toList();
  }

  private static boolean sends(Plan plan, CodecFact codec) {
    return plan.usesCloud() && plan.sentCut() == codec.cut() && plan.codec().equals(codec.codec());
  }

  private static BundleFacts with(List<CodecFact> codecs, Profile profile) {
    return new BundleFacts(
        FACTS.lastCut(),
        FACTS.exits(),
        FACTS.cuts(),
        codecs,
        profile,
        FACTS.select(),
        FACTS.certify());
  }

  /** The same facts on a device whose profile knows no time for {@link #Q8}. */
  private static BundleFacts withoutATimeForQ8() {
    Profile whole = FACTS.profile();
    List<Profile.CodecCost> others =
        whole.codecs().stream()
            .filter(cost -> cost.cut() != Q8.cut() || !cost.codec().equals(Q8.codec()))
            .toList();
    assertThat(others).hasSize(whole.codecs().size() - 1);
    return with(
        FACTS.codecs(),
        new Profile(
            whole.version(),
            whole.machine(),
            whole.preprocessNanos(),
            whole.segments(),
            whole.heads(),
            others));
  }

  private static Set<Plan> without(CodecFact codec, List<PlanChain> chains) {
    return plans(chains).stream()
        .filter(plan -> !sends(plan, codec))
        .collect(Collectors.toUnmodifiableSet());
  }

  @Test
  void aCodecWithoutATimeInTheProfileTakesNoPartAndTheOthersDo() {
    BundleFacts lacking = withoutATimeForQ8();
    assertThat(plans(CandidatePlans.sluice(FACTS))).anyMatch(plan -> sends(plan, Q8));

    assertThat(plans(CandidatePlans.sluice(lacking)))
        .containsExactlyInAnyOrderElementsOf(without(Q8, CandidatePlans.sluice(FACTS)));
    assertThat(plans(CandidatePlans.withoutExits(lacking)))
        .containsExactlyInAnyOrderElementsOf(without(Q8, CandidatePlans.withoutExits(FACTS)));
  }

  @Test
  void aCodecWithoutRowsInTheTablesTakesNoPartUnlessItLosesNothing() {
    List<CodecFact> codecs = new ArrayList<>(FACTS.codecs());
    CodecFact unheard = new CodecFact(2, "unheard");
    CodecFact exact = new CodecFact(2, "raw");
    codecs.addAll(List.of(unheard, exact));
    List<Profile.CodecCost> costs = new ArrayList<>(FACTS.profile().codecs());
    for (CodecFact codec : List.of(unheard, exact)) {
      assertThat(FACTS.select().variant(codec.cut(), codec.codec())).isEmpty();
      costs.add(new Profile.CodecCost(codec.cut(), codec.codec(), 10, 10, 100, 100));
    }
    Profile whole = FACTS.profile();
    BundleFacts more =
        with(
            codecs,
            new Profile(
                whole.version(),
                whole.machine(),
                whole.preprocessNanos(),
                whole.segments(),
                whole.heads(),
                costs));

    assertThat(plans(CandidatePlans.sluice(more)))
        .noneMatch(plan -> sends(plan, unheard))
        .anyMatch(plan -> sends(plan, exact));
  }

  /** A plan that is forced, rather than chosen among the candidates, is told what is missing. */
  @Test
  void aPlanThatUsesItAllTheSameIsRefusedWithTheCodecsName() {
    Plan forced = new Plan(Q8.cut(), Q8.codec(), List.of());

    assertThatThrownBy(() -> new Predictor(withoutATimeForQ8(), List.of(forced), 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the profile lacks codec q8 at cut 2");
  }
}
