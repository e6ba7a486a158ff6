package dev.sluice.experiments.study.regret;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.grid.GridConfig;
import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Courses;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.Questions;
import dev.sluice.experiments.study.replay.Rivals;
import dev.sluice.experiments.study.replay.Subject;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import dev.sluice.sim.trace.LinkTrace;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LaneTest {
  private static final Subject SUBJECT = madeUp();
  private static final LinkTrace FIRST = Courses.link(400_000, 40, 5, 8);
  private static final LinkTrace SECOND = Courses.link(60_000, 60, 10, 12);

  private static final RegretConfig CONFIG =
      new RegretConfig(
          List.of("made up"),
          400,
          new GridConfig.Device("250 ms", 250, 20),
          100,
          1,
          300,
          List.of(new RegretConfig.Asked("worker", Questions.ALL.get(0).goal().text())),
          4,
          false);

  @TempDir private Path out;

  private static Subject madeUp() {
    BundleFacts facts = SyntheticFacts.of(4);
    return new Subject("made up", facts, facts.certify());
  }

  private Lane lane(Question question) {
    PrintStream nowhere =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    return new Lane(new StudyContext(true, 7, out, out, nowhere), CONFIG, SUBJECT, question);
  }

  @Test
  void aTraceComesToTheSameWhateverWasMeasuredBeforeIt() {
    for (Question question : Questions.ALL) {
      Lane goesOn = lane(question);
      goesOn.measure("first", FIRST, 11);
      Finding.Kept after = goesOn.measure("second", SECOND, 12);

      Finding.Kept alone = lane(question).measure("second", SECOND, 12);

      assertThat(after).as(question.name()).isEqualTo(alone);
    }
  }

  @Test
  void whatIsKeptBecomesTheSameFinding() throws Exception {
    Question question = Questions.ALL.get(0);
    ObjectMapper mapper = new ObjectMapper();
    Finding.Kept kept = lane(question).measure("second", SECOND, 12);

    Finding.Kept read = mapper.readValue(mapper.writeValueAsString(kept), Finding.Kept.class);

    assertThat(read).isEqualTo(kept);
    List<Contender> rivals = Rivals.of(SUBJECT.facts());
    Finding finding = read.finding(SUBJECT.name(), rivals, question, "second");
    assertThat(finding.runs()).hasSameSizeAs(kept.runs()).isNotEmpty();
    assertThat(Finding.Kept.of(finding)).isEqualTo(kept);
    Finding another = read.finding(SUBJECT.name(), rivals, question, "third");
    Report report = new Report(List.of(finding, another));
    assertThat(report.rivals()).isNotEmpty();
    assertThat(report.rivalTable(Contender.Form.SHARED).lines()).isNotEmpty();
  }
}
