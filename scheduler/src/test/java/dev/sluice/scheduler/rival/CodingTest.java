package dev.sluice.scheduler.rival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CodingTest {
  private static final BundleFacts FACTS = SyntheticFacts.of(1);

  @Test
  void uncompressedIsFloatsInsideAndPixelsAtTheInput() {
    List<CodecFact> offered = Coding.uncompressed().offered(FACTS);

    assertThat(offered).hasSize(FACTS.lastCut());
    assertThat(offered.get(0)).isEqualTo(new CodecFact(0, "raw"));
    assertThat(offered.subList(1, offered.size())).allMatch(c -> c.codec().equals("f32"));
    assertThat(offered).extracting(CodecFact::cut).isSorted();
  }

  @Test
  void withinALossAreExactlyTheCodecsThatLoseNoMore() {
    List<CodecFact> offered = new Coding.Within(0.01).offered(FACTS);
    for (CodecFact codec : FACTS.codecs()) {
      Plan plan = new Plan(codec.cut(), codec.codec(), List.of());
      Predictor predictor = new Predictor(FACTS, List.of(plan), 0, 0);
      assertThat(offered.contains(codec))
          .as("%s", codec)
          .isEqualTo(predictor.accuracy(0) >= predictor.finalAccuracy() - 0.01);
    }
    assertThat(new Coding.Within(1).offered(FACTS)).hasSameSizeAs(FACTS.codecs());
  }

  @ParameterizedTest
  @CsvSource({
    "accuracy >= final - 0.5 pt, 0.005",
    "accuracy >= final - 3 pt, 0.03",
    "accuracy >= final, 0",
    "accuracy >= 90 %, 0.01",
    "mean_latency <= 1 s, 0.01"
  })
  void codecsMayLoseWhatTheObjectiveAllows(String bound, double share) throws Exception {
    Objective objective = Objective.parse(bound + "; minimise uplink_bytes");

    assertThat(Terms.mostLoss(objective)).isCloseTo(share, within(1e-12));
  }

  @Test
  void codecsThatTheBundleLacksAreNotOffered() {
    assertThat(new Coding.Named("q3", "bmp").offered(FACTS)).isEmpty();
    for (double bad : new double[] {Double.NaN, -0.1, 1.1}) {
      assertThatThrownBy(() -> new Coding.Within(bad)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
