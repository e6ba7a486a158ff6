package dev.sluice.experiments.study;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.experiments.demo.Demo;
import dev.sluice.experiments.demo.DemoOptions;
import dev.sluice.experiments.demo.DemoResult;
import dev.sluice.experiments.demo.Goal;
import dev.sluice.experiments.demo.PlanAccuracy;
import dev.sluice.experiments.demo.Scenario;
import dev.sluice.experiments.demo.Strategy;
import dev.sluice.experiments.demo.StreamResult;
import dev.sluice.experiments.demo.TestImages;
import dev.sluice.experiments.report.AnswerRecord;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Json;
import dev.sluice.experiments.report.Score;
import dev.sluice.experiments.report.Terminal;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.model.engine.EngineOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Does the main job hold its goals over a changing link, and beat every rival? */
final class DemoStudy implements Study {
  private static final Duration DEVICE = Duration.ofMillis(250);
  private static final Duration PLAIN_LINE_EVERY = Duration.ofSeconds(5);
  private static final int FLOOR_PLANS = 3;

  @Override
  public String name() {
    return "demo";
  }

  @Override
  public String question() {
    return "Does the main job hold its goals over a changing link, and beat every rival?";
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    Path bundle = context.input("bundle", context.home().resolve("experiments/bundles/roadsigns"));
    boolean quick = context.quick();
    DemoOptions options =
        new DemoOptions(
            bundle,
            Goal.parse(Goal.DEFAULT),
            quick ? Scenario.DRIVE.lasting(20) : Scenario.DRIVE,
            Scenario.DRIVE.lasting(quick ? 15 : 30),
            quick ? List.of(Strategy.SLUICE, Strategy.CLOUD_ONLY) : Strategy.ALL,
            DEVICE,
            VariantInfo.FLOAT32,
            FLOOR_PLANS,
            EngineOptions.singleThread());
    Terminal terminal = new Terminal(context.console(), false, PLAIN_LINE_EVERY.toNanos());
    DemoResult result =
        new Demo(options, TestImages.roadSigns(quick ? 1_000 : 5_000), terminal).run();
    ObjectNode json = result.json();
    Json.write(context.out().resolve("demo.json"), json);
    answers(context, result);
    DemoFigures.of(result).forEach(context::figure);
    return claims(result);
  }

  private static void answers(StudyContext context, DemoResult result) throws IOException {
    List<List<Object>> rows = new ArrayList<>();
    addRows(rows, "main", result.main());
    result.strategies().forEach(run -> addRows(rows, run.strategy().name(), run));
    context.csv(
        "answers.csv",
        List.of(
            "run",
            "id",
            "label",
            "exit",
            "place",
            "plan",
            "degraded",
            "dropped",
            "latency_ms",
            "bytes",
            "worker_ms"),
        rows);
  }

  private static void addRows(List<List<Object>> rows, String run, StreamResult result) {
    for (AnswerRecord answer : result.tally().answers()) {
      rows.add(
          List.of(
              run,
              answer.id(),
              answer.label(),
              answer.exit(),
              answer.place(),
              answer.plan(),
              answer.degraded(),
              answer.dropped(),
              Json.millis(answer.latencyNanos()),
              answer.bytesSent(),
              Json.millis(answer.workerComputeNanos())));
    }
  }

  /** What the demo's figures say, against what was asked of the demo. */
  static List<Claim> claims(DemoResult result) {
    List<Claim> claims = new ArrayList<>();
    Score main = result.main().score();
    int requests = main.requests();
    claims.add(Claim.of("requests without an answer", main.lost(), "requests", "= 0", requests));
    claims.add(Claim.of("answers too many", main.surplus(), "answers", "= 0", requests));
    claims.add(
        Claim.of(
            "share predicted by the deadline", main.inTimeShare(), "share", ">= 0.95", requests));
    claims.add(
        Claim.of(
            "p95 latency",
            main.p95Nanos() / 1e6,
            "ms",
            "<= " + main.deadlineNanos() / 1_000_000,
            main.predictions()));
    for (int outage : result.main().scenario().outages()) {
      Score score = result.main().tally().score(outage);
      claims.add(
          Claim.of(
              "predictions by the deadline in the outage",
              score.inTimeShare(),
              "share",
              ">= 0.95",
              score.requests()));
    }
    rivals(result, claims);
    for (PlanAccuracy plan : result.floor()) {
      result
          .goal()
          .pointsBelowFinal()
          .ifPresent(
              allowed ->
                  claims.add(
                      Claim.of(
                          "accuracy against the uncut network, " + plan.plan().describe(),
                          plan.points(),
                          "points",
                          ">= " + -allowed,
                          plan.samples())));
    }
    return claims;
  }

  private static void rivals(DemoResult result, List<Claim> claims) {
    if (result.strategies().size() < 2) {
      return;
    }
    StreamResult ours = result.strategies().get(0);
    for (StreamResult lent : result.strategies().subList(1, result.strategies().size())) {
      StreamResult rival = lent.ownForm();
      claims.add(
          Claim.of(
              "answers right and in time, ours less " + rival.strategy().title(),
              ours.score().rightInTime() - rival.score().rightInTime(),
              "answers",
              "> 0",
              ours.score().requests()));
      if (!rival.equals(lent)) {
        claims.add(
            Claim.of(
                "answers right and in time, ours less "
                    + rival.strategy().title()
                    + " with our fallback",
                ours.score().rightInTime() - lent.score().rightInTime(),
                "answers",
                "> 0",
                ours.score().requests()));
      }
      if (result.goal().heldBy(rival.tally(), rival.scenario())
          && rival.score().workerComputeNanos() > 0) {
        claims.add(
            Claim.of(
                "worker compute, ours over " + rival.strategy().title() + ", which held the goal",
                (double) ours.score().workerComputeNanos() / rival.score().workerComputeNanos(),
                "ratio",
                "<= 1",
                ours.score().requests()));
      }
    }
  }
}
