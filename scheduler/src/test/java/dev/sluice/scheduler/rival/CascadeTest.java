package dev.sluice.scheduler.rival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.plan.Sends;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CascadeTest {
  private static final String JPEG = "jpeg-75";
  private static final BundleFacts FACTS = SyntheticFacts.withCompanion(1, 1, 20 * HandMade.MS);

  private static Prediction predicted(Cascade cascade) {
    return cascade.decide(HandMade.link(10), Optional.empty(), 0).prediction();
  }

  @Test
  void runsTheWholeNetworkAndSendsThePictureOfWhatItIsNotSureOf() {
    Plan plan = new Cascade(FACTS, JPEG, 0.8).plan();

    assertThat(plan.split()).isEqualTo(FACTS.lastCut());
    assertThat(plan.sends()).isEqualTo(Sends.COMPANION);
    assertThat(plan.exits()).hasSize(1);
  }

  @Test
  void sendsTheShareThatIsLessSureThanTheThreshold() {
    int finalExit = FACTS.finalExit();
    int unsure = 0;
    int right = 0;
    int variant = FACTS.companion().orElseThrow().select().variant(0, JPEG).orElseThrow();
    for (int s = 0; s < FACTS.select().samples(); s++) {
      boolean sent = FACTS.select().confidence(s, finalExit) < 0.8;
      unsure += sent ? 1 : 0;
      boolean companion = FACTS.companion().orElseThrow().select().correct(variant, s, 0);
      right += (sent ? companion : FACTS.select().correct(s, finalExit)) ? 1 : 0;
    }

    Prediction prediction = predicted(new Cascade(FACTS, JPEG, 0.8));

    assertThat(unsure).isPositive();
    assertThat(prediction.offloadedShare()).isEqualTo((double) unsure / FACTS.select().samples());
    assertThat(prediction.accuracy()).isEqualTo((double) right / FACTS.select().samples());
  }

  @Test
  void atThreshold0IsTheSmallNetworkAlone() {
    Prediction prediction = predicted(new Cascade(FACTS, JPEG, 0));

    assertThat(prediction.offloadedShare()).isZero();
    assertThat(prediction.accuracy()).isEqualTo(prediction.finalAccuracy());
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.005, 0.02, 1})
  void tunedSendsLeastOfAllThatAreAccurateEnough(double mostLoss) {
    double most = 0;
    for (int step = 0; step <= 100; step++) {
      most = Math.max(most, predicted(new Cascade(FACTS, JPEG, step / 100.0)).accuracy());
    }
    double least = 1;
    for (int step = 0; step <= 100; step++) {
      Prediction one = predicted(new Cascade(FACTS, JPEG, step / 100.0));
      least = one.accuracy() >= most - mostLoss ? Math.min(least, one.offloadedShare()) : least;
    }

    Prediction tuned = predicted(Cascade.tuned(FACTS, JPEG, mostLoss));

    assertThat(tuned.accuracy()).isGreaterThanOrEqualTo(most - mostLoss);
    assertThat(tuned.offloadedShare()).isEqualTo(least);
  }

  @Test
  void refusesWhatItCannotDo() {
    assertThatThrownBy(() -> new Cascade(SyntheticFacts.of(1), JPEG, 0.8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no companion");
    assertThatThrownBy(() -> new Cascade(FACTS, "webp", 0.8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("jpeg-75");
    for (double wrong : new double[] {-0.1, 1.1, Double.NaN}) {
      assertThatThrownBy(() -> new Cascade(FACTS, JPEG, wrong))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> Cascade.tuned(FACTS, JPEG, wrong))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
