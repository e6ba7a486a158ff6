package dev.sluice.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class HeadChoiceTest {
  @Test
  void asksAPointOfAccuracyForEveryPercentOfTheWork() {
    // One percent of the network more must bring a point, beside half a point for chance.
    assertThat(HeadChoice.convPays(0.60, 0.616, 0, 10, 1000)).isTrue();
    assertThat(HeadChoice.convPays(0.60, 0.614, 0, 10, 1000)).isFalse();
    assertThat(HeadChoice.convPays(0.60, 0.616, 5, 20, 1000)).isFalse();
  }

  @Test
  void asksForSomeGainEvenWhereItCostsNothing() {
    assertThat(HeadChoice.convPays(0.60, 0.604, 10, 10, 1000)).isFalse();
    assertThat(HeadChoice.convPays(0.60, 0.606, 10, 10, 1000)).isTrue();
    assertThat(HeadChoice.convPays(0.60, 0.604, 20, 10, 1000)).isFalse();
  }

  @Test
  void knowsTheKindsByName() {
    assertThat(HeadChoice.parse("auto")).isEqualTo(HeadChoice.AUTO);
    assertThat(HeadChoice.parse("tokens")).isEqualTo(HeadChoice.TOKENS);
    assertThatThrownBy(() -> HeadChoice.parse("Pooled"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("auto, pooled, conv, tokens");
  }
}
