package dev.sluice.edge;

import static dev.sluice.edge.FakeNetwork.MS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.edge.Answers.Verdict;
import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudReply.LabelProbability;
import dev.sluice.edge.session.CloudReply.TransferTimes;
import dev.sluice.edge.session.CloudReply.WorkerLoad;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Place;
import dev.sluice.edge.session.Score;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Sends;
import dev.sluice.scheduler.profile.CompanionInfo;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnswersTest {
  private static final Plan PLAN = new Plan(1, "c", List.of());
  private static final Plan TO_COMPANION = new Plan(5, "c", List.of(), Sends.COMPANION);
  private static final double FLOAT_ERROR = 1e-6;

  private final FakeNetwork network = new FakeNetwork();
  private final Tally tally = new Tally();
  private final Answers answers = new Answers(network, tally);
  private final Request r =
      new Request(new Frame(7, "frame", new byte[12], 2, 2, 10 * MS), 160 * MS, answer -> {});

  private static CloudReply.Answered reply(LabelProbability... top) {
    TransferTimes times =
        new TransferTimes(
            10 * MS, 10 * MS, 60 * MS, 10, 20, 20 + MS, 20 + 6 * MS, 20 + 6 * MS, 1, 1);
    return new CloudReply.Answered(1, List.of(top), times, new WorkerLoad(0, 0, 1));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void namesTheFiveMostProbableClassesBestFirstAndTheEarlierOfEquals(long seed) {
    Random random = new Random(seed);
    int classes = 2 + random.nextInt(20);
    // Few different values, so that some are equal.
    int[] weights = random.ints(classes, 1, 5).toArray();
    float sum = IntStream.of(weights).sum();
    float[] p = new float[classes];
    for (int i = 0; i < classes; i++) {
      p[i] = weights[i] / sum;
    }
    r.keep(0, new ExitScores(p));

    List<Integer> expected =
        IntStream.range(0, classes)
            .boxed()
            .sorted(Comparator.comparing((Integer i) -> -weights[i]))
            .limit(5)
            .toList();
    Verdict verdict = answers.best(r, "");
    assertThat(verdict.top()).extracting(Score::label).isEqualTo(expected);
    for (Score score : verdict.top()) {
      String name =
          score.label() < 3
              ? List.of("zero", "one", "two").get(score.label())
              : "class " + score.label();
      assertThat(score.name()).isEqualTo(name);
      assertThat(score.probability()).isCloseTo(p[score.label()], within(FLOAT_ERROR));
    }
  }

  @Test
  void writesWhatTheCloudSaidAndWhereTheTimeWent() {
    r.bytesSent = 900;
    r.preprocessNanos = 2 * MS;
    r.encodeNanos = 3 * MS;
    Verdict verdict =
        answers.fromCloud(PLAN, reply(new LabelProbability(2, 0.8), new LabelProbability(0, 0.2)));
    EdgeAnswer answer = answers.write(r, verdict, PLAN, 70 * MS);
    assertThat(answer.id()).isEqualTo(7);
    assertThat(answer.labelName()).isEqualTo("two");
    assertThat(answer.exit()).isEqualTo(1);
    assertThat(answer.place()).isEqualTo(Place.CLOUD);
    assertThat(answer.latencyNanos()).as("from capture").isEqualTo(60 * MS);
    assertThat(answer.bytesSent()).isEqualTo(900);
    assertThat(answer.timing().networkNanos()).isEqualTo((50 - 6) * MS);
    assertThat(answer.timing().workerQueueNanos()).isEqualTo(MS);
    assertThat(answer.timing().encodeNanos()).isEqualTo(3 * MS);
    assertThat(answer.workerComputeNanos()).isEqualTo(5 * MS);
    assertThat(tally.fromCloud).isEqualTo(1);
    assertThat(tally.degraded).isZero();
  }

  @Test
  void translatesTheClassesOfACompanionAndCountsItAsOneMoreExit() {
    network.companion =
        Optional.of(
            new CompanionInfo(CompanionInfo.VERSION, "big", "ab".repeat(32), MS, List.of(1, 2, 0)));
    Verdict verdict =
        answers.fromCloud(
            TO_COMPANION, reply(new LabelProbability(2, 0.7), new LabelProbability(9, 0.3)));
    assertThat(verdict.top())
        .containsExactly(new Score(0, "zero", 0.7), new Score(9, "class 9", 0.3));
    assertThat(verdict.exit()).isEqualTo(3);
  }

  @Test
  void dropsAFrameOfWhichNothingIsKnown() {
    EdgeAnswer answer = answers.write(r, answers.best(r, ""), PLAN, 70 * MS);
    assertThat(answer.dropped()).isTrue();
    assertThat(answer.label()).isEqualTo(-1);
    assertThat(answer.exit()).isEqualTo(-1);
    assertThat(answer.reason()).isEqualTo("nothing could be computed");
    assertThat(answers.best(r, "the link is down").reason()).isEqualTo("the link is down");
    assertThat(tally.dropped).isEqualTo(1);
    assertThat(tally.degraded).as("a dropped frame is not degraded as well").isZero();
  }

  @Test
  void marksTheBestSoFarAsDegradedAndNotAnExitThatWasSure() {
    ExitScores sure = new ExitScores(new float[] {0.1f, 0.8f, 0.1f});
    r.keep(0, new ExitScores(new float[] {0.2f, 0.5f, 0.3f}));
    r.keep(1, sure);
    r.keep(2, new ExitScores(new float[] {0.6f, 0.2f, 0.2f}));
    EdgeAnswer best = answers.write(r, answers.best(r, "late"), PLAN, 70 * MS);
    assertThat(best.exit()).as("the most confident, not the last").isEqualTo(1);
    assertThat(best.degraded()).isTrue();
    Verdict stopped = answers.fromDevice(new Request.LocalAnswer(1, sure), false, "exit 1 is sure");
    assertThat(answers.write(r, stopped, PLAN, 70 * MS).degraded()).isFalse();
    assertThat(tally.degraded).isEqualTo(1);
    assertThat(tally.answered).isEqualTo(2);
  }
}
