package dev.sluice.sim;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Commands with the times at which they are obeyed, in order. Immutable.
 *
 * @param events by time; those of the same time in the order given
 */
record LinkScript(List<Event> events) {
  private static final double MOST_SECONDS = 10_000_000;

  /**
   * A command at a time.
   *
   * @param positionNanos since the trace began
   * @param text as written
   */
  record Event(long positionNanos, String text, LinkCommands.Command command) {}

  LinkScript {
    events = events.stream().sorted(Comparator.comparingLong(Event::positionNanos)).toList();
  }

  /**
   * Reads a line {@code SECONDS COMMAND}.
   *
   * @throws IllegalArgumentException if it is none
   */
  static Event event(String line) {
    String[] parts = line.strip().split("\\s+", 2);
    double seconds;
    try {
      seconds = Double.parseDouble(parts[0]);
    } catch (NumberFormatException notOne) {
      seconds = Double.NaN;
    }
    if (parts.length < 2 || !(seconds >= 0 && seconds <= MOST_SECONDS)) {
      throw new IllegalArgumentException(
          "expected 'SECONDS COMMAND' such as '30 outage on', found '" + line.strip() + "'");
    }
    return new Event(Math.round(seconds * 1e9), parts[1], LinkCommands.parse(parts[1]));
  }

  /**
   * Reads a file of such lines; blank ones and what follows a {@code #} are skipped.
   *
   * @throws IOException if it cannot be read, or a line is none; the message names it
   */
  static List<Event> read(Path file) throws IOException {
    List<Event> events = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
      number++;
      int comment = line.indexOf('#');
      String content = comment < 0 ? line : line.substring(0, comment);
      if (!content.isBlank()) {
        try {
          events.add(event(content));
        } catch (IllegalArgumentException wrong) {
          throw new IOException(file + " line " + number + ": " + wrong.getMessage(), wrong);
        }
      }
    }
    return events;
  }
}
