package dev.sluice.experiments.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.experiments.report.Json;
import dev.sluice.experiments.report.Machine;
import dev.sluice.experiments.report.RunFolder;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code run.json} says: everything that is needed to run a study again and to judge whether
 * two runs may be compared. Not thread-safe.
 */
final class RunRecord {
  private static final String STARTED = "started";
  private static final List<String> KEPT_OF_EARLIER =
      List.of(STARTED, "ended", "status", "seed", "commit", "dirty");

  private final Study study;
  private final StudyContext context;
  private final String command;
  private final Clock clock;
  private final Instant started;
  private final Optional<Commit> commit;
  private final ArrayNode earlier;

  private RunRecord(
      Study study,
      StudyContext context,
      String command,
      Clock clock,
      Optional<Commit> commit,
      ArrayNode earlier) {
    this.study = study;
    this.context = context;
    this.command = command;
    this.clock = clock;
    this.started = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    this.commit = commit;
    this.earlier = earlier;
  }

  /**
   * Begins a record. Runs into the same folder whose cells this run may go on with are kept in it.
   *
   * @throws IOException if the folder holds a run of another study, or its record is damaged
   */
  static RunRecord start(Study study, StudyContext context, String command, Clock clock)
      throws IOException {
    ArrayNode earlier = Json.array();
    if (Files.exists(context.out().resolve(RunFolder.RECORD))) {
      ObjectNode before = RunFolder.record(context.out());
      if (!before.path("study").asText().equals(study.name())) {
        throw new IOException(
            "%s holds a run of the study %s; choose another folder"
                .formatted(context.out(), before.path("study").asText()));
      }
      if (Files.exists(context.out().resolve(StudyContext.JOURNAL))) {
        before.path("earlier").forEach(earlier::add);
        earlier.add(before.deepCopy().retain(KEPT_OF_EARLIER));
      }
    }
    return new RunRecord(study, context, command, clock, Commit.of(context.home()), earlier);
  }

  /** As it is while the study runs; a run that is killed leaves this. */
  ObjectNode running() throws IOException {
    return json("running", null);
  }

  /** As it is when the study has come to its end. */
  ObjectNode finished() throws IOException {
    return json("finished", null);
  }

  /** As it is when the study has failed. */
  ObjectNode failed(Throwable reason) throws IOException {
    return json("failed", reason);
  }

  private ObjectNode json(String status, @Nullable Throwable reason) throws IOException {
    ObjectNode json = Json.object();
    json.put("study", study.name());
    json.put("question", study.question());
    json.put("command", command);
    json.put("quick", context.quick());
    json.put("status", status);
    if (reason != null) {
      json.put("error", Failure.of(study.name(), reason).error());
    }
    json.put(STARTED, started.toString());
    if (!status.equals("running")) {
      json.put("ended", clock.instant().truncatedTo(ChronoUnit.MILLIS).toString());
    }
    commit.ifPresent(at -> json.put("commit", at.name()).put("dirty", at.dirty()));
    json.put("seed", context.seed());
    ObjectNode seeds = json.putObject("seeds");
    context.seeds().forEach(seeds::put);
    json.set("machine", Machine.here().json());
    ObjectNode inputs = json.putObject("inputs");
    ObjectNode bundles = json.putObject("bundles");
    for (Map.Entry<String, Path> input : context.inputs().entrySet()) {
      // An input that is not there is often why a study failed: the record must not fail of it too.
      inputs.put(
          input.getKey(),
          Files.exists(input.getValue()) ? Digests.of(input.getValue()) : "missing");
      bundle(input.getValue()).ifPresent(digest -> bundles.put(input.getKey(), digest));
    }
    context.texts().forEach(inputs::put);
    ArrayNode leftOut = json.putArray("left_out");
    context.leftOut().forEach(name -> leftOut.add(name + ": not found"));
    ArrayNode failures = json.putArray("failures");
    for (Failure failure : context.failures()) {
      failures.addObject().put("what", failure.what()).put("error", failure.error());
    }
    if (!earlier.isEmpty()) {
      json.set("earlier", (JsonNode) earlier);
    }
    return json;
  }

  /** The name of a bundle, which its two halves compare; nothing for another kind of input. */
  private static Optional<String> bundle(Path path) throws IOException {
    try {
      return Files.isRegularFile(path.resolve("bundle.json"))
          ? Optional.of(Bundle.open(path).digest())
          : Optional.empty();
    } catch (BundleException e) {
      // The study has failed of it and says so.
      return Optional.of("damaged");
    }
  }
}
