package dev.sluice.scheduler.rival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.rival.ChangePoints.Prior;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.commons.math3.special.Gamma;
import org.apache.commons.math3.stat.StatUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangePointsTest {
  /** Above what dropping negligible run lengths can make. */
  private static final double TOLERANCE = 1e-6;

  /** Evidence of a run's values in closed form (Murphy, 2007, equation 203). */
  private static double logEvidence(Prior prior, double[] values) {
    int n = values.length;
    if (n == 0) {
      return 0;
    }
    double mean = StatUtils.mean(values);
    double squares = StatUtils.populationVariance(values, mean) * n;
    double weight = prior.meanWeight() + n;
    double shape = prior.shape() + n / 2.0;
    double off = mean - prior.mean();
    double scale = prior.scale() + squares / 2 + prior.meanWeight() * n * off * off / (2 * weight);
    return Gamma.logGamma(shape)
        - Gamma.logGamma(prior.shape())
        + prior.shape() * Math.log(prior.scale())
        - shape * Math.log(scale)
        + Math.log(prior.meanWeight() / weight) / 2
        - n / 2.0 * Math.log(2 * Math.PI);
  }

  /** Posterior of the run length by summing over all 2^n ways to part the values. */
  private static double[] exhaustive(Prior prior, double[] values) {
    int n = values.length;
    double[] weight = new double[n + 1];
    for (int changes = 0; changes < (1 << n); changes++) {
      double log = 0;
      int start = 0;
      for (int i = 0; i < n; i++) {
        boolean change = ((changes >> i) & 1) == 1;
        log += Math.log(change ? prior.hazard() : 1 - prior.hazard());
        if (change) {
          log += logEvidence(prior, Arrays.copyOfRange(values, start, i + 1));
          start = i + 1;
        }
      }
      log += logEvidence(prior, Arrays.copyOfRange(values, start, n));
      weight[n - start] += Math.exp(log);
    }
    double sum = Arrays.stream(weight).sum();
    return Arrays.stream(weight).map(w -> w / sum).toArray();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void isTheExactPosteriorOverAllWaysToPartTheValues(long seed) {
    Random random = new Random(seed);
    Prior prior = new Prior(0.3, 0.5, 1.5, 0.2, 0.15);
    double[] values = new double[9];
    double level = 0;
    for (int i = 0; i < values.length; i++) {
      level += random.nextInt(4) == 0 ? 3 * random.nextGaussian() : 0;
      values[i] = level + 0.3 * random.nextGaussian();
    }
    ChangePoints points = new ChangePoints(prior);
    for (int i = 0; i < values.length; i++) {
      points.add(values[i]);
      double[] wanted = exhaustive(prior, Arrays.copyOf(values, i + 1));
      for (int length = 0; length < wanted.length; length++) {
        assertThat(points.share(length))
            .as("seed %d, value %d, run length %d", seed, i, length)
            .isCloseTo(wanted[length], within(TOLERANCE));
      }
    }
  }

  @Test
  void noiseChangesAStateLessThanOnceInAThousandValuesAndAStepWithinThree() {
    int changes = 0;
    for (int seed = 100; seed < 120; seed++) {
      Random random = new Random(seed);
      BandwidthState state = new BandwidthState();
      assertThat(state.add(1e6)).isTrue();
      for (int i = 0; i < 300; i++) {
        changes += state.add(1e6 * Math.exp(0.1 * random.nextGaussian())) ? 1 : 0;
      }
      assertThat(state.bytesPerSecond()).isCloseTo(1e6, within(3e4));
      boolean changed = false;
      for (int i = 0; i < 3; i++) {
        changed |= state.add(1e5 * Math.exp(0.1 * random.nextGaussian()));
      }
      assertThat(changed).as("seed %d", seed).isTrue();
      for (int i = 0; i < 50; i++) {
        state.add(1e5 * Math.exp(0.1 * random.nextGaussian()));
      }
      assertThat(state.bytesPerSecond()).isCloseTo(1e5, within(1e4));
    }
    assertThat(changes).isLessThan(20 * 300 / 1000);
  }

  @Test
  void statesAlongATraceAreTheMeansOfItsStretches() {
    Random random = new Random(7);
    double[] levels = {1e6, 2e5, 4e6};
    double[] rates = new double[300];
    for (int i = 0; i < rates.length; i++) {
      rates[i] = levels[i / 100] * Math.exp(0.1 * random.nextGaussian());
    }

    List<Double> states = BandwidthState.along(rates);

    assertThat(states).hasSize(3);
    for (int i = 0; i < 3; i++) {
      assertThat(states.get(i)).isCloseTo(levels[i], within(0.05 * levels[i]));
    }
    assertThat(BandwidthState.along(new double[] {5, 5, 5})).hasSize(1);
  }

  @Test
  void refusesWhatIsNoRateOrPrior() {
    for (double bad : new double[] {Double.NaN, 0, -1, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> new BandwidthState().add(bad))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> new Prior(0, bad, 1, 1, 0.1))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> new Prior(0, 1, 1, 1, 1)).hasMessageContaining("hazard");
    assertThatThrownBy(() -> new ChangePoints(new Prior(0, 1, 1, 1, 0.1)).add(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new BandwidthState().bytesPerSecond())
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> BandwidthState.along(new double[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
