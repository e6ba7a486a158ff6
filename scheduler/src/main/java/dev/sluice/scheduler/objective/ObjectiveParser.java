package dev.sluice.scheduler.objective;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Recursive descent over the grammar in {@link Objective#parse}; knows each token's place. */
final class ObjectiveParser {
  private static final int MAX_LENGTH = 2000;
  private static final Pattern TOKEN =
      Pattern.compile("<=|>=|[0-9]+(?:\\.[0-9]+)?|[A-Za-z_][A-Za-z_0-9.]*|\\S");
  private static final Pattern PERCENTILE =
      Pattern.compile("p([0-9]{1,2}(?:\\.[0-9]{1,3})?)_latency");
  private static final String METRICS =
      "p95_latency, mean_latency, deadline_misses, throughput, accuracy, worker_compute,"
          + " uplink_bytes, device_compute, device_energy or device_memory";

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
          "", 0, "the objective has more than " + MAX_LENGTH + " characters");
    }
    List<Constraint> constraints = new ArrayList<>();
    List<Target> targets = new ArrayList<>();
    if (tokens.isEmpty()) {
      throw wrong("an objective needs a constraint or a target");
    }
    if (!isVerb() && !at(";")) {
      do {
        constraints.add(constraint());
      } while (taken(","));
    }
    if (taken(";")) {
      if (next == tokens.size()) {
        throw wrong("expected 'minimise' or 'maximise'");
      }
    } else if (!constraints.isEmpty() && next < tokens.size()) {
      throw wrong("expected ',' or ';', not '" + tokens.get(next).text() + "'");
    }
    if (next < tokens.size()) {
      targets(targets);
    }
    return new Objective(constraints, targets);
  }

  private void targets(List<Target> targets) throws ObjectiveSyntaxException {
    boolean maximise = false;
    do {
      if (!targets.isEmpty()) {
        taken("then");
      }
      if (isVerb()) {
        maximise = tokens.get(next++).text().startsWith("max");
      } else if (targets.isEmpty()) {
        throw wrong("expected 'minimise' or 'maximise'");
      }
      int position = position();
      Target target = new Target(metric(), maximise);
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
      throw wrong("expected ',' or the end, not '" + tokens.get(next).text() + "'");
    }
  }

  private Constraint constraint() throws ObjectiveSyntaxException {
    Metric metric = metric();
    boolean accuracy = metric.kind() == Metric.Kind.ACCURACY;
    String relation = metric.moreIsBetter() ? ">=" : "<=";
    if (!at(relation)) {
      throw wrong("expected '" + relation + "' after " + metric);
    }
    next++;
    if (accuracy && taken("final")) {
      int sign = at("-") ? -1 : at("+") ? 1 : 0;
      if (sign == 0) {
        return new Constraint(metric, 0, true);
      }
      next++;
      int position = position();
      double points = number();
      if (!taken("pt") && !taken("%")) {
        throw wrong("expected 'pt'");
      }
      if (points > 100) {
        throw new ObjectiveSyntaxException(text, position, "at most 100 pt make sense here");
      }
      return new Constraint(metric, sign * points / 100, true);
    }
    int position = position();
    double number = number();
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
    String unit = next < tokens.size() ? tokens.get(next).text() : "";
    double factor =
        switch (dimension) {
          case TIME ->
              switch (unit) {
                case "s" -> 1e9;
                case "ms" -> 1e6;
                case "us" -> 1e3;
                case "ns" -> 1;
                default -> throw wrong("expected a unit of time: s, ms or us");
              };
          case SHARE -> {
            if (!unit.equals("%")) {
              throw wrong("expected '%'");
            }
            yield 0.01;
          }
          case BYTES, BYTES_PER_MONTH ->
              switch (unit) {
                case "b" -> 1;
                case "kb" -> 1e3;
                case "mb" -> 1e6;
                case "gb" -> 1e9;
                default -> throw wrong("expected a unit of size: B, KB, MB or GB");
              };
          case RATE -> {
            if (!unit.equals("fps")) {
              throw wrong("expected 'fps'");
            }
            yield 1;
          }
          case ENERGY ->
              switch (unit) {
                case "j" -> 1;
                case "mj" -> 1e-3;
                case "uj" -> 1e-6;
                default -> throw wrong("expected a unit of energy: J, mJ or uJ");
              };
        };
    next++;
    return factor;
  }

  private Metric metric() throws ObjectiveSyntaxException {
    if (next == tokens.size()) {
      throw wrong("expected a metric: " + METRICS);
    }
    String word = tokens.get(next).text();
    Matcher percentile = PERCENTILE.matcher(word);
    if (percentile.matches() && Double.parseDouble(percentile.group(1)) > 0) {
      next++;
      return Metric.latencyPercentile(Double.parseDouble(percentile.group(1)));
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
      if (kind != Metric.Kind.LATENCY_PERCENTILE
          && kind != Metric.Kind.MONTHLY_UPLINK_BYTES
          && word.equals(kind.word)) {
        next++;
        return Metric.of(kind);
      }
    }
    throw wrong("unknown metric '" + word + "', expected " + METRICS);
  }

  private Metric deadlineMisses() throws ObjectiveSyntaxException {
    if (!taken("(")) {
      throw wrong("expected the deadline, as in deadline_misses(150 ms)");
    }
    double nanos = number() * factor(Metric.Unit.TIME);
    if (!taken(")")) {
      throw wrong("expected ')'");
    }
    return Metric.deadlineMisses(nanos);
  }

  private double number() throws ObjectiveSyntaxException {
    if (next < tokens.size() && Character.isDigit(tokens.get(next).text().charAt(0))) {
      double number = Double.parseDouble(tokens.get(next).text());
      if (number > 1e12) {
        throw wrong("the number is too large");
      }
      next++;
      return number;
    }
    throw wrong("expected a number");
  }

  private boolean isVerb() {
    return at("minimise") || at("minimize") || at("maximise") || at("maximize");
  }

  private boolean at(String word) {
    return next < tokens.size() && tokens.get(next).text().equals(word);
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

  private ObjectiveSyntaxException wrong(String problem) {
    return new ObjectiveSyntaxException(text, position(), problem);
  }
}
