package dev.sluice.model.graph;

/**
 * An input's shape is not known, and no hint says it. The message names the file, the input and the
 * hint that would help.
 */
public final class UnknownShapeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String input;

  UnknownShapeException(String file, String input, String trouble, String remedy) {
    super(file + ": input '" + input + "' " + trouble + "; " + remedy);
    this.input = input;
  }

  /** Returns the input's name. */
  public String input() {
    return input;
  }
}
