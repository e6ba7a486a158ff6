package dev.sluice.experiments.study.regret;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.study.Cells;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.grid.StudyFile;
import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Rivals;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.experiments.study.replay.Subject;
import dev.sluice.experiments.study.replay.Traces;
import dev.sluice.sim.trace.LinkTrace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;

/**
 * What does it cost the scheduler that it does not know the future, and is it ever worse than a
 * rival that does less?
 *
 * <p>Every planner streams the same frames over the same trace through {@link StreamReplay}: same
 * session, pipelining, fallback, noise. Frames are independent test pictures, 1,300 per trace
 * unless its file says otherwise. Costs are compared with the {@link Clairvoyant} oracle at equal
 * or better satisfaction of the constraints, and with the best rival that holds them. A run that
 * was killed goes on.
 */
public final class RegretStudy implements Study {
  @Override
  public String name() {
    return "regret";
  }

  @Override
  public String question() {
    return "What does it cost the scheduler not to know the future, on real traces?";
  }

  @Override
  public boolean configurable() {
    return true;
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    RegretConfig config = StudyFile.read(context, getClass(), "regret.yaml", RegretConfig.class);
    Map<String, LinkTrace> traces = Traces.every(context, config.everyTrace());
    List<Finding> findings = new ArrayList<>();
    /* Before the cells: what is measured depends on them. */
    /* The oracles know one network only. */
    List<Subject> subjects =
        Subject.open(context, config.pictures(), config.bundles(), (facts, precision) -> true)
            .stream()
            .map(Subject::alone)
            .toList();
    int threads = Math.min(config.questions().size(), Runtime.getRuntime().availableProcessors());
    try (Cells cells = context.cells(config.toString(), threads)) {
      for (Subject subject : subjects) {
        findings.addAll(measure(context, config, cells, subject, traces));
      }
    }
    Report report = new Report(findings);
    context.csv("runs.csv", Report.RUN_TITLES, report.runs());
    context.table(
        "cost against the oracle, by trace",
        "regret.csv",
        Report.regretColumns(),
        report.regrets());
    context.csv("rivals.csv", Report.RIVAL_TITLES, report.rivals());
    report.figures().forEach(context::figure);
    for (TextTable table :
        List.of(
            report.table(),
            report.rivalTable(Contender.Form.SHARED),
            report.rivalTable(Contender.Form.PUBLISHED))) {
      table.lines().forEach(context.console()::println);
      context.console().println();
    }
    return report.claims();
  }

  private static List<Finding> measure(
      StudyContext context,
      RegretConfig config,
      Cells cells,
      Subject subject,
      Map<String, LinkTrace> traces)
      throws IOException, InterruptedException {
    List<Lane> lanes =
        config.questions().stream()
            .map(asked -> new Lane(context, config, subject, asked.question()))
            .toList();
    long seed = context.seed("streams of " + subject.name());
    List<String> names = List.copyOf(traces.keySet());
    /* One question after the other, so that threads seldom meet in a lane. */
    Map<String, Callable<Finding.Kept>> work = new LinkedHashMap<>();
    for (int t = 0; t < names.size(); t++) {
      String trace = names.get(t);
      long own = seed + t;
      for (Lane lane : lanes) {
        work.put(
            lane.cell(trace),
            () -> lane.measure(trace, Objects.requireNonNull(traces.get(trace)), own));
      }
    }
    Map<String, Finding.Kept> done =
        cells.measure(
            List.copyOf(work.keySet()),
            Finding.Kept.class,
            cell -> Objects.requireNonNull(work.get(cell)).call());
    /* Made once: of two that are made alike the makers differ, and so do they. */
    List<Contender> rivals = Rivals.of(subject.facts());
    List<Finding> findings = new ArrayList<>();
    for (Lane lane : lanes) {
      for (String trace : names) {
        Finding.Kept kept = done.get(lane.cell(trace));
        if (kept != null) {
          findings.add(kept.finding(subject.name(), rivals, lane.question(), trace));
        }
      }
    }
    return findings;
  }
}
