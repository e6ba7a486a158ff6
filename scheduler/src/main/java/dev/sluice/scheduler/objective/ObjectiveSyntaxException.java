package dev.sluice.scheduler.objective;

import java.util.List;

/** An objective that cannot be understood; the message repeats it with a caret below the place. */
public final class ObjectiveSyntaxException extends Exception {
  private static final long serialVersionUID = 1L;

  /** So much of a long text is shown that a terminal does not break the line. */
  private static final int SHOWN = 76;

  private static final String INDENT = "  ";
  private static final String LEFT_OUT = "...";

  private final String text;
  private final int position;
  private final String problem;

  /**
   * Names a place.
   *
   * @param position in [0, length of the text]
   */
  ObjectiveSyntaxException(String text, int position, String problem) {
    super(
        problem
            + System.lineSeparator()
            + String.join(System.lineSeparator(), shown(text, position)));
    this.text = text;
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

  /**
   * Returns two lines that show the place: the text, of a long one the part around it, and a caret
   * below it. Both are indented, fit a terminal and hold no control characters.
   */
  public List<String> excerpt() {
    return shown(text, position);
  }

  private static List<String> shown(String text, int position) {
    String line = text.replaceAll("\\s", " ").replaceAll("\\p{Cntrl}", "?");
    int from = Math.max(0, Math.min(position - SHOWN / 2, line.length() - SHOWN));
    int to = Math.min(line.length(), from + SHOWN);
    String before = from > 0 ? LEFT_OUT : "";
    String after = to < line.length() ? LEFT_OUT : "";
    return List.of(
        INDENT + before + line.substring(from, to) + after,
        INDENT + " ".repeat(before.length() + position - from) + "^");
  }
}
