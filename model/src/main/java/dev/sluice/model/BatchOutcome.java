package dev.sluice.model;

import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.stage.BatchRunner;
import java.util.List;
import java.util.Optional;

/**
 * What became of a batch. Its owner closes it, which frees the tensors of those that are left.
 *
 * @param answers per sample in the batch's order, empty where it reached the chain's end without
 *     leaving
 * @param rest those samples, for finishing them elsewhere
 */
public record BatchOutcome(List<Optional<Answered>> answers, BatchRunner.Remainder rest)
    implements AutoCloseable {
  public BatchOutcome {
    answers = List.copyOf(answers);
  }

  /**
   * An answer.
   *
   * @param exit the exit it left at
   * @param scores what that exit says, calibrated
   */
  public record Answered(int exit, ExitScores scores) {}

  @Override
  public void close() {
    rest.close();
  }
}
