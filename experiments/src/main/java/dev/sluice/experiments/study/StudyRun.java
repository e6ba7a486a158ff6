package dev.sluice.experiments.study;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Json;
import dev.sluice.experiments.report.Machine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs a study and leaves its record: {@code run.json} and {@code summary.json}. */
public final class StudyRun {
  private static final int GIT_PATIENCE_SECONDS = 10;

  private StudyRun() {}

  /**
   * Runs a study and writes its record.
   *
   * @param study to run
   * @param context of the run
   * @param command as typed, for the record
   * @return the claims
   */
  public static List<Claim> of(Study study, StudyContext context, String command) throws Exception {
    List<Claim> claims = study.run(context);
    Json.write(context.out().resolve("run.json"), record(study, context, command));
    Json.write(
        context.out().resolve("summary.json"), summary(study.name(), context.quick(), claims));
    return claims;
  }

  /** A study's claims as {@code summary.json} holds them. */
  static ObjectNode summary(String study, boolean quick, List<Claim> claims) {
    ObjectNode json = Json.object().put("study", study).put("quick", quick);
    ArrayNode list = json.putArray("claims");
    claims.forEach(claim -> list.add(Json.claim(claim)));
    return json;
  }

  private static ObjectNode record(Study study, StudyContext context, String command)
      throws IOException {
    ObjectNode json = Json.object();
    json.put("study", study.name());
    json.put("question", study.question());
    json.put("command", command);
    json.put("quick", context.quick());
    Optional<String> commit = git(context.home(), "rev-parse", "HEAD");
    commit.ifPresent(name -> json.put("commit", name));
    if (commit.isPresent()) {
      git(context.home(), "status", "--porcelain")
          .ifPresent(changes -> json.put("dirty", !changes.isEmpty()));
    }
    ObjectNode seeds = json.putObject("seeds");
    context.seeds().forEach(seeds::put);
    json.set("machine", Machine.here().json());
    ObjectNode inputs = json.putObject("inputs");
    for (Map.Entry<String, Path> input : context.inputs().entrySet()) {
      inputs.put(input.getKey(), Digests.of(input.getValue()));
    }
    return json;
  }

  private static Optional<String> git(Path home, String... words) throws IOException {
    String[] command = Stream.concat(Stream.of("git"), Stream.of(words)).toArray(String[]::new);
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .directory(home.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      // No git on this machine, or no such folder: the record goes without a commit.
      return Optional.empty();
    }
    try (InputStream out = process.getInputStream()) {
      String text = new String(out.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8).trim();
      return process.waitFor(GIT_PATIENCE_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0
          ? Optional.of(text)
          : Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      process.destroy();
    }
  }
}
