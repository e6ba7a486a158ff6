package dev.sluice.model.exit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExitPolicyTest {
  private static final double TOLERANCE = 1e-6;
  private static final PolicyData.OfExit NOTHING = PolicyData.OfExit.NOTHING;

  private static ExitScores scores(float... probabilities) {
    return new ExitScores(probabilities);
  }

  private static boolean stops(ExitPolicy policy, float... probabilities) {
    return policy.stops(scores(probabilities), ExitState.NONE, NOTHING);
  }

  @Test
  void stopsAtATop1ProbabilityOfAtLeastTheThreshold() {
    assertThat(stops(new ExitPolicy.Top1Above(0), 0.5f, 0.5f)).isTrue();
    assertThat(stops(new ExitPolicy.Top1Above(0.5), 0.5f, 0.5f)).isTrue();
    assertThat(stops(new ExitPolicy.Top1Above(0.51), 0.5f, 0.5f)).isFalse();
    assertThat(stops(new ExitPolicy.Top1Above(1.01), 1, 0)).isFalse();
  }

  @Test
  void stopsAtAnEntropyOfAtMostTheThresholdInNats() {
    // -(0.75 ln 0.75 + 0.25 ln 0.25) = 0.5623
    assertThat(stops(new ExitPolicy.EntropyBelow(0.563), 0.25f, 0.75f)).isTrue();
    assertThat(stops(new ExitPolicy.EntropyBelow(0.562), 0.25f, 0.75f)).isFalse();
    assertThat(stops(new ExitPolicy.EntropyBelow(0), 0, 1)).isTrue();
    assertThat(stops(new ExitPolicy.EntropyBelow(Math.log(2) + TOLERANCE), 0.5f, 0.5f)).isTrue();
  }

  @Test
  void stopsAtALeadOverTheSecondClassOfAtLeastTheMargin() {
    assertThat(stops(new ExitPolicy.MarginAbove(0.25), 0.5f, 0.25f, 0.25f)).isTrue();
    assertThat(stops(new ExitPolicy.MarginAbove(0.26), 0.5f, 0.25f, 0.25f)).isFalse();
  }

  @Test
  void alwaysAndNeverDoNotLook() {
    assertThat(stops(new ExitPolicy.Always(), 0.5f, 0.5f)).isTrue();
    assertThat(stops(new ExitPolicy.Never(), 1, 0)).isFalse();
  }

  @Test
  void hasAThresholdForEachPredictedClass() {
    ExitPolicy policy =
        new ExitPolicy.PerClassTop1(new double[] {0.5, 0.9, Double.POSITIVE_INFINITY});
    assertThat(stops(policy, 0.6f, 0.3f, 0.1f)).isTrue();
    assertThat(stops(policy, 0.3f, 0.6f, 0.1f)).isFalse();
    assertThat(stops(policy, 0.05f, 0.9f, 0.05f)).as("0.9f is below 0.9").isFalse();
    assertThat(stops(policy, 0.02f, 0.95f, 0.03f)).isTrue();
    assertThat(stops(policy, 0, 0, 1)).isFalse();
    PolicyData.OfExit fitted = NOTHING.with(new double[] {0.5, 0.9, 1});
    assertThat(
            new ExitPolicy.PerClassFitted().stops(scores(0.6f, 0.3f, 0.1f), ExitState.NONE, fitted))
        .isTrue();
    assertThat(
            new ExitPolicy.PerClassFitted().stops(scores(0.3f, 0.6f, 0.1f), ExitState.NONE, fitted))
        .isFalse();
  }

  @Test
  void wantsThePredictionToStayTheSameAsManyTimesAsThePatienceSays() {
    ExitPolicies policies = everyExit(new ExitPolicy.Patience(2), 7, PolicyData.NONE);
    ExitPolicies.Judge judge = policies.judge();
    float[] zero = {0.6f, 0.4f};
    float[] one = {0.4f, 0.6f};
    // Predictions 0 0 1 1 1: the counter is 0 1 0 1 2.
    assertThat(judge.stops(0, scores(zero))).isFalse();
    assertThat(judge.stops(1, scores(zero))).isFalse();
    assertThat(judge.stops(2, scores(one))).isFalse();
    assertThat(judge.stops(3, scores(one))).isFalse();
    assertThat(judge.state()).isEqualTo(new ExitState(1, 1));
    assertThat(judge.stops(4, scores(one))).isTrue();
  }

  /** Means (1, -1) and (-1, 1), each with a mean distance of 2. */
  private static ClassCentres centres(double temperature) {
    return new ClassCentres(new float[][] {{1, -1}, {-1, 1}}, new float[] {2, 2}, temperature);
  }

  @Test
  void takesTheSoftmaxOverNegativeNormalisedDistancesToTheClassMeans() {
    // The output (1, -1) lies 0 from the first mean and sqrt(8) from the second: 0 and sqrt(2).
    double far = Math.exp(-Math.sqrt(2));
    assertThat(centres(1).probability(new float[] {1, -1}, 0))
        .isCloseTo(1 / (1 + far), within(TOLERANCE));
    assertThat(centres(1).probability(new float[] {1, -1}, 1))
        .isCloseTo(far / (1 + far), within(TOLERANCE));
    double colder = Math.exp(-Math.sqrt(2) / 0.5);
    assertThat(centres(0.5).probability(new float[] {1, -1}, 0))
        .isCloseTo(1 / (1 + colder), within(TOLERANCE));
    PolicyData.OfExit data = NOTHING.with(centres(1));
    ExitScores sample = ExitScores.of(new float[] {2, 0}, 1);
    double p = 1 / (1 + far);
    assertThat(new ExitPolicy.ClassMeans(p - 1e-9).stops(sample, ExitState.NONE, data)).isTrue();
    assertThat(new ExitPolicy.ClassMeans(p + 1e-9).stops(sample, ExitState.NONE, data)).isFalse();
  }

  @Test
  void givesAClassWithoutMeanNoProbability() {
    ClassCentres one = new ClassCentres(new float[][] {{1, -1}, {0, 0}}, new float[] {2, 0}, 1);
    assertThat(one.probability(new float[] {1, -1}, 1)).isZero();
    assertThat(one.probability(new float[] {1, -1}, 0)).isEqualTo(1);
  }

  @Test
  void dividesTheDistanceToTheNearestOtherClassByThatToThePredictedOne() {
    TrustSets sets =
        new TrustSets(
            2, new float[][] {{3, -3}, {1, -1}, {-1, 1}, {-4, 4}}, new int[] {0, 0, 1, 1});
    // (0.5, -0.5): sqrt(0.5) to (1, -1), sqrt(4.5) to (-1, 1).
    assertThat(sets.score(new float[] {0.5f, -0.5f}, 0)).isCloseTo(3, within(TOLERANCE));
    assertThat(sets.score(new float[] {0.5f, -0.5f}, 1)).isCloseTo(1 / 3.0, within(TOLERANCE));
    PolicyData.OfExit data = NOTHING.with(sets);
    ExitScores sample = ExitScores.of(new float[] {1, 0}, 1);
    assertThat(new ExitPolicy.TrustAbove(2.999).stops(sample, ExitState.NONE, data)).isTrue();
    assertThat(new ExitPolicy.TrustAbove(3.001).stops(sample, ExitState.NONE, data)).isFalse();
  }

  @Test
  void trustsNothingWithoutSamplesOfTheClassOrOfOthers() {
    TrustSets oneClass = new TrustSets(2, new float[][] {{1, -1}}, new int[] {0});
    assertThat(oneClass.score(new float[] {1, -1}, 0)).isZero();
    assertThat(oneClass.score(new float[] {1, -1}, 1)).isZero();
    TrustSets both = new TrustSets(2, new float[][] {{-1, 1}, {1, -1}}, new int[] {1, 0});
    assertThat(both.score(new float[] {1, -1}, 0)).isBetween(1e6, 1e12);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void aStricterThresholdNeverStopsMore(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    PolicyData data = randomData(random, 1, 5);
    Map<String, DoubleFunction<ExitPolicy>> stricterUpwards =
        Map.of(
            "top1", ExitPolicy.Top1Above::new,
            "margin", ExitPolicy.MarginAbove::new,
            "entropy", t -> new ExitPolicy.EntropyBelow(Math.max(0, 2 - t)),
            "class means", ExitPolicy.ClassMeans::new,
            "trust", ExitPolicy.TrustAbove::new,
            "per class", t -> new ExitPolicy.PerClassTop1(new double[] {t, t / 2, t * 2, t, t}));
    stricterUpwards.forEach(
        (name, make) -> {
          for (int i = 0; i < 100; i++) {
            ExitScores sample = randomScores(random, 5);
            boolean before = true;
            for (double t = 0; t < 2.2; t += 0.1) {
              boolean now = make.apply(t).stops(sample, ExitState.NONE, data.of(0));
              assertThat(now && !before).as("%s at %.1f, seed %d", name, t, seed).isFalse();
              before = now;
            }
          }
        });
    for (int unchanged = 0; unchanged < 5; unchanged++) {
      ExitState state = new ExitState(1, unchanged);
      for (int times = 2; times < 5; times++) {
        ExitScores sample = randomScores(random, 5);
        assertThat(
                !new ExitPolicy.Patience(times).stops(sample, state, NOTHING)
                    || new ExitPolicy.Patience(times - 1).stops(sample, state, NOTHING))
            .isTrue();
      }
    }
  }

  static Stream<ExitPolicy> policies() {
    return Stream.of(
        new ExitPolicy.Top1Above(0.8),
        new ExitPolicy.Top1Above(0),
        new ExitPolicy.Top1Above(1.0 / 3),
        new ExitPolicy.EntropyBelow(0.3),
        new ExitPolicy.MarginAbove(1e-7),
        new ExitPolicy.Patience(2),
        new ExitPolicy.ClassMeans(0.7),
        new ExitPolicy.TrustAbove(1.5),
        new ExitPolicy.PerClassTop1(new double[] {0.8, 1, Double.POSITIVE_INFINITY, 0.123456789}),
        new ExitPolicy.PerClassFitted(),
        new ExitPolicy.Never(),
        new ExitPolicy.Always());
  }

  @ParameterizedTest
  @MethodSource("policies")
  void readsTheTextThatItWrites(ExitPolicy policy) {
    assertThat(ExitPolicy.parse(policy.toString())).isEqualTo(policy);
    assertThat(PolicyChoice.parse(policy.toString())).isEqualTo(PolicyChoice.all(policy));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "top1 >= 0.8 | top1>=80%",
        "top1 >= 0.8 | '  top1  >=  80 %  '",
        "entropy <= 0.3 nats | entropy<=.3nats",
        "per-class top1 >= [0.8, 0.9] | per-class top1>=[0.80,9e-1]",
        "per-class top1 >= fitted | per-class top1 >= fitted",
        "0: top1 >= 0.9; 2: always | 2:always;0:top1>=0.9;",
      })
  void writesOneTextForAllThatMeanTheSame(String canonical, String text) {
    assertThat(PolicyChoice.parse(text)).hasToString(canonical);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | 0 | a policy is missing",
        "topp >= 1 | 0 | no policy 'topp'",
        "top1 > 0.8 | 5 | >= must follow",
        "top1 >= | 7 | a number is missing",
        "top1 >= abc | 8 | a number is missing",
        "top1 >= 1.2.3 | 8 | no number: 1.2.3",
        "top1 >= -0.1 | 8 | must be finite and not negative",
        "top1 >= 1e999 | 8 | must be finite and not negative",
        "entropy >= 0.3 nats | 8 | <= must follow",
        "entropy <= 0.3 | 14 | say the unit: nats",
        "entropy <= 0.3 bits | 15 | say the unit: nats",
        "patience | 8 | is missing, a whole number",
        "patience 0 | 9 | must be in [1, 255]",
        "patience 99999999999 | 9 | must be in [1, 255]",
        "patience 2.5 | 10 | nothing may follow",
        "per-class >= 0.8 | 10 | 'top1' must follow",
        "per-class top1 >= 0.8 | 18 | a list such as",
        "per-class top1 >= [0.8 0.9] | 23 | a comma or ] must follow",
        "per-class top1 >= [0.8, ] | 24 | a number is missing",
        "per-class top1 >= [0.8, soon] | 24 | a number or 'never'",
        "always 3 | 7 | nothing may follow",
      })
  void pointsAtTheCharacterThatIsWrong(String text, int position, String problem) {
    assertThatThrownBy(() -> ExitPolicy.parse(text))
        .isInstanceOfSatisfying(
            PolicySyntaxException.class,
            wrong -> {
              assertThat(wrong.position()).isEqualTo(position);
              assertThat(wrong.problem()).contains(problem);
              assertThat(wrong.getMessage().lines().skip(2).findFirst().orElse(""))
                  .isEqualTo("  " + " ".repeat(position) + "^");
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0: top1 >= 0.9; 0: always | 16 | exit 0 is named twice",
        "0 top1 >= 0.9 | 2 | a colon must follow",
        "0: top1 >= 0.9, 1: always | 14 | divided by ';'",
        "300: always | 0 | must be in [0, 255]",
        "always; 1: never | 6 | a policy for all exits stands alone",
      })
  void pointsAtTheCharacterThatIsWrongInAChoice(String text, int position, String problem) {
    assertThatThrownBy(() -> PolicyChoice.parse(text))
        .isInstanceOfSatisfying(
            PolicySyntaxException.class,
            wrong -> {
              assertThat(wrong.position()).isEqualTo(position);
              assertThat(wrong.problem()).contains(problem);
            });
  }

  @Test
  void letsExitsThatAChoiceDoesNotNamePass() {
    PolicyChoice choice = PolicyChoice.parse("2: always");
    assertThat(choice.of(0)).isEqualTo(new ExitPolicy.Never());
    assertThat(choice.of(2)).isEqualTo(new ExitPolicy.Always());
    assertThat(PolicyChoice.parse("patience 1").of(7)).isEqualTo(new ExitPolicy.Patience(1));
  }

  @Test
  void refusesThresholdsThatAreNone() {
    for (double wrong : new double[] {-0.1, Double.NaN, Double.POSITIVE_INFINITY}) {
      String value = String.format(Locale.ROOT, "%f", wrong);
      assertThatThrownBy(() -> new ExitPolicy.Top1Above(wrong))
          .as(value)
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> new ExitPolicy.EntropyBelow(wrong))
          .as(value)
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> new ExitPolicy.TrustAbove(wrong))
          .as(value)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> new ExitPolicy.Patience(0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ExitPolicy.PerClassTop1(new double[] {Double.NaN}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  static ExitPolicies everyExit(ExitPolicy policy, int exits, PolicyData data) {
    Map<Integer, ExitPolicy> active =
        IntStream.range(0, exits - 1)
            .boxed()
            .collect(java.util.stream.Collectors.toMap(exit -> exit, exit -> policy));
    int classes = data.classes() == 0 ? 2 : data.classes();
    return ExitPolicies.of(exits, classes, active, data);
  }

  static ExitScores randomScores(SplittableRandom random, int classes) {
    float[] logits = new float[classes];
    for (int c = 0; c < classes; c++) {
      logits[c] = (float) (4 * random.nextDouble() - 2);
    }
    return ExitScores.of(logits, 0.5 + random.nextDouble());
  }

  static PolicyData randomData(SplittableRandom random, int exits, int classes) {
    java.util.List<PolicyData.OfExit> fitted = new java.util.ArrayList<>();
    for (int exit = 0; exit < exits; exit++) {
      float[][] means = new float[classes][];
      float[][] points = new float[4 * classes][];
      int[] labels = new int[points.length];
      float[] scales = new float[classes];
      double[] thresholds = new double[classes];
      for (int c = 0; c < classes; c++) {
        means[c] = randomScores(random, classes).output();
        scales[c] = 1 + (float) random.nextDouble();
        thresholds[c] = random.nextDouble();
      }
      for (int i = 0; i < points.length; i++) {
        points[i] = randomScores(random, classes).output();
        labels[i] = i % classes;
      }
      fitted.add(
          NOTHING
              .with(new ClassCentres(means, scales, 0.3))
              .with(new TrustSets(classes, points, labels))
              .with(thresholds));
    }
    return new PolicyData(classes, fitted);
  }
}
