package dev.sluice.scheduler.objective;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Recursive descent over the grammar in {@link Objective#parse}; knows each token's place. */
final class ObjectiveParser {
  private static final int MAX_LENGTH = 2000;
  private static final Pattern TOKEN =
      Pattern.compile("<=|>=|[0-9]+(?:\\.[0-9]+)?|[A-Za-z_][A-Za-z_0-9.]*|\\S");
  private static final Pattern PERCENTILE =
      Pattern.compile("p([0-9]{1,2}(?:\\.[0-9]{1,3})?)_latency");
  private static final Pattern LIKE_PERCENTILE = Pattern.compile("p([0-9.]+)(_\\w*)?");
  private static final List<String> VERBS = List.of("minimise", "maximise");
  private static final String THEN = "then";
  private static final String FINAL = "final";

  /** One of the percentiles stands for all. */
  private static final List<String> METRICS =
      Stream.concat(
              Stream.of("p95_latency"),
              Arrays.stream(Metric.Kind.values())
                  .filter(ObjectiveParser::hasWord)
                  .map(kind -> kind.word))
          .toList();

  private static final String ALL_METRICS = String.join(", ", METRICS);

  private record Token(String text, int position) {}

  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private int next;

  ObjectiveParser(String text) {
    this.text = text;
    if (text.length() <= MAX_LENGTH) {
      Matcher matcher = TOKEN.matcher(text);
      while (matcher.find()) {
        tokens.add(new Token(matcher.group().toLowerCase(Locale.ROOT), matcher.start()));
      }
    }
  }

  Objective parse() throws ObjectiveSyntaxException {
    if (text.length() > MAX_LENGTH) {
      throw new ObjectiveSyntaxException(
          text, MAX_LENGTH, "the objective has more than " + MAX_LENGTH + " characters");
    }
    List<Constraint> constraints = new ArrayList<>();
    List<Target> targets = new ArrayList<>();
    if (tokens.isEmpty()) {
      throw wrong("an objective needs a constraint or a target");
    }
    if (!isVerb() && !at(";")) {
      List<String> others = VERBS;
      do {
        constraints.add(constraint(others));
        others = List.of();
      } while (taken(","));
    }
    if (taken(";")) {
      if (next == tokens.size()) {
        throw wrong("expected 'minimise' or 'maximise'");
      }
    } else if (!constraints.isEmpty() && next < tokens.size()) {
      throw wrong("expected ',' or ';', not '" + word() + "'");
    }
    if (next < tokens.size()) {
      targets(targets);
    }
    return new Objective(constraints, targets);
  }

  private void targets(List<Target> targets) throws ObjectiveSyntaxException {
    boolean maximise = false;
    do {
      List<String> others = List.of();
      if (!targets.isEmpty()) {
        others = taken(THEN) ? VERBS : List.of(THEN, VERBS.get(0), VERBS.get(1));
      }
      if (isVerb()) {
        maximise = tokens.get(next++).text().startsWith("max");
        others = List.of();
      } else if (targets.isEmpty()) {
        throw wrong("expected 'minimise' or 'maximise'" + meant(word(), VERBS));
      }
      int position = position();
      Target target = new Target(metric(others), maximise);
      if (targets.stream().anyMatch(t -> t.metric().equals(target.metric()))) {
        throw new ObjectiveSyntaxException(
            text, position, target.metric() + " is already a target");
      }
      boolean moreIsBetter = target.metric().moreIsBetter();
      if (maximise != moreIsBetter) {
        throw new ObjectiveSyntaxException(
            text,
            position,
            target.metric() + " can only be " + (moreIsBetter ? "maximised" : "minimised"));
      }
      targets.add(target);
    } while (taken(","));
    if (next < tokens.size()) {
      throw wrong(
          "expected ',' or the end, not '"
              + word()
              + "'"
              + (at(THEN) ? meant(Optional.of(", " + THEN)) : ""));
    }
  }

  private Constraint constraint(List<String> others) throws ObjectiveSyntaxException {
    if (isVerb()) {
      throw wrong("expected a constraint, not '" + word() + "'; targets follow ';', not ','");
    }
    Metric metric = metric(others);
    boolean accuracy = metric.kind() == Metric.Kind.ACCURACY;
    String relation = metric.moreIsBetter() ? ">=" : "<=";
    if (!at(relation)) {
      throw wrong("expected '" + relation + "' after " + metric);
    }
    next++;
    if (accuracy && taken(FINAL)) {
      int sign = at("-") ? -1 : at("+") ? 1 : 0;
      if (sign == 0) {
        return new Constraint(metric, 0, true);
      }
      next++;
      int position = position();
      double points = number(List.of());
      if (!taken("pt") && !taken("%")) {
        throw wrong("expected 'pt'");
      }
      if (points > 100) {
        throw new ObjectiveSyntaxException(text, position, "at most 100 pt make sense here");
      }
      return new Constraint(metric, sign * points / 100, true);
    }
    int position = position();
    double number = number(accuracy ? List.of(FINAL) : List.of());
    double bound = number * factor(metric.kind().unit);
    if (metric.kind().unit == Metric.Unit.SHARE && bound > 1) {
      throw new ObjectiveSyntaxException(text, position, metric + " cannot exceed 100 %");
    }
    if (metric.kind() == Metric.Kind.UPLINK_BYTES && taken("/")) {
      if (!taken("month")) {
        throw wrong("expected 'month'");
      }
      return new Constraint(Metric.of(Metric.Kind.MONTHLY_UPLINK_BYTES), bound, false);
    }
    return new Constraint(metric, bound, false);
  }

  private double factor(Metric.Unit dimension) throws ObjectiveSyntaxException {
    String unit = word();
    double factor =
        switch (dimension) {
          case TIME ->
              switch (unit) {
                case "s" -> 1e9;
                case "ms" -> 1e6;
                case "us" -> 1e3;
                case "ns" -> 1;
                default -> throw wrongUnit("a unit of time: s, ms or us", dimension);
              };
          case SHARE -> {
            if (!unit.equals("%")) {
              throw wrongUnit("'%'", dimension);
            }
            yield 0.01;
          }
          case BYTES, BYTES_PER_MONTH ->
              switch (unit) {
                case "b" -> 1;
                case "kb" -> 1e3;
                case "mb" -> 1e6;
                case "gb" -> 1e9;
                default -> throw wrongUnit("a unit of size: B, KB, MB or GB", dimension);
              };
          case RATE -> {
            if (!unit.equals("fps")) {
              throw wrongUnit("'fps'", dimension);
            }
            yield 1;
          }
          case ENERGY ->
              switch (unit) {
                case "j" -> 1;
                case "mj" -> 1e-3;
                case "uj" -> 1e-6;
                default -> throw wrongUnit("a unit of energy: J, mJ or uJ", dimension);
              };
        };
    next++;
    return factor;
  }

  /**
   * Reads a metric.
   *
   * @param others what else may stand here, and may have been meant
   */
  private Metric metric(List<String> others) throws ObjectiveSyntaxException {
    if (next == tokens.size()) {
      throw wrong("expected a metric: " + ALL_METRICS);
    }
    String word = word();
    if (isPercentile(word)) {
      next++;
      return Metric.latencyPercentile(percent(word));
    }
    if (word.equals("latency")) {
      next++;
      return Metric.of(Metric.Kind.MEAN_LATENCY);
    }
    if (word.equals(Metric.Kind.DEADLINE_MISSES.word)) {
      next++;
      return deadlineMisses();
    }
    for (Metric.Kind kind : Metric.Kind.values()) {
      if (hasWord(kind) && word.equals(kind.word)) {
        next++;
        return Metric.of(kind);
      }
    }
    throw unknownMetric(word, others);
  }

  private ObjectiveSyntaxException unknownMetric(String word, List<String> others) {
    List<String> known = new ArrayList<>(METRICS);
    known.add("latency");
    known.addAll(others);
    Matcher percentile = LIKE_PERCENTILE.matcher(word);
    if (percentile.matches()) {
      String meant = "p" + percentile.group(1) + "_latency";
      if (!isPercentile(meant)) {
        return wrong(
            "the percentile of '"
                + word
                + "' is not between 0 and 100, with three decimals at most");
      }
      known.set(0, meant);
    }
    Optional<String> meant =
        word.equals("median_latency") || word.equals("median")
            ? Optional.of("p50_latency")
            : Nearest.within(word, known);
    return wrong(
        meant.filter(others::contains).isPresent()
            ? "unknown word '" + word + "'" + meant(meant)
            : "unknown metric '"
                + word
                + "'"
                + meant
                    .map(name -> "; did you mean '" + name + "'? There are ")
                    .orElse("; there are ")
                + ALL_METRICS);
  }

  private static boolean isPercentile(String word) {
    return percent(word) > 0;
  }

  /** The percentage of a percentile's word; 0 if it is none. */
  private static double percent(String word) {
    Matcher percentile = PERCENTILE.matcher(word);
    return percentile.matches() ? Double.parseDouble(percentile.group(1)) : 0;
  }

  /** Whether a kind is known by one word of its own. */
  private static boolean hasWord(Metric.Kind kind) {
    return kind != Metric.Kind.LATENCY_PERCENTILE && kind != Metric.Kind.MONTHLY_UPLINK_BYTES;
  }

  private Metric deadlineMisses() throws ObjectiveSyntaxException {
    if (!taken("(")) {
      throw wrong("expected the deadline, as in deadline_misses(150 ms)");
    }
    double nanos = number(List.of()) * factor(Metric.Unit.TIME);
    if (!taken(")")) {
      throw wrong("expected ')'");
    }
    return Metric.deadlineMisses(nanos);
  }

  /**
   * Reads a number.
   *
   * @param others what else may stand here, and may have been meant
   */
  private double number(List<String> others) throws ObjectiveSyntaxException {
    if (next < tokens.size() && Character.isDigit(word().charAt(0))) {
      double number = Double.parseDouble(word());
      if (number > 1e12) {
        throw wrong("the number is too large");
      }
      next++;
      return number;
    }
    throw wrong("expected a number" + meant(word(), others));
  }

  private boolean isVerb() {
    return at("minimise") || at("minimize") || at("maximise") || at("maximize");
  }

  private boolean at(String word) {
    return next < tokens.size() && word().equals(word);
  }

  /** The next word; empty at the end. */
  private String word() {
    return next < tokens.size() ? tokens.get(next).text() : "";
  }

  private boolean taken(String word) {
    if (at(word)) {
      next++;
      return true;
    }
    return false;
  }

  private int position() {
    return next < tokens.size() ? tokens.get(next).position() : text.length();
  }

  private ObjectiveSyntaxException wrongUnit(String wanted, Metric.Unit dimension) {
    Optional<String> meant = UnitNames.meant(dimension, word());
    /* Where there is but one unit it is named already. */
    return wrong(
        "expected " + wanted + meant(meant.filter(unit -> !wanted.equals("'" + unit + "'"))));
  }

  private static String meant(String word, Collection<String> known) {
    return meant(Nearest.within(word, known));
  }

  private static String meant(Optional<String> meant) {
    return meant.map(word -> " (did you mean '" + word + "'?)").orElse("");
  }

  private ObjectiveSyntaxException wrong(String problem) {
    return new ObjectiveSyntaxException(text, position(), problem);
  }
}
