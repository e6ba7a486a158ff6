package dev.sluice.scheduler.rival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import org.junit.jupiter.api.Test;

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

  @Test
  void codecsThatTheBundleLacksAreNotOffered() {
    assertThat(new Coding.Named("q3", "bmp").offered(FACTS)).isEmpty();
    for (double bad : new double[] {Double.NaN, -0.1, 1.1}) {
      assertThatThrownBy(() -> new Coding.Within(bad)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
