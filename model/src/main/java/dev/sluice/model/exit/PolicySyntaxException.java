package dev.sluice.model.exit;

/**
 * A policy that cannot be understood; the message repeats the text with a caret below the place.
 */
public final class PolicySyntaxException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final int position;
  private final String problem;

  PolicySyntaxException(String text, int position, String problem) {
    super(
        problem
            + System.lineSeparator()
            + "  "
            + text.replaceAll("\\s", " ")
            + System.lineSeparator()
            + "  "
            + " ".repeat(position)
            + "^");
    this.position = position;
    this.problem = problem;
  }

  /** Returns the index of the offending character; the text's length where something is missing. */
  public int position() {
    return position;
  }

  /** Returns what is wrong, in one line. */
  public String problem() {
    return problem;
  }
}
