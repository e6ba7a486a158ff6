package dev.sluice.experiments.study;

import dev.sluice.experiments.report.RawTable;
import dev.sluice.experiments.report.RawTable.Column;
import dev.sluice.experiments.report.WholeFile;
import dev.sluice.experiments.report.figure.Figure;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Where one run of a study happens: its options, its folder and what it notes on the way. Not
 * thread-safe, but for {@link #failure}.
 */
public final class StudyContext {
  static final String JOURNAL = "cells.jsonl";

  private final boolean quick;
  private final long seed;
  private final Path out;
  private final Path home;
  private final PrintStream console;
  private final Set<String> said = ConcurrentHashMap.newKeySet();
  private final Map<String, Long> seeds = new LinkedHashMap<>();
  private final Map<String, Path> inputs = new LinkedHashMap<>();
  private Optional<Path> config = Optional.empty();
  private boolean shippedConditions = true;
  private final Map<String, String> texts = new LinkedHashMap<>();
  private final List<Figure> figures = new ArrayList<>();
  private final List<RawTable> tables = new ArrayList<>();
  private final List<Failure> failures = new CopyOnWriteArrayList<>();
  private final List<String> leftOut = new ArrayList<>();

  /**
   * Prepares a run.
   *
   * @param quick whether fewer repeats do
   * @param seed from which the study draws its own
   * @param out existing folder for what it finds
   * @param home the repository, for bundles that it ships
   * @param console for progress
   */
  public StudyContext(boolean quick, long seed, Path out, Path home, PrintStream console) {
    this.quick = quick;
    this.seed = seed;
    this.out = out;
    this.home = home;
    this.console = console;
  }

  /** Takes the study's conditions from a file instead of the one that it ships. */
  public StudyContext withConfig(Path file) {
    config = Optional.of(file);
    return this;
  }

  /** The file that replaces the study's own, if one does. */
  public Optional<Path> config() {
    return config;
  }

  /** Notes that the conditions are others than those that the study ships. */
  public void ownConditions() {
    shippedConditions = false;
  }

  /** Whether nobody has set conditions of their own, nor what takes part. */
  public boolean shippedConditions() {
    return shippedConditions;
  }

  /** Whether fewer repeats do. */
  public boolean quick() {
    return quick;
  }

  /** The folder for what the study finds. */
  public Path out() {
    return out;
  }

  /** The repository's root. */
  public Path home() {
    return home;
  }

  /** Real networks and data beside the repository; need not exist. */
  public Path shared() {
    String place = System.getProperty("sluice.shared");
    return place == null ? home.resolveSibling("shared") : Path.of(place);
  }

  /** Where progress is shown. */
  public PrintStream console() {
    return console;
  }

  /** Shows a line, unless it was shown before: parts of a study may find the same. */
  public void sayOnce(String line) {
    if (said.add(line)) {
      console.println(line);
    }
  }

  /** A seed for one purpose, noted in {@code run.json}. */
  public long seed(String purpose) {
    return seeds.computeIfAbsent(purpose, p -> seed + p.hashCode());
  }

  /** Notes a file or bundle that the run reads, so that {@code run.json} has its digest. */
  public Path input(String name, Path path) {
    inputs.put(name, path);
    return path;
  }

  /**
   * Notes a text that the run depends on but no file holds, such as a generated trace, so that
   * {@code run.json} has its digest.
   */
  public void input(String name, String text) {
    texts.put(name, Digests.of(text));
  }

  /** Writes raw results of which nothing is known but their titles. */
  public void csv(String fileName, List<String> titles, List<? extends List<?>> rows)
      throws IOException {
    table(fileName.replace(".csv", ""), fileName, titles.stream().map(Column::info).toList(), rows);
  }

  /**
   * Writes raw results; the report shows them, and two runs are compared by them.
   *
   * @param title what the table holds, in words
   * @param fileName of the CSV file, made or replaced
   * @param columns what each column is for
   * @param rows with a cell per column
   */
  public void table(
      String title, String fileName, List<Column> columns, List<? extends List<?>> rows)
      throws IOException {
    RawTable table = new RawTable(title, fileName, columns);
    StringBuilder text = new StringBuilder();
    line(text, columns.stream().map(Column::name).toList());
    rows.forEach(row -> line(text, row));
    WholeFile.write(out.resolve(fileName), text.toString());
    tables.removeIf(other -> other.file().equals(fileName));
    tables.add(table);
  }

  /** Shows a picture in the report, below those that are there. */
  public void figure(Figure figure) {
    figures.add(figure);
  }

  /**
   * Notes something that failed while the study goes on, such as a worker that died. Thread-safe.
   *
   * @param what the part that failed, in words
   * @param thrown why
   */
  public void failure(String what, Throwable thrown) {
    failures.add(Failure.of(what, thrown));
  }

  /**
   * Opens the journal of finished cells in this run's folder; it finds the cells that were measured
   * with the same options, seed, configuration and inputs, so note the inputs first.
   *
   * @param configuration everything else that results depend on, such as the text of a YAML file
   */
  public Journal journal(String configuration) throws IOException {
    StringBuilder all = new StringBuilder();
    all.append(quick).append('\n').append(seed).append('\n').append(configuration);
    for (Map.Entry<String, Path> input : inputs.entrySet()) {
      all.append('\n').append(input.getKey()).append(' ').append(Digests.of(input.getValue()));
    }
    texts.forEach((name, digest) -> all.append('\n').append(name).append(' ').append(digest));
    return Journal.open(out.resolve(JOURNAL), Digests.of(all.toString()));
  }

  /**
   * Opens the journal and measures cells with it.
   *
   * @param configuration as for {@link #journal}
   * @param threads how many cells are measured at a time, positive
   */
  public Cells cells(String configuration, int threads) throws IOException {
    return new Cells(this, journal(configuration), threads);
  }

  /**
   * Notes that something of the study's own conditions takes no part.
   *
   * @param name of it, for {@code run.json}
   * @param line what is shown: what is missing, and what to do about it
   */
  public void leftOut(String name, String line) {
    leftOut.add(name);
    sayOnce(line);
  }

  /** The seed from which all others follow. */
  long seed() {
    return seed;
  }

  List<Figure> figures() {
    return figures;
  }

  List<RawTable> tables() {
    return tables;
  }

  /** Digests of the texts that the run depends on. */
  Map<String, String> texts() {
    return texts;
  }

  List<String> leftOut() {
    return leftOut.stream().distinct().toList();
  }

  List<Failure> failures() {
    return List.copyOf(failures);
  }

  Map<String, Long> seeds() {
    return seeds;
  }

  Map<String, Path> inputs() {
    return inputs;
  }

  private static void line(StringBuilder text, List<?> cells) {
    for (int i = 0; i < cells.size(); i++) {
      text.append(i == 0 ? "" : ",").append(cell(cells.get(i)));
    }
    text.append('\n');
  }

  private static String cell(Object value) {
    String text = String.valueOf(value);
    boolean plain = text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
  }
}
