package dev.sluice.experiments.study.codec;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.study.Cells;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.grid.StudyFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How few bytes does a cut take for the same answer: with SPINN's codec, with the codecs that a
 * bundle can have, with a rival's, and against sending the picture?
 *
 * <p>Codecs are fitted on <em>train</em>, chosen on <em>select</em> as the smallest at each cut
 * that loses no more than allowed there, and reported on <em>test</em>, which nothing was chosen
 * on. Every sample passes the code that device and worker run. The least confident half is reported
 * alone, since only samples that the early exits are unsure of are sent.
 *
 * <p>ResNet-56 was trained on the pictures of its select set and gets all of them right, and
 * MobileNet on most of the photos: a codec would seem to lose less on them than on new pictures.
 * They are blended with others until the network is right no more often than its authors saw on new
 * ones, see {@link Unlearnt}.
 *
 * <p>A run that was killed goes on with the cuts that are missing.
 */
public final class CodecStudy implements Study {
  private static final double EARLIEST_SHARE = 0.3;
  private static final double LATEST_SHARE = 0.6;

  /** A system property: part of the name of the networks that are looked at, all if absent. */
  private static final String ONLY = "sluice.codec.only";

  @Override
  public String name() {
    return "codec";
  }

  @Override
  public String question() {
    return "How few bytes does a cut take for the same answer, and does it beat the picture?";
  }

  @Override
  public boolean configurable() {
    return true;
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    CodecConfig config = StudyFile.read(context, getClass(), "codec.yaml", CodecConfig.class);
    Path work = Files.createTempDirectory("sluice-codec");
    List<Claim> claims = new ArrayList<>();
    List<AtCut> all = new ArrayList<>();
    try {
      String only = System.getProperty(ONLY, "");
      List<Subject> subjects = new Subjects(context, config).open(work, only);
      if (subjects.isEmpty()) {
        throw new IllegalArgumentException(
            "no network that takes part is there, or its name lacks '" + only + "'");
      }
      SubjectRun.Seeds seeds = SubjectRun.Seeds.of(context);
      /* Cells use several threads inside. */
      try (Cells cells = context.cells(config.toString(), 1)) {
        for (Subject subject : subjects) {
          try (SubjectRun run = new SubjectRun(config, subject, seeds, context.console())) {
            Map<String, Integer> cuts = run.cells();
            Map<String, AtCut> done =
                cells.measure(
                    List.copyOf(cuts.keySet()),
                    AtCut.class,
                    key -> run.at(Objects.requireNonNull(cuts.get(key))));
            all.addAll(done.values());
            List<Row> rows = done.values().stream().flatMap(at -> at.rows().stream()).toList();
            if (done.size() == cuts.size()) {
              show(context, subject, rows, run.cuts());
              context.figure(CodecFigures.of(subject.name(), firstTask(subject, rows)));
              claims.addAll(claims(subject, rows, run.cuts()));
            } else {
              context
                  .console()
                  .printf(
                      "%s: nothing is claimed, since some cuts failed; run again to resume%n",
                      subject.name());
            }
          }
        }
      }
    } finally {
      delete(work);
    }
    context.table(
        "codecs on the test set",
        "test.csv",
        Row.columns(),
        all.stream().flatMap(at -> at.rows().stream()).map(Row::cells).toList());
    context.csv(
        "select.csv",
        AtCut.TRIED_TITLES,
        all.stream().flatMap(at -> at.tried().stream()).map(AtCut.Tried::cells).toList());
    context.csv(
        "answers.csv",
        AtCut.ANSWER_TITLES,
        all.stream()
            .flatMap(at -> at.answers().stream())
            .flatMap(answers -> answers.cells().stream())
            .toList());
    return claims;
  }

  private static List<Row> firstTask(Subject subject, List<Row> rows) {
    return rows.stream().filter(row -> row.task().equals(subject.task().name())).toList();
  }

  private static Row only(List<Row> rows, int cut, String role) {
    return rows.stream()
        .filter(row -> row.cut() == cut && row.is(role))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no " + role + " at cut " + cut));
  }

  private static List<Claim> claims(Subject subject, List<Row> all, List<Integer> cuts) {
    List<Row> rows = firstTask(subject, all);
    List<Claim> claims = new ArrayList<>();
    int samples = subject.test().size();
    claims.add(
        Claim.of(
            subject.name() + ": bytes over SPINN's codec's, geometric mean over the cuts",
            ratio(rows, cuts, SubjectRun.BEST).orElseThrow(),
            "ratio",
            subject.wantedRatio(),
            samples));
    double most = 0;
    for (int cut : cuts) {
      Row best = only(rows, cut, SubjectRun.BEST);
      most = Math.max(most, best.encoderShare());
      claims.add(
          Claim.of(
              String.format(
                  Locale.ROOT,
                  "%s, cut %d (%.1f %% of the MACs): accuracy of %s against the uncut network",
                  subject.name(),
                  cut,
                  100 * best.share(),
                  best.codec()),
              best.difference(),
              "points",
              ">= -" + subject.mostLost(),
              samples));
    }
    claims.add(
        Claim.of(
            subject.name() + ": largest encoder of a chosen codec",
            most,
            "share of the network's MACs",
            "<= 0.05",
            cuts.size()));
    if (subject.isPhoto()) {
      photoClaim(subject, rows, cuts).ifPresent(claims::add);
    }
    return claims;
  }

