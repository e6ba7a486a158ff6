package dev.sluice.sim;

import dev.sluice.sim.Amounts.Both;
import dev.sluice.sim.link.Direction;
import dev.sluice.sim.link.EmulatedLink;
import dev.sluice.sim.link.LinkChange;
import dev.sluice.sim.link.PathOptions;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import picocli.CommandLine.TypeConversionException;

/**
 * The words by which a running link is changed, such as {@code rate 2mbit}. Stateless.
 *
 * <p>What a word does to the link's options depends on how they are when it is obeyed, so that a
 * command is a function of the link.
 */
final class LinkCommands {
  private static final String WORDS =
      "commands are rate, round-trip, outage, loss, jitter, buffer, handshake, reset, vanish,"
          + " refuse, restore, stats and start";

  private LinkCommands() {}

  /** Something to do to a link. */
  interface Command {
    /**
     * Does it.
     *
     * @throws IllegalArgumentException if the link has no such worker
     */
    void obey(EmulatedLink link);
  }

  /**
   * Reads a command.
   *
   * @throws IllegalArgumentException if it is none; the message says what to write instead
   */
  static Command parse(String line) {
    String[] words = line.strip().split("\\s+");
    try {
      return switch (words[0]) {
        case "rate" ->
            doing(rate(argument(words, "a rate such as 2mbit or 2mbit/8mbit, or trace")));
        case "round-trip" -> doing(roundTrip(argument(words, "a time such as 80ms, or trace")));
        case "outage" -> doing(outage(argument(words, "on, off or trace")));
        case "handshake" -> doing(handshake(argument(words, "a time such as 2s")));
        case "loss" ->
            onPaths(
                Both.parse(argument(words, "a share such as 1% or 1%x4/0"), Amounts::loss),
                PathOptions::withLoss);
        case "jitter" ->
            onPaths(
                Both.parse(argument(words, "a time such as 5ms"), LinkCommands::nanos),
                PathOptions::withJitter);
        case "buffer" ->
            onPaths(
                Both.parse(argument(words, "256kb, 500ms or none"), Amounts::buffer),
                PathOptions::withBuffer);
        case "reset" -> doing(worker(words, LinkChange.Reset::new));
        case "vanish" -> doing(worker(words, LinkChange.Vanish::new));
        case "refuse" -> doing(worker(words, LinkChange.Refuse::new));
        case "restore" -> doing(worker(words, LinkChange.Restore::new));
        default -> throw new IllegalArgumentException("'" + words[0] + "' is no command; " + WORDS);
      };
    } catch (TypeConversionException wrong) {
      throw new IllegalArgumentException(words[0] + ": " + wrong.getMessage(), wrong);
    }
  }

  private static Command doing(LinkChange change) {
    return link -> link.apply(change);
  }

  private static <T> Command onPaths(Both<T> values, BiFunction<PathOptions, T, PathOptions> set) {
    return link -> {
      change(link, Direction.UPLINK, path -> set.apply(path, values.uplink()));
      change(link, Direction.DOWNLINK, path -> set.apply(path, values.downlink()));
    };
  }

  private static void change(
      EmulatedLink link, Direction direction, UnaryOperator<PathOptions> change) {
    PathOptions before = link.options().path(direction);
    link.apply(new LinkChange.Path(direction, change.apply(before)));
  }

  private static LinkChange rate(String text) {
    if (text.equals("trace")) {
      return new LinkChange.Rates(null, null);
    }
    Both<Double> rates = Both.parse(text, one -> Amounts.megabits(one) * 125_000);
    return new LinkChange.Rates(rates.uplink(), rates.downlink());
  }

  private static LinkChange roundTrip(String text) {
    return new LinkChange.RoundTrip(text.equals("trace") ? null : nanos(text));
  }

  private static LinkChange outage(String text) {
    return switch (text) {
      case "on" -> new LinkChange.Outage(true);
      case "off" -> new LinkChange.Outage(false);
      case "trace" -> new LinkChange.Outage(null);
      default ->
          throw new IllegalArgumentException("outage is on, off or trace, not '" + text + "'");
    };
  }

  private static LinkChange handshake(String text) {
    return new LinkChange.HandshakeDelay(nanos(text));
  }

  private static LinkChange worker(String[] words, IntFunction<LinkChange> change) {
    if (words.length == 1) {
      return change.apply(LinkChange.EVERY_WORKER);
    }
    int number;
    try {
      number = Integer.parseInt(argument(words, "a worker's number"));
    } catch (NumberFormatException notOne) {
      number = 0;
    }
    if (number < 1) {
      throw new IllegalArgumentException(
          words[0]
              + " takes a worker's number, counted from 1 in the order of --to, not '"
              + words[1]
              + "'");
    }
    return change.apply(number);
  }

  private static long nanos(String text) {
    return Math.round(Amounts.millis(text) * 1e6);
  }

  private static String argument(String[] words, String what) {
    if (words.length != 2) {
      throw new IllegalArgumentException(
          words[0] + " takes " + what + ", found " + List.of(words).subList(1, words.length));
    }
    return words[1];
  }
}
