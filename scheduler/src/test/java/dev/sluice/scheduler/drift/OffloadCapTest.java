package dev.sluice.scheduler.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OffloadCapTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void neverSendsMoreThanItsShareAndABurstInAnyRunOfSamples(int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double share = random.nextDouble();
    double burst = 1 + random.nextInt(20);
    OffloadCap cap = new OffloadCap(share, burst);
    int samples = 2000;
    int[] sentUpTo = new int[samples + 1];
    for (int i = 0; i < samples; i++) {
      cap.onSample();
      boolean wants = random.nextInt(300) < 200 || i % 500 > 100;
      sentUpTo[i + 1] = sentUpTo[i] + (wants && cap.trySend() ? 1 : 0);
    }
    for (int from = 0; from < samples; from += 37) {
      for (int to = from + 1; to <= samples; to++) {
        assertThat(sentUpTo[to] - sentUpTo[from])
            .as("seed %d, samples %d to %d", seed, from, to)
            .isLessThanOrEqualTo((int) Math.floor(share * (to - from) + burst + 1e-9));
      }
    }
    assertThat(sentUpTo[samples]).isGreaterThan((int) (0.5 * share * samples));
  }

  @Test
  void sendsEverythingAtAShareOfOneAndOnlyTheBurstAtNone() {
    OffloadCap all = new OffloadCap(1, 1);
    OffloadCap none = new OffloadCap(0, 3);
    int sent = 0;
    for (int i = 0; i < 100; i++) {
      all.onSample();
      none.onSample();
      assertThat(all.trySend()).isTrue();
      sent += none.trySend() ? 1 : 0;
    }
    assertThat(sent).isEqualTo(3);
    assertThat(none.share()).isZero();
  }

  @Test
  void refusesSharesAndBurstsOutOfRange() {
    assertThatThrownBy(() -> new OffloadCap(1.1, 3)).hasMessageContaining("share");
    assertThatThrownBy(() -> new OffloadCap(Double.NaN, 3)).hasMessageContaining("share");
    assertThatThrownBy(() -> new OffloadCap(0.5, 0)).hasMessageContaining("burst");
    assertThatThrownBy(() -> new OffloadCap(0.5, Double.NaN)).hasMessageContaining("burst");
    assertThatThrownBy(() -> new OffloadCap(0.5, 2).share(-0.1)).hasMessageContaining("share");
  }
}
