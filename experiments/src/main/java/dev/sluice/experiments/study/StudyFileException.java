package dev.sluice.experiments.study;

/** The conditions of a study do not fit: nothing was begun. */
public final class StudyFileException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /** With a message that names file and field. */
  public StudyFileException(String message, Throwable cause) {
    super(message, cause);
  }
}
