package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import org.junit.jupiter.api.Test;

class CostModelTest {
  private static final double TOLERANCE_NANOS = 8;

  private static BundleFacts withDeviceTwiceAsFast(BundleFacts facts) {
    Profile slow = facts.profile();
    Profile fast =
        new Profile(
            slow.version(),
            "int8",
            slow.preprocessNanos(),
            slow.segments().stream()
                .map(s -> new Profile.SegmentTime(s.cut(), s.nanos() / 2))
                .toList(),
            slow.heads(),
            slow.codecs());
    return withDevice(facts, fast);
  }

  private static BundleFacts withDevice(BundleFacts facts, Profile device) {
    return new BundleFacts(
        facts.lastCut(),
        facts.exits(),
        facts.cuts(),
        facts.codecs(),
        device,
        facts.profile(),
        facts.select(),
        facts.certify());
  }

  @Test
  void aFasterDeviceLeavesTheWorkersTimeAsItIs() {
    BundleFacts facts = SyntheticFacts.of(1);
    BundleFacts int8 = withDeviceTwiceAsFast(facts);
    BundleFacts.CodecFact codec =
        facts.codecs().stream().filter(c -> c.cut() == 3).findFirst().orElseThrow();
    Plan plan = new Plan(3, codec.codec(), List.of(new ExitThreshold(0, 0.9)));

    CostModel before = CostModel.of(facts, plan);
    CostModel after = CostModel.of(int8, plan);

    assertThat(after.worker).isEqualTo(before.worker);
    double segments = 0;
    for (int cut = 1; cut <= 3; cut++) {
      segments += facts.profile().segmentNanos(cut);
    }
    assertThat(before.deviceSent - after.deviceSent)
        .isCloseTo(segments / 2, org.assertj.core.data.Offset.offset(TOLERANCE_NANOS));
  }

  @Test
  void refusesADevicesTimesOfAnotherNetwork() {
    BundleFacts facts = SyntheticFacts.of(1);
    Profile own = facts.profile();
    Profile shorter =
        new Profile(
            own.version(),
            own.machine(),
            own.preprocessNanos(),
            own.segments().subList(0, own.segments().size() - 1),
            List.of(),
            List.of());

    assertThatThrownBy(() -> withDevice(facts, shorter))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("segments");
  }
}
