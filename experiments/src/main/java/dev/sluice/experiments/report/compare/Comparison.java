package dev.sluice.experiments.report.compare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Json;
import dev.sluice.experiments.report.RawTable;
import dev.sluice.experiments.report.RawTable.Role;
import dev.sluice.experiments.report.RunFolder;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.report.compare.Difference.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Two runs of one study: what got better or worse beyond noise, claim by claim, and measure by
 * measure where their raw results say what is measured. Immutable.
 *
 * @param study its name
 * @param differences claims first, in the order of the first run
 * @param notes what else is different between the runs, in words
 */
public record Comparison(String study, List<Difference> differences, List<String> notes) {
  public Comparison {
    differences = List.copyOf(differences);
    notes = List.copyOf(notes);
  }

  /**
   * Compares two runs.
   *
   * @param before the run to hold on to
   * @param after the run to judge
   * @param margin relative change that is put up with, at least 0
   * @throws IOException if they are runs of different studies, or raw results cannot be read
   */
  public static Comparison of(RunFolder before, RunFolder after, double margin) throws IOException {
    if (!before.study().equals(after.study())) {
      throw new IOException(
          "%s is a run of %s and %s one of %s; only runs of one study compare"
              .formatted(before.folder(), before.study(), after.folder(), after.study()));
    }
    List<String> notes = notes(before, after);
    List<PairedTable.Measure> measures = new ArrayList<>();
    for (RawTable table : before.tables()) {
      measures.addAll(measures(table, before, after, notes));
    }
    List<RawTable> gone = before.tables().stream().filter(t -> isGone(t, after)).toList();
    Map<String, Claim> first = byName(before.claims());
    Map<String, Claim> second = byName(after.claims());
    long claims =
        first.entrySet().stream()
            .filter(
                claim ->
                    second.containsKey(claim.getKey())
                        && (Judge.hasInterval(claim.getValue())
                            || Judge.hasInterval(
                                second.getOrDefault(claim.getKey(), claim.getValue()))))
            .count();
    Judge judge = new Judge(Math.max(1, Math.toIntExact(claims) + measures.size()), margin);
    List<Difference> differences = new ArrayList<>();
    first.forEach(
        (name, claim) ->
            differences.add(
                second.containsKey(name)
                    ? judge.claim(claim, second.getOrDefault(name, claim))
                    : onlyIn(name, claim.measured(), Double.NaN, Verdict.GONE)));
    second.forEach(
        (name, claim) -> {
          if (!first.containsKey(name)) {
            differences.add(onlyIn(name, Double.NaN, claim.measured(), Verdict.NEW));
          }
        });
    gone.forEach(
        table ->
            differences.add(
                onlyIn(
                    table.file(), Double.NaN, Double.NaN, Verdict.GONE, "is not there any more")));
    measures.forEach(
        measure ->
            differences.add(
                judge.measure(
                    measure.what(), measure.before(), measure.changes(), measure.better())));
    return new Comparison(before.study(), differences, notes);
  }

  private static List<PairedTable.Measure> measures(
      RawTable table, RunFolder before, RunFolder after, List<String> notes) throws IOException {
    if (!isJudged(table) || isGone(table, after)) {
      return List.of();
    }
    PairedTable paired = PairedTable.of(table, before.folder(), after.folder());
    if (paired.unpaired() > 0) {
      notes.add("%s: %d rows have no partner".formatted(table.file(), paired.unpaired()));
    }
    return paired.measures();
  }

  private static boolean isJudged(RawTable table) {
    return table.columns().stream().anyMatch(c -> c.role() == Role.COST || c.role() == Role.GAIN);
  }

  private static boolean isGone(RawTable table, RunFolder after) {
    return isJudged(table)
        && after.tables().stream().noneMatch(other -> other.file().equals(table.file()));
  }

  /** Claims of one name are told apart by their order. */
  private static Map<String, Claim> byName(List<Claim> claims) {
    Map<String, Claim> named = new LinkedHashMap<>();
    for (Claim claim : claims) {
      String name = claim.name();
      for (int i = 2; named.containsKey(name); i++) {
        name = claim.name() + " #" + i;
      }
      named.put(name, claim);
    }
    return named;
  }

  private static Difference onlyIn(String name, double before, double after, Verdict verdict) {
    return onlyIn(
        name,
        before,
        after,
        verdict,
        verdict == Verdict.GONE ? "is not claimed any more" : "was not claimed before");
  }

  private static Difference onlyIn(
      String name, double before, double after, Verdict verdict, String reason) {
    return new Difference(name, before, after, Double.NaN, Double.NaN, 0, verdict, reason);
  }

  private static List<String> notes(RunFolder before, RunFolder after) {
    List<String> notes = new ArrayList<>();
    for (RunFolder run : List.of(before, after)) {
      String status = run.record().path("status").asText("finished");
      if (!status.equals("finished")) {
        notes.add("%s did not come to its end: %s".formatted(run.folder(), status));
      }
    }
    for (String field : List.of("quick", "seed", "machine", "inputs", "commit", "dirty")) {
      JsonNode one = before.record().path(field);
      JsonNode other = after.record().path(field);
      if (!one.equals(other)) {
        notes.add(
            one.isObject() || other.isObject()
                ? field + " differ: " + differing(one, other)
                : "%s: %s, then %s".formatted(field, one.asText("-"), other.asText("-")));
      }
    }
    return notes;
  }

  private static String differing(JsonNode one, JsonNode other) {
    List<String> names = new ArrayList<>();
    one.fieldNames().forEachRemaining(names::add);
    other
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!names.contains(name)) {
                names.add(name);
              }
            });
    names.removeIf(name -> one.path(name).equals(other.path(name)));
    return String.join(", ", names);
  }

  /** Whether something got worse beyond noise, or is gone. */
  public boolean isRegression() {
    return differences.stream().anyMatch(difference -> difference.verdict().isRegression());
  }

  /** As one object. */
  public ObjectNode json() {
    ObjectNode json = Json.object().put("study", study).put("regression", isRegression());
    ArrayNode list = json.putArray("differences");
    for (Difference difference : differences) {
      ObjectNode each = list.addObject();
      each.put("what", difference.what());
      each.put("verdict", difference.verdict().name().toLowerCase(Locale.ROOT));
      each.put("reason", difference.reason());
      each.put("before", difference.before());
      each.put("after", difference.after());
      each.putArray("difference").add(difference.low()).add(difference.high());
      each.put("pairs", difference.pairs());
    }
    ArrayNode other = json.putArray("notes");
    notes.forEach(other::add);
    return json;
  }

  /** For people: what is different, then how many are not, then the notes. */
  public List<String> lines() {
    TextTable table = new TextTable("what", "verdict", "before", "after", "difference", "because");
    int same = 0;
    for (Difference difference : differences) {
      if (difference.verdict() == Verdict.SAME) {
        same++;
      } else {
        table.row(
            difference.what(),
            difference.verdict().name().toLowerCase(Locale.ROOT),
            number(difference.before()),
            number(difference.after()),
            Double.isNaN(difference.low())
                ? "-"
                : "[%s, %s]".formatted(number(difference.low()), number(difference.high())),
            difference.reason());
      }
    }
    List<String> lines = new ArrayList<>();
    if (same < differences.size()) {
      lines.addAll(table.lines());
    }
    lines.add("%d of %d figures are the same within noise".formatted(same, differences.size()));
    notes.forEach(note -> lines.add("note: " + note));
    long worse = differences.stream().filter(d -> d.verdict().isRegression()).count();
    lines.add(worse == 0 ? "nothing got worse" : worse + " got worse");
    return lines;
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.4g", value);
  }
}
