package dev.sluice.experiments.study.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.SyntheticFacts;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.trace.LinkTrace;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RivalsTest {
  /** Pictures as pixels and by JPEG of qualities 30, 40, 50, 60, 75 and 90. */
  private static final SyntheticFacts.Shape MANY_CODECS =
      new SyntheticFacts.Shape(8, List.of(1, 2, 3, 5, 6), 1000, 24, 6_000_000, true, 8);

  private static final long PERIOD_NANOS = 500 * Courses.MS;

  private static double accuracy(BundleFacts facts, CodecFact codec) {
    CalibrationTable table = facts.select();
    int variant = table.variant(codec.cut(), codec.codec()).orElseThrow();
    return IntStream.range(0, table.samples())
            .filter(sample -> table.correct(variant, sample, table.exits() - 1))
            .count()
        / (double) table.samples();
  }

  private static double uncutAccuracy(BundleFacts facts) {
    CalibrationTable table = facts.select();
    return IntStream.range(0, table.samples())
            .filter(sample -> table.correct(sample, table.exits() - 1))
            .count()
        / (double) table.samples();
  }

  private static double bytes(BundleFacts facts, CodecFact codec) {
    CalibrationTable table = facts.select();
    int variant = table.variant(codec.cut(), codec.codec()).orElseThrow();
    return IntStream.range(0, table.samples()).mapToDouble(s -> table.bytes(variant, s)).sum();
  }

  private static List<CodecFact> pictures(BundleFacts facts) {
    return facts.codecs().stream().filter(codec -> codec.cut() == 0).toList();
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "1, 0.005", "2, 0.01", "3, 0.02", "4, 0.05", "5, 0.3"})
  void noPictureIsSmallerAmongThoseThatKeepTheLoss(long seed, double mostLoss) {
    BundleFacts facts = SyntheticFacts.of(MANY_CODECS, seed);
    CodecFact best = new CodecFact(0, BestPicture.of(facts, mostLoss));
    double least = uncutAccuracy(facts) - mostLoss - 1e-9;

    assertThat(accuracy(facts, best)).isGreaterThanOrEqualTo(least);
    assertThat(pictures(facts))
        .filteredOn(codec -> accuracy(facts, codec) >= least)
        .allMatch(codec -> bytes(facts, codec) >= bytes(facts, best));
  }

  @Test
  void theBestPictureIsSmallerWhereMoreMayBeLost() {
    BundleFacts facts = SyntheticFacts.of(MANY_CODECS, 1);

    assertThat(BestPicture.of(facts, 0)).isNotEqualTo("jpeg-30");
    assertThat(BestPicture.of(facts, 1)).isEqualTo("jpeg-30");
  }

  @Test
  void aBundleThatSendsNoPicturesHasNoBestOne() {
    BundleFacts facts = Courses.tiny(1000, PERIOD_NANOS).facts();

    assertThatThrownBy(() -> BestPicture.of(facts, 0.01))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no picture codec of the bundle loses at most 1.00 points");
  }

  private static Question question(String points) {
    return Question.of(
        "test", "p95_latency <= 2 s, accuracy >= final - " + points + "; minimise mean_latency");
  }

  /** All plans that a rival uses on a slow link and a slow device. */
  private static Set<Plan> used(BundleFacts facts, String name, Contender.Form form, String loss) {
    StreamReplay replay =
        new StreamReplay(facts, facts.certify(), 40, PERIOD_NANOS, LinkOptions.DEFAULT, 0.02);
    Question question = question(loss);
    Contender contender =
        Rivals.of(facts).stream()
            .filter(rival -> rival.name().equals(name) && rival.form() == form)
            .findFirst()
            .orElseThrow();
    LinkTrace link = Courses.link(50_000, 40, 0, 0);
    int[] rows = Courses.rows(30, replay);
    Course course = new Course("test", replay, question, link, rows, 4);
    StreamLog log =
        replay.log(
            contender.strategy(contender.maker().prepare(facts, question).apply(course)),
            Stream.of(question, link, new Load.Periodic(PERIOD_NANOS), rows, 4));
    Set<Plan> plans = new HashSet<>();
    for (int frame = 0; frame < log.frames(); frame++) {
      plans.add(log.plan(frame));
    }
    return plans;
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.5 pt", "5 pt"})
  void cloudOnlySendsTheBestPictureForTheObjective(String loss) {
    BundleFacts facts = SyntheticFacts.of(MANY_CODECS, 2);
    String best = BestPicture.of(facts, question(loss).mostLoss());
    for (Contender.Form form : Contender.Form.values()) {
      assertThat(used(facts, "cloud-only best", form, loss))
          .containsExactly(new Plan(0, best, List.of()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"neurosurgeon", "dads", "fixed split"})
  void codecsLoseWhatTheObjectiveAllowsAndNotMore(String rival) {
    BundleFacts facts = SyntheticFacts.of(MANY_CODECS, 1);
    double uncut = uncutAccuracy(facts);
    for (String loss : List.of("0.05 pt", "0.5 pt", "8 pt")) {
      double least = uncut - question(loss).mostLoss() - 1e-9;
      assertThat(used(facts, rival, Contender.Form.SHARED, loss))
          .filteredOn(Plan::usesCloud)
          .isNotEmpty()
          .allMatch(plan -> accuracy(facts, new CodecFact(plan.sentCut(), plan.codec())) >= least);
    }

    /* The smallest codec loses more than the twentieth of a point. */
    assertThat(used(facts, rival, Contender.Form.SHARED, "8 pt"))
        .isNotEqualTo(used(facts, rival, Contender.Form.SHARED, "0.05 pt"));
  }

  @Test
  void onItsPapersTermsNobodyGetsOtherCodecsForALooserBound() {
    BundleFacts facts = SyntheticFacts.of(MANY_CODECS, 1);

    assertThat(used(facts, "neurosurgeon", Contender.Form.PUBLISHED, "8 pt"))
        .isEqualTo(used(facts, "neurosurgeon", Contender.Form.PUBLISHED, "1 pt"))
        .allMatch(plan -> !plan.usesCloud() || List.of("f32", "raw").contains(plan.codec()));
  }

  @Test
  void whoSendsPicturesTakesNoPartWithoutACodecForThem() {
    BundleFacts facts = Courses.tiny(1000, PERIOD_NANOS).facts();
    Contender exitThenPicture =
        Rivals.of(facts).stream()
            .filter(rival -> rival.name().equals("exit, then picture"))
            .findFirst()
            .orElseThrow();

    assertThatThrownBy(() -> exitThenPicture.maker().prepare(facts, question("1 pt")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no codec to send a picture with");
  }
}