  /** Compares the best cut in the middle of the network with the smallest picture. */
  private static Optional<Claim> photoClaim(Subject subject, List<Row> rows, List<Integer> cuts) {
    Optional<Row> picture = rows.stream().filter(row -> row.is(SubjectRun.PICTURE)).findFirst();
    Optional<Row> best =
        cuts.stream()
            .map(cut -> only(rows, cut, SubjectRun.BEST))
            .filter(row -> row.share() >= EARLIEST_SHARE && row.share() <= LATEST_SHARE)
            .min(Comparator.comparingDouble(Row::meanBytes));
    if (picture.isEmpty() || best.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        Claim.of(
            String.format(
                Locale.ROOT,
                "%s: bytes of %s at cut %d (%.1f %% of the MACs) over those of the smallest picture"
                    + " that loses as little, %s",
                subject.name(),
                best.get().codec(),
                best.get().cut(),
                100 * best.get().share(),
                picture.get().codec()),
            best.get().meanBytes() / picture.get().meanBytes(),
            "ratio",
            "<= 0.35",
            best.get().samples()));
  }

  /** Returns bytes over SPINN's, geometric mean over the cuts that have such a contender. */
  private static Optional<Double> ratio(List<Row> rows, List<Integer> cuts, String role) {
    double logs = 0;
    int count = 0;
    for (int cut : cuts) {
      Optional<Row> row = rows.stream().filter(r -> r.cut() == cut && r.is(role)).findFirst();
      if (row.isPresent()) {
        double reference = only(rows, cut, SubjectRun.REFERENCE).meanBytes();
        logs += Math.log(row.get().meanBytes() / reference);
        count++;
      }
    }
    return count == 0 ? Optional.empty() : Optional.of(Math.exp(logs / count));
  }

  private static void show(
      StudyContext context, Subject subject, List<Row> all, List<Integer> cuts) {
    List<Row> rows = firstTask(subject, all);
    TextTable table =
        new TextTable(
            "cut",
            "MACs",
            "codec",
            "chosen as",
            "bytes",
            "p95",
            "of SPINN's",
            "top-1 against uncut",
            "unchanged",
            "+CE nats",
            "hard half: top-1",
            "unchanged",
            "encoder",
            "encode ms",
            "decode ms");
    rows.stream()
        .filter(row -> !row.roles().equals(List.of("family")))
        .sorted(
            Comparator.comparingInt((Row row) -> row.cut())
                .thenComparing(Comparator.comparingDouble(Row::meanBytes).reversed()))
        .forEach(row -> table.row(cells(rows, row)));
    table.lines().forEach(context.console()::println);
    for (String role :
        List.of(
            SubjectRun.BEST,
            SubjectRun.BEST_UNCHANGED,
            SubjectRun.RIVAL,
            SubjectRun.RIVAL_UNCHANGED)) {
      long count = rows.stream().filter(row -> row.is(role)).count();
      ratio(rows, cuts, role)
          .ifPresent(
              ratio ->
                  context
                      .console()
                      .printf(
                          Locale.ROOT,
                          "%s, %s: %.3f of SPINN's bytes, geometric mean over %d cuts%n",
                          subject.name(),
                          role,
                          ratio,
                          count));
    }
  }

  private static String[] cells(List<Row> rows, Row row) {
    String ofReference =
        row.cut() == 0
            ? ""
            : text(
                "%.3f", row.meanBytes() / only(rows, row.cut(), SubjectRun.REFERENCE).meanBytes());
    return new String[] {
      text("%d", row.cut()),
      text("%.1f %%", 100 * row.share()),
      row.codec(),
      String.join(" ", row.roles().stream().filter(role -> !role.equals("family")).toList()),
      text("%,.0f", row.meanBytes()),
      text("%,d", row.p95Bytes()),
      ofReference,
      interval(row.difference()),
      text("%.2f %%", 100 * row.unchanged()),
      text("%+.4f", row.moreCrossEntropy()),
      interval(row.hardDifference()),
      text("%.2f %%", 100 * row.hardUnchanged()),
      text("%.2f %%", 100 * row.encoderShare()),
      text("%.3f", row.encodeNanos() / 1e6),
      text("%.3f", row.decodeNanos() / 1e6)
    };
  }

  private static String interval(Interval interval) {
    return text("%+.2f (%+.2f to %+.2f)", interval.value(), interval.low(), interval.high());
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static void delete(Path folder) throws IOException {
    List<Path> all = new ArrayList<>();
    try (Stream<Path> paths = Files.walk(folder)) {
      paths.sorted(Comparator.reverseOrder()).forEach(all::add);
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }
}
