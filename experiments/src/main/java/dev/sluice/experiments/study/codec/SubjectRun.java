package dev.sluice.experiments.study.codec;

import dev.sluice.experiments.study.StudyContext;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.data.LabelledImages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** Chooses codecs for one network and reports them. */
final class SubjectRun {
  static final String BEST = "best";
  static final String BEST_UNCHANGED = "best-98";
  static final String REFERENCE = "spinn";
  static final String RIVAL = "rival";
  static final String RIVAL_UNCHANGED = "rival-98";
  static final String PICTURE = "picture";
  static final String PICTURE_UNCHANGED = "picture-98";
  private static final String FAMILY = "family";
  private static final String LANDMARK = "landmark";

  /** Picture codecs that are reported whatever they lose. */
  private static final Set<String> LANDMARKS =
      Set.of("raw", "png", "jpeg-75", "jpegm-50", "webp-50");

  private static final int QUICK_CUTS = 3;

  private final StudyContext context;
  private final Subject subject;
  private final long startNanos = System.nanoTime();
  private final Map<Contender, List<String>> roles = new LinkedHashMap<>();
  private final List<List<Object>> tried = new ArrayList<>();
  private final List<List<Object>> answers = new ArrayList<>();

  SubjectRun(StudyContext context, Subject subject) {
    this.context = context;
    this.subject = subject;
  }

  /** Returns the interior cuts that are compared: all, or a few spread over the network. */
  static List<Integer> cuts(Subject subject, boolean quick) {
    int interior = subject.network().lastCut() - 1;
    return quick && interior > QUICK_CUTS
        ? IntStream.range(0, QUICK_CUTS)
            .mapToObj(i -> 1 + (2 * i + 1) * interior / (2 * QUICK_CUTS))
            .toList()
        : IntStream.rangeClosed(1, interior).boxed().toList();
  }

