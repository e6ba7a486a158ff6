package dev.sluice.model.exit;

import dev.sluice.model.exit.ExitPolicy.Always;
import dev.sluice.model.exit.ExitPolicy.ClassMeans;
import dev.sluice.model.exit.ExitPolicy.EntropyBelow;
import dev.sluice.model.exit.ExitPolicy.MarginAbove;
import dev.sluice.model.exit.ExitPolicy.Never;
import dev.sluice.model.exit.ExitPolicy.Patience;
import dev.sluice.model.exit.ExitPolicy.PerClassFitted;
import dev.sluice.model.exit.ExitPolicy.PerClassTop1;
import dev.sluice.model.exit.ExitPolicy.Top1Above;
import dev.sluice.model.exit.ExitPolicy.TrustAbove;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads policies by recursive descent. Used once. */
final class PolicyParser {
  private static final String KNOWN =
      "top1, entropy, margin, patience, class-means, trust, per-class, never or always";
  private static final int MOST_CLASSES = 1 << 16;

  private final String text;
  private int at;

  PolicyParser(String text) {
    this.text = text;
  }

  /** Reads one policy and nothing else. */
  ExitPolicy policy() {
    ExitPolicy policy = one();
    requireEnd("nothing may follow a policy");
    return policy;
  }

  /** Reads one policy for all exits, or {@code EXIT: POLICY; EXIT: POLICY}. */
  PolicyChoice choice() {
    skipSpace();
    if (at >= text.length() || !Character.isDigit(text.charAt(at))) {
      ExitPolicy all = one();
      requireEnd(
          "a policy for all exits stands alone; or name the exits: 0: top1 >= 0.9; 1: always");
      return PolicyChoice.all(all);
    }
    Map<Integer, ExitPolicy> byExit = new TreeMap<>();
    do {
      skipSpace();
      int start = at;
      int exit = integer("the number of an exit", 0, 255);
      if (byExit.containsKey(exit)) {
        throw wrong(start, "exit " + exit + " is named twice");
      }
      require(":", "a colon must follow the exit's number");
      byExit.put(exit, one());
    } while (accept(";") && !atEnd());
    requireEnd("exits are divided by ';'");
    return PolicyChoice.byExit(byExit);
  }

  private ExitPolicy one() {
    skipSpace();
    int start = at;
    String name = word();
    return switch (name) {
      case "top1" -> new Top1Above(share());
      case "margin" -> new MarginAbove(share());
      case "class-means" -> new ClassMeans(share());
      case "entropy" -> entropy();
      case "patience" -> new Patience(integer("how many times a prediction must repeat", 1, 255));
      case "trust" -> {
        require(">=", ">= must follow 'trust'");
        yield new TrustAbove(number());
      }
      case "per-class" -> perClass();
      case "never" -> new Never();
      case "always" -> new Always();
      case "" -> throw wrong(start, "a policy is missing: " + KNOWN);
      default -> throw wrong(start, "no policy '" + name + "'; there are " + KNOWN);
    };
  }

  private double share() {
    require(">=", ">= must follow the score's name");
    double value = number();
    return accept("%") ? value / 100 : value;
  }

  private ExitPolicy entropy() {
    require("<=", "<= must follow 'entropy'");
    double value = number();
    skipSpace();
    int start = at;
    if (!word().equals("nats")) {
      throw wrong(start, "say the unit: nats");
    }
    return new EntropyBelow(value);
  }

  private ExitPolicy perClass() {
    skipSpace();
    int start = at;
    if (!word().equals("top1")) {
      throw wrong(start, "'top1' must follow 'per-class'");
    }
    require(">=", ">= must follow 'top1'");
    if (!accept("[")) {
      int what = at;
      if (word().equals("fitted")) {
        return new PerClassFitted();
      }
      throw wrong(what, "a list such as [0.8, 0.9], one per class, or 'fitted' is missing");
    }
    List<Double> thresholds = new ArrayList<>();
    do {
      skipSpace();
      int each = at;
      if (thresholds.size() == MOST_CLASSES) {
        throw wrong(each, "more than " + MOST_CLASSES + " classes");
      }
      boolean never = at < text.length() && Character.isLetter(text.charAt(at));
      if (never && !word().equals("never")) {
        throw wrong(each, "a number or 'never' is missing");
      }
      thresholds.add(never ? Double.POSITIVE_INFINITY : number());
    } while (accept(","));
    require("]", "a comma or ] must follow");
    return new PerClassTop1(thresholds.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private String word() {
    int start = at;
    while (at < text.length()) {
      char c = text.charAt(at);
      boolean inside = at > start && (c == '-' || Character.isDigit(c));
      if (!Character.isLetter(c) && !inside) {
        break;
      }
      at++;
    }
    return text.substring(start, at);
  }

  private double number() {
    skipSpace();
    int start = at;
    while (at < text.length() && "0123456789.eE+-".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String digits = text.substring(start, at);
    double value;
    try {
      value = Double.parseDouble(digits);
    } catch (NumberFormatException e) {
      throw wrong(start, digits.isEmpty() ? "a number is missing" : "no number: " + digits);
    }
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw wrong(start, "must be finite and not negative: " + digits);
    }
    return value + 0.0;
  }

  private int integer(String what, int least, int most) {
    skipSpace();
    int start = at;
    while (at < text.length() && Character.isDigit(text.charAt(at))) {
      at++;
    }
    if (at == start) {
      throw wrong(start, what + " is missing, a whole number");
    }
    String digits = text.substring(start, at);
    int value = digits.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(digits);
    if (value < least || value > most) {
      throw wrong(start, what + " must be in [" + least + ", " + most + "]: " + digits);
    }
    return value;
  }

  private boolean accept(String sign) {
    skipSpace();
    if (text.startsWith(sign, at)) {
      at += sign.length();
      return true;
    }
    return false;
  }

  private void require(String sign, String otherwise) {
    if (!accept(sign)) {
      throw wrong(at, otherwise);
    }
  }

  private boolean atEnd() {
    skipSpace();
    return at == text.length();
  }

  private void requireEnd(String otherwise) {
    if (!atEnd()) {
      throw wrong(at, otherwise);
    }
  }

  private void skipSpace() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private PolicySyntaxException wrong(int position, String problem) {
    return new PolicySyntaxException(text, position, problem);
  }
}
