package dev.sluice.experiments.study;

/**
 * Something that went wrong while a study ran, which went on without it.
 *
 * @param what the cell or part that failed
 * @param error its class and message
 */
public record Failure(String what, String error) {
  static Failure of(String what, Throwable thrown) {
    String message = thrown.getMessage();
    String kind = thrown.getClass().getSimpleName();
    return new Failure(what, message == null || message.isBlank() ? kind : kind + ": " + message);
  }
}
