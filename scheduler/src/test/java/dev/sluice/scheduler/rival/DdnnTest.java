package dev.sluice.scheduler.rival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Envelope;
import dev.sluice.scheduler.rival.Ddnn.Setting;
import dev.sluice.scheduler.rival.HandMade.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DdnnTest {
  /**
   * The setting of DDNN's section on the exit threshold: three classes, features of 4 filters of
   * 256 bits, that is 128 bytes. Of 171 samples 39 have a normalised entropy up to 0.7, 104 up to
   * 0.8, 142 up to 0.9 and all up to 1.
   */
  private static BundleFacts paper() {
    List<Row> rows = new ArrayList<>();
    for (int s = 0; s < 171; s++) {
      double entropy = s < 39 ? 0.65 : s < 104 ? 0.75 : s < 142 ? 0.85 : 0.95;
      rows.add(new Row(List.of(s % 10 > 0, true), List.of(entropy, 0.1)));
    }
    return HandMade.exits(
        List.of(1.0, 5.0),
        List.of(1.0, 5.0),
        List.of(1, 2),
        List.of(HandMade.free(1, 128)),
        3,
        rows);
  }

  private static Prediction predicted(BundleFacts facts, double threshold) {
    return new Ddnn(facts, new Setting(0, "f32", threshold))
        .decide(HandMade.link(1), Optional.empty(), 0)
        .prediction();
  }

  @Test
  void sendsTheBytesOfThePapersEquation() {
    /*
     * Equation 1 of the paper is 4 C + (1 - l) f o / 8: scores for the aggregator, which a single
     * device does not send, and the features of those that stay unsure; it knows no envelope. For l of 0, 22.81, 60.82,
     * 83.04 and 100 % it gives 140, 111, 62, 34 and 12 bytes.
     */
    double scores = 4 * 3;
    double[] thresholds = {0.1, 0.7, 0.8, 0.9, 1.0};
    long[] bytes = {140, 111, 62, 34, 12};
    double[] leave = {0, 0.2281, 0.6082, 0.8304, 1};
    for (int i = 0; i < thresholds.length; i++) {
      Prediction prediction = predicted(paper(), thresholds[i]);
      double envelopes = Envelope.REQUEST_BYTES * prediction.offloadedShare();
      assertThat(Math.round(scores + prediction.uplinkBytes() - envelopes))
          .as("threshold %s", thresholds[i])
          .isEqualTo(bytes[i]);
      assertThat(Math.round(1e4 * (1 - prediction.offloadedShare())) / 1e4).isEqualTo(leave[i]);
    }
  }

  @Test
  void theThresholdItselfStillLeavesAndNothingPastTheDeviceDoes() {
    BundleFacts facts =
        HandMade.exits(
            List.of(1.0, 1.0, 1.0),
            List.of(1.0, 1.0, 1.0),
            List.of(1, 2, 3),
            List.of(HandMade.free(1, 100)),
            4,
            List.of(
                new Row(List.of(true, true, true), List.of(1.0, 0.0, 0.0)),
                new Row(List.of(true, false, true), List.of(0.0, 0.0, 0.0))));
    Ddnn never = new Ddnn(facts, new Setting(0, "f32", 0));
    Ddnn always = new Ddnn(facts, new Setting(0, "f32", 1));

    assertThat(never.decide(HandMade.link(1), Optional.empty(), 0).prediction().offloadedShare())
        .isEqualTo(0.5);
    assertThat(always.decide(HandMade.link(1), Optional.empty(), 0).prediction().offloadedShare())
        .isZero();
    assertThat(never.decide(HandMade.link(1), Optional.empty(), 0).plan().exits()).hasSize(1);
    assertThat(never.criterion().active(1)).isFalse();
  }

  @Test
  void theSweepSendsLeastWithinTheLoss() {
    BundleFacts facts = paper();
    for (double loss : new double[] {0, 0.03, 0.08, 0.2}) {
      Ddnn chosen = Ddnn.swept(facts, Coding.uncompressed(), loss, HandMade.link(1));
      Prediction prediction = chosen.decide(HandMade.link(1), Optional.empty(), 0).prediction();
      assertThat(prediction.accuracy()).isGreaterThanOrEqualTo(prediction.finalAccuracy() - loss);
      for (int step = 0; step <= 20; step++) {
        Prediction other = predicted(facts, step / 20.0);
        if (other.accuracy() >= other.finalAccuracy() - loss) {
          assertThat(prediction.uplinkBytes()).isLessThanOrEqualTo(other.uplinkBytes());
        }
      }
    }
  }

  @Test
  void isOneFixedPlanWhateverTheLink() {
    Ddnn planner = new Ddnn(paper(), new Setting(0, "f32", 0.8));
    Plan plan = planner.decide(HandMade.link(100), Optional.empty(), 0).plan();

    assertThat(planner.decide(HandMade.link(0.01), Optional.empty(), 0).plan()).isEqualTo(plan);
    assertThat(planner.decide(HandMade.down(), Optional.empty(), 0).plan()).isEqualTo(plan);
    assertThat(plan.split()).isEqualTo(1);
  }

  @Test
  void settingsFitTheBundle() {
    for (double bad : new double[] {Double.NaN, -0.1, 1.1}) {
      assertThatThrownBy(() -> new Setting(0, "f32", bad))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> new Ddnn(paper(), new Setting(1, "f32", 0.5)))
        .hasMessageContaining("early exit");
    assertThatThrownBy(() -> new Ddnn(paper(), new Setting(0, "q8", 0.5)))
        .hasMessageContaining("q8");
    BundleFacts mute = HandMade.chain(List.of(1.0), List.of(1.0), List.of());
    assertThatThrownBy(() -> Ddnn.swept(mute, Coding.uncompressed(), 0.01, HandMade.link(1)))
        .hasMessageContaining("no exit and codec");
  }
}
