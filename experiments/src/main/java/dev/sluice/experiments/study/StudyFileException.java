package dev.sluice.experiments.study;

import dev.sluice.scheduler.objective.ObjectiveSyntaxException;

/** The conditions of a study do not fit: nothing was begun. */
public final class StudyFileException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /** With a message that names file and field. */
  public StudyFileException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Of an objective that cannot be understood; whoever shows it may add the text and a caret. */
  public static StudyFileException of(ObjectiveSyntaxException wrong) {
    return new StudyFileException(
        "the objective, at character " + (wrong.position() + 1) + ": " + wrong.problem(), wrong);
  }
}
