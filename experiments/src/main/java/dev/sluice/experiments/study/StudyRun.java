package dev.sluice.experiments.study;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Json;
import dev.sluice.experiments.report.RunFolder;
import dev.sluice.experiments.report.WholeFile;
import dev.sluice.experiments.report.html.ReportPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/**
 * Runs a study and leaves its record: {@code run.json}, {@code summary.json}, {@code figures.json}
 * and {@code report.html}. A study that fails midway leaves them too, with what it had found; one
 * whose conditions do not fit leaves everything as it was.
 */
public final class StudyRun {
  private StudyRun() {}

  /**
   * Runs a study and writes its record.
   *
   * @param study to run
   * @param context of the run
   * @param command as typed, for the record
   * @param clock for when it started and ended
   * @return the claims
   * @throws IOException if the folder holds a run of another study, or the record cannot be written
   */
  public static List<Claim> of(Study study, StudyContext context, String command, Clock clock)
      throws Exception {
    RunRecord record = RunRecord.start(study, context, command, clock);
    Path told = context.out().resolve(RunFolder.RECORD);
    Optional<byte[]> before =
        Files.exists(told) ? Optional.of(Files.readAllBytes(told)) : Optional.empty();
    write(context, RunFolder.RECORD, record.running());
    List<Claim> claims;
    try {
      claims = study.run(context);
    } catch (StudyFileException e) {
      // Nothing was begun: what an earlier run has left stays as it was.
      if (before.isPresent()) {
        Files.write(told, before.get());
      } else {
        Files.delete(told);
      }
      throw e;
    } catch (Exception | Error e) {
      leaveWhatThereIs(study, context, record.failed(e), e);
      throw e;
    }
    leave(study, context, record.finished(), claims);
    return claims;
  }

  private static void leaveWhatThereIs(
      Study study, StudyContext context, ObjectNode record, Throwable reason) {
    try {
      leave(study, context, record, List.of());
    } catch (IOException e) {
      // What the study failed of is what matters; often it is the same full disk.
      reason.addSuppressed(e);
    }
  }

  private static void leave(
      Study study, StudyContext context, ObjectNode record, List<Claim> claims) throws IOException {
    // The record last of the data: a finished one stands for a folder that is complete.
    write(context, RunFolder.FIGURES, RunFolder.drawn(context.figures(), context.tables()));
    write(context, RunFolder.SUMMARY, summary(study.name(), context.quick(), claims));
    write(context, RunFolder.RECORD, record);
    ReportPage.write(context.out());
  }

  private static void write(StudyContext context, String file, ObjectNode json) throws IOException {
    WholeFile.write(context.out().resolve(file), Json.text(json));
  }

  /** A study's claims as {@code summary.json} holds them. */
  static ObjectNode summary(String study, boolean quick, List<Claim> claims) {
    ObjectNode json = Json.object().put("study", study).put("quick", quick);
    ArrayNode list = json.putArray("claims");
    claims.forEach(claim -> list.add(Json.claim(claim)));
    return json;
  }
}