  /** Runs everything and returns the rows of the chosen contenders, one per task. */
  List<Row> run() throws IOException {
    int threads = Runtime.getRuntime().availableProcessors();
    List<Integer> cuts = cuts(subject, context.quick());
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        Replay replay = new Replay(subject.network(), engine);
        Offers offers = new Offers(subject, replay, engine, context.quick())) {
      say(
          "%s: %d cuts; train %d, select %d, test %d",
          subject.name(),
          cuts.size(),
          subject.train().size(),
          subject.select().size(),
          subject.test().size());
      List<Contender> contenders = new ArrayList<>(offers.pictures());
      contenders.addAll(offers.references(cuts));
      contenders.addAll(offers.shipped(cuts));
      contenders.addAll(
          offers.searched(cuts, threads, context.seed("transforms"), context.console()));
      contenders.addAll(offers.rivals(cuts, threads, context.seed("transforms")));
      say("  choosing among %d codecs", contenders.size());
      LabelledImages images = Unlearnt.select(subject, replay, threads, context.seed("blends"));
      if (images instanceof Unlearnt blended) {
        say("  select blended with up to %.2f of other pictures", blended.most());
      }
      Trial select = new Trial(subject, replay, images, threads);
      Choice choice = new Choice(subject, select, contenders, context.seed("order"));
      choice.run();
      noteTried(contenders, choice, select);
      assignRoles(contenders, choice, cuts);
      say("  testing %d codecs", roles.size());
      Trial test = new Trial(subject, replay, subject.test(), threads);
      test.run(roles.keySet(), test.all());
      noteAnswers(test);
      say("  measuring their times");
      CodecTimes times =
          CodecTimes.measure(subject, replay, engine, roles.keySet(), System::nanoTime);
      return rows(test, times);
    }
  }

  private void say(String format, Object... values) {
    long seconds = (System.nanoTime() - startNanos) / 1_000_000_000;
    context
        .console()
        .println(
            String.format(Locale.ROOT, format, values)
                + String.format(Locale.ROOT, " (after %d s)", seconds));
  }

  private void assignRoles(List<Contender> contenders, Choice choice, List<Integer> cuts) {
    Set<Contender> finalists = choice.finalists();
    for (int cut : cuts) {
      Predicate<Contender> ours = c -> c.cut() == cut && c.kind().isOurs();
      Predicate<Contender> isReference = c -> c.cut() == cut && c.kind() == Kind.REFERENCE;
      Predicate<Contender> rival = c -> c.cut() == cut && c.kind() == Kind.RIVAL;
      contenders.stream().filter(isReference).forEach(c -> assign(c, REFERENCE));
      // SPINN's codec stands where nothing else qualifies, so that each cut has a best one.
      choice
          .smallest(ours, choice::holds)
          .or(() -> contenders.stream().filter(isReference).findFirst())
          .ifPresent(c -> assign(c, BEST));
      choice
          .smallest(ours, choice::isCalm)
          .or(() -> contenders.stream().filter(isReference).findFirst())
          .ifPresent(c -> assign(c, BEST_UNCHANGED));
      choice.smallest(rival, choice::holds).ifPresent(c -> assign(c, RIVAL));
      choice.smallest(rival, choice::isCalm).ifPresent(c -> assign(c, RIVAL_UNCHANGED));
    }
    Predicate<Contender> picture = c -> c.kind() == Kind.PICTURE;
    choice.smallest(picture, choice::holds).ifPresent(c -> assign(c, PICTURE));
    choice.smallest(picture, choice::isCalm).ifPresent(c -> assign(c, PICTURE_UNCHANGED));
    Set<String> families = new LinkedHashSet<>();
    finalists.stream()
        .filter(c -> c.kind().isOurs())
        .forEach(c -> families.add(c.cut() + " " + c.family()));
    for (String family : families) {
      choice
          .smallest(c -> family.equals(c.cut() + " " + c.family()), choice::holds)
          .ifPresent(c -> assign(c, FAMILY));
    }
    contenders.stream()
        .filter(c -> c.kind() == Kind.PICTURE && LANDMARKS.contains(c.name()))
        .forEach(c -> assign(c, LANDMARK));
  }

  private void assign(Contender contender, String role) {
    roles.computeIfAbsent(contender, key -> new ArrayList<>()).add(role);
  }

  private void noteTried(List<Contender> contenders, Choice choice, Trial select) {
    for (Contender contender : contenders) {
      boolean isFinalist = choice.finalists().contains(contender);
      int[] seen = choice.seenBy(contender);
      Outcomes outcomes = select.of(contender);
      int[] pair = outcomes.discordant(select.uncut(), 0, seen);
      tried.add(
          List.of(
              subject.name(),
              contender.cut(),
              contender.kind().name().toLowerCase(Locale.ROOT),
              contender.family(),
              contender.name(),
              isFinalist,
              seen.length,
              outcomes.meanBytes(seen),
              100.0 * (pair[0] - pair[1]) / seen.length,
              1 - outcomes.changed(select.uncut(), 0, seen) / (double) seen.length));
    }
  }

  private void noteAnswers(Trial test) {
    for (Map.Entry<Contender, List<String>> entry : roles.entrySet()) {
      List<String> of = entry.getValue();
      if (of.contains(BEST) || of.contains(PICTURE) || of.contains(RIVAL)) {
        Outcomes outcomes = test.of(entry.getKey());
        for (int sample : test.all()) {
          answers.add(
              List.of(
                  subject.name(),
                  entry.getKey().cut(),
                  entry.getKey().name(),
                  sample,
                  outcomes.bytes(sample),
                  outcomes.isRight(0, sample) ? 1 : 0,
                  test.uncut().isRight(0, sample) ? 1 : 0));
        }
      }
    }
  }

  private List<Row> rows(Trial test, CodecTimes times) {
    List<Row> rows = new ArrayList<>();
    int[] all = test.all();
    int[] hard = test.leastConfidentHalf();
    int[] sequences = test.sequences();
    long seed = context.seed("bootstrap");
    for (Map.Entry<Contender, List<String>> entry : roles.entrySet()) {
      Contender contender = entry.getKey();
      Outcomes outcomes = test.of(contender);
      for (int task = 0; task < subject.tasks().size(); task++) {
        rows.add(
            new Row(
                subject.name(),
                subject.tasks().get(task).name(),
                contender,
                entry.getValue(),
                subject.network().share(contender.cut()),
                outcomes.meanBytes(all),
                outcomes.p95Bytes(all),
                outcomes.accuracy(task, all),
                outcomes.difference(test.uncut(), task, all, sequences, seed),
                1 - outcomes.changed(test.uncut(), task, all) / (double) all.length,
                outcomes.moreCrossEntropy(test.uncut(), task, all),
                outcomes.difference(test.uncut(), task, hard, sequences, seed),
                1 - outcomes.changed(test.uncut(), task, hard) / (double) hard.length,
                outcomes.moreCrossEntropy(test.uncut(), task, hard),
                subject.share(contender.encoderMacs()),
                times.encodeNanos(contender),
                times.decodeNanos(contender),
                all.length));
      }
    }
    return rows;
  }

  /** Returns what was tried on the select set, with {@link #TRIED_TITLES}. */
  List<List<Object>> tried() {
    return tried;
  }

  /** Returns every test sample through the chosen codecs, with {@link #ANSWER_TITLES}. */
  List<List<Object>> answers() {
    return answers;
  }

  static final List<String> TRIED_TITLES =
      List.of(
          "network",
          "cut",
          "kind",
          "family",
          "codec",
          "finalist",
          "samples",
          "mean_bytes",
          "difference_points",
          "unchanged");

  static final List<String> ANSWER_TITLES =
      List.of("network", "cut", "codec", "sample", "bytes", "right", "right_uncut");
}
