package dev.sluice.training.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.model.exit.ClassCentres;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.exit.PolicyData;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PolicyFitTest {
  private static final double TOLERANCE = 1e-6;
  private static final PolicyFit.Options FEW = new PolicyFit.Options(1, 0.25, 20, 1000, 0, 1, 0);

  /** A sample of two classes whose first exit says {@code first}, and the final one rightly. */
  private static ExitOutputs outputs(float[][] first, int[] labels) {
    ExitScores[][] scores = new ExitScores[2][labels.length];
    for (int s = 0; s < labels.length; s++) {
      scores[0][s] = new ExitScores(first[s]);
      float[] right = new float[first[s].length];
      right[labels[s]] = 1;
      scores[1][s] = new ExitScores(right);
    }
    int[] none = new int[labels.length];
    Arrays.fill(none, -1);
    return new ExitOutputs(scores, labels, none);
  }

  @Test
  void takesTheMeanOfEachClassAndTheMeanDistanceOfAllToIt() {
    ClassCentres means =
        PolicyFit.means(new float[][] {{1, -1}, {3, -3}, {-2, 2}}, new int[] {0, 0, 1}, 2);
    // Means (2, -2) and (-2, 2). To the first: sqrt 2, sqrt 2, sqrt 32; to itself 0.
    double scale = (2 * Math.sqrt(2) + Math.sqrt(32)) / 3;
    assertThat(means.distances(new float[] {2, -2})[0]).isZero();
    assertThat(means.distances(new float[] {-2, 2})[0])
        .isCloseTo(Math.sqrt(32) / scale, within(TOLERANCE));
  }

  @Test
  void filtersThePointsThatLieApart() {
    float[][] points = {{0, 0}, {0.1f, 0}, {0, 0.1f}, {9, 9}};
    PolicyFit fit = new PolicyFit(FEW);
    assertThat(fit.dense(points, new int[] {0, 1, 2, 3})).containsExactly(0, 1, 2);
    assertThat(fit.dense(points, new int[] {3})).as("too few to tell").containsExactly(3);
  }

  @Test
  void lowersEachClassesThresholdAsFarAsNothingIsLost() {
    // Class 0: right at 0.9 and 0.7, wrong at 0.6. Class 1: right at 0.95 and 0.55.
    ExitOutputs select =
        outputs(
            new float[][] {
              {0.9f, 0.1f}, {0.7f, 0.3f}, {0.6f, 0.4f}, {0.05f, 0.95f}, {0.45f, 0.55f}
            },
            new int[] {0, 0, 1, 1, 1});
    double[] thresholds = new PolicyFit(FEW).thresholds(select)[0];
    assertThat(thresholds[0]).isCloseTo(0.7, within(TOLERANCE)).isLessThan(0.7f);
    assertThat(thresholds[1]).isCloseTo(0.55, within(TOLERANCE)).isLessThan(0.55f);
  }

  @Test
  void neverStopsAtAnExitThatIsAlwaysWrong() {
    ExitOutputs select = outputs(new float[][] {{0.9f, 0.1f}, {0.8f, 0.2f}}, new int[] {1, 1});
    double[] thresholds = new PolicyFit(FEW).thresholds(select)[0];
    assertThat(thresholds).containsOnly(Double.POSITIVE_INFINITY);
  }

  @Test
  void drawsTheLossOfAClassTowardsThatOfAll() {
    // Class 0 never errs; class 1 errs at 0.8. Alone, class 0 would stop down to 0.6.
    float[][] first = {{0.9f, 0.1f}, {0.2f, 0.8f}, {0.6f, 0.4f}};
    int[] labels = {0, 0, 0};
    PolicyFit alone = new PolicyFit(new PolicyFit.Options(1, 0, 20, 1000, 0.05, 1, 0));
    assertThat(alone.thresholds(outputs(first, labels))[0][0]).isCloseTo(0.6, within(TOLERANCE));
    // Of all samples of at least 0.6 a third is lost: (0 + 10 / 3) of 12 is too much.
    PolicyFit drawn = new PolicyFit(new PolicyFit.Options(1, 0, 20, 1000, 0.05, 1, 10));
    assertThat(drawn.thresholds(outputs(first, labels))[0][0]).isCloseTo(0.9, within(TOLERANCE));
  }

  @Test
  void allowsMoreToStopWhereMoreMayBeLost() {
    ExitOutputs select = random(new SplittableRandom(5), 400, 4);
    double before = 0;
    for (double loss : new double[] {0, 0.02, 0.1, 1}) {
      PolicyData data =
          new PolicyFit(PolicyFit.Options.standard().withLoss(loss)).fit(select, select);
      ExitPolicies policies =
          ExitPolicies.of(3, 4, Map.of(0, new ExitPolicy.PerClassFitted()), data);
      int stopped = 0;
      for (int s = 0; s < select.samples(); s++) {
        stopped += policies.judge().stops(0, select.scores()[0][s]) ? 1 : 0;
      }
      assertThat((double) stopped).as("loss %s", loss).isGreaterThanOrEqualTo(before);
      before = stopped;
    }
    assertThat(before).isEqualTo(400);
  }

  @Test
  void tellsRightAnswersFromWrongOnes() throws Exception {
    SplittableRandom random = new SplittableRandom(6);
    ExitOutputs temperature = random(random, 600, 4);
    ExitOutputs select = random(random, 600, 4);
    PolicyData data =
        PolicyData.read(
            new PolicyFit(PolicyFit.Options.standard()).fit(temperature, select).toBytes());
    double[] means = new double[2];
    double[] trust = new double[2];
    int[] count = new int[2];
    for (int s = 0; s < select.samples(); s++) {
      ExitScores scores = select.scores()[0][s];
      int right = select.right(0, s) ? 1 : 0;
      count[right]++;
      means[right] +=
          data.of(0).means().orElseThrow().probability(scores.output(), scores.predicted());
      trust[right] +=
          Math.min(10, data.of(0).trust().orElseThrow().score(scores.output(), scores.predicted()));
    }
    assertThat(count[0]).isGreaterThan(50);
    assertThat(means[1] / count[1]).isGreaterThan(means[0] / count[0] + 0.1);
    assertThat(trust[1] / count[1]).isGreaterThan(trust[0] / count[0] + 0.2);
    // Calibrated: the mean probability is about the share of right answers.
    assertThat((means[0] + means[1]) / select.samples())
        .isCloseTo((double) count[1] / select.samples(), within(0.1));
    assertThat(data.of(0).trust().orElseThrow().samples()).isEqualTo(80);
  }

  @Test
  void leavesMeansAndTrustOutWhereThereAreTooManyClasses() {
    ExitOutputs some = random(new SplittableRandom(7), 50, 4);
    PolicyData data =
        new PolicyFit(new PolicyFit.Options(10, 0.1, 20, 3, 0.01, 5, 30)).fit(some, some);
    assertThat(data.of(0).means()).isEmpty();
    assertThat(data.of(0).trust()).isEmpty();
    assertThat(data.of(0).thresholds()).isPresent();
  }

  /** Three exits, better from one to the next: logits of the right class are raised. */
  private static ExitOutputs random(SplittableRandom random, int samples, int classes) {
    ExitScores[][] scores = new ExitScores[3][samples];
    int[] labels = IntStream.range(0, samples).map(s -> s % classes).toArray();
    int[] none = new int[samples];
    for (int s = 0; s < samples; s++) {
      for (int exit = 0; exit < 3; exit++) {
        float[] logits = new float[classes];
        for (int c = 0; c < classes; c++) {
          logits[c] = (float) (4 * random.nextDouble() + (c == labels[s] ? 1.5 * (exit + 1) : 0));
        }
        scores[exit][s] = ExitScores.of(logits, 1);
      }
    }
    return new ExitOutputs(scores, labels, none);
  }
}
