package dev.sluice.experiments.study.codec;

import dev.sluice.experiments.study.StudyContext;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.data.LabelledImages;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Chooses codecs for one network and reports them, one cut after the other. Not thread-safe; uses
 * several threads inside.
 */
final class SubjectRun implements AutoCloseable {
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

  private final CodecConfig config;
  private final Subject subject;
  private final PrintStream console;
  private final Seeds seeds;
  private final int threads = Runtime.getRuntime().availableProcessors();
  private final long startNanos = System.nanoTime();
  private final List<Integer> cuts;
  private @Nullable Opened opened;

  /** Seeds by what they choose. */
  record Seeds(long transforms, long blends, long order, long bootstrap) {
    static Seeds of(StudyContext context) {
      return new Seeds(
          context.seed("transforms"),
          context.seed("blends"),
          context.seed("order"),
          context.seed("bootstrap"));
    }
  }

  /**
   * What all cuts share.
   *
   * @param select the set that codecs are chosen on, blended where the network has learnt it
   */
  private record Opened(OnnxEngine engine, Replay replay, Offers offers, LabelledImages select) {}

  SubjectRun(CodecConfig config, Subject subject, Seeds seeds, PrintStream console) {
    this.config = config;
    this.subject = subject;
    this.seeds = seeds;
    this.console = console;
    this.cuts = config.cuts(subject);
  }

  Subject subject() {
    return subject;
  }

  /** The interior cuts that are compared. */
  List<Integer> cuts() {
    return cuts;
  }

  /** What is measured, by the key of its cell: the cuts, then the pictures at cut 0. */
  Map<String, Integer> cells() {
    Map<String, Integer> cells = new LinkedHashMap<>();
    cuts.forEach(cut -> cells.put(subject.name() + " | cut " + cut, cut));
    cells.put(subject.name() + " | pictures", 0);
    return cells;
  }

  /** Chooses codecs at a cut, pictures at cut 0, and reports them. */
  AtCut at(int cut) throws IOException {
    Opened shared = open();
    List<Contender> contenders = cut == 0 ? shared.offers().pictures() : shared.offers().at(cut);
    try {
      say("%s, cut %d: choosing among %d codecs", subject.name(), cut, contenders.size());
      Trial select = new Trial(subject, shared.replay(), shared.select(), threads);
      Choice choice = new Choice(subject, select, contenders, seeds.order());
      choice.run();
      Map<Contender, List<String>> roles = new LinkedHashMap<>();
      assignRoles(roles, contenders, choice, cut);
      Trial test = new Trial(subject, shared.replay(), subject.test(), threads);
      test.run(roles.keySet(), test.all());
      CodecTimes times =
          CodecTimes.measure(
              subject, shared.replay(), shared.engine(), roles.keySet(), System::nanoTime);
      return new AtCut(
          rows(roles, test, times), tried(contenders, choice, select), answers(roles, test));
    } finally {
      shared.offers().forget(contenders);
    }
  }

  private Opened open() throws IOException {
    Opened known = opened;
    if (known != null) {
      return known;
    }
    say(
        "%s: %d cuts; train %d, select %d, test %d",
        subject.name(),
        cuts.size(),
        subject.train().size(),
        subject.select().size(),
        subject.test().size());
    OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
    Replay replay = new Replay(subject.network(), engine);
    LabelledImages images = Unlearnt.select(subject, replay, threads, seeds.blends());
    if (images instanceof Unlearnt blended) {
      say("  select blended with up to %.2f of other pictures", blended.most());
    }
    known =
        new Opened(
            engine,
            replay,
            new Offers(subject, replay, engine, config, threads, seeds.transforms(), console),
            images);
    opened = known;
    return known;
  }

  /** Frees what was opened; it is opened again where another cut is asked for. */
  @Override
  public void close() {
    Opened known = opened;
    if (known != null) {
      known.offers().close();
      known.replay().close();
      known.engine().close();
      opened = null;
    }
  }

  private void say(String format, Object... values) {
    long seconds = (System.nanoTime() - startNanos) / 1_000_000_000;
    console.println(
        String.format(Locale.ROOT, format, values)
            + String.format(Locale.ROOT, " (after %d s)", seconds));
  }

  private static void assignRoles(
      Map<Contender, List<String>> roles, List<Contender> contenders, Choice choice, int cut) {
    Set<Contender> finalists = choice.finalists();
    if (cut > 0) {
      Predicate<Contender> ours = c -> c.kind().isOurs();
      Predicate<Contender> isReference = c -> c.kind() == Kind.REFERENCE;
      Predicate<Contender> rival = c -> c.kind() == Kind.RIVAL;
      contenders.stream().filter(isReference).forEach(c -> assign(roles, c, REFERENCE));
      // SPINN's codec stands where nothing else qualifies, so that each cut has a best one.
      choice
          .smallest(ours, choice::holds)
          .or(() -> contenders.stream().filter(isReference).findFirst())
          .ifPresent(c -> assign(roles, c, BEST));
      choice
          .smallest(ours, choice::isCalm)
          .or(() -> contenders.stream().filter(isReference).findFirst())
          .ifPresent(c -> assign(roles, c, BEST_UNCHANGED));
      choice.smallest(rival, choice::holds).ifPresent(c -> assign(roles, c, RIVAL));
      choice.smallest(rival, choice::isCalm).ifPresent(c -> assign(roles, c, RIVAL_UNCHANGED));
    }
    Predicate<Contender> picture = c -> c.kind() == Kind.PICTURE;
    choice.smallest(picture, choice::holds).ifPresent(c -> assign(roles, c, PICTURE));
    choice.smallest(picture, choice::isCalm).ifPresent(c -> assign(roles, c, PICTURE_UNCHANGED));
    Set<String> families = new LinkedHashSet<>();
    finalists.stream()
        .filter(c -> c.kind().isOurs())
        .forEach(c -> families.add(c.cut() + " " + c.family()));
    for (String family : families) {
      choice
          .smallest(c -> family.equals(c.cut() + " " + c.family()), choice::holds)
          .ifPresent(c -> assign(roles, c, FAMILY));
    }
    contenders.stream()
        .filter(c -> c.kind() == Kind.PICTURE && LANDMARKS.contains(c.name()))
        .forEach(c -> assign(roles, c, LANDMARK));
  }

  private static void assign(Map<Contender, List<String>> roles, Contender contender, String role) {
    roles.computeIfAbsent(contender, key -> new ArrayList<>()).add(role);
  }

  private List<AtCut.Tried> tried(List<Contender> contenders, Choice choice, Trial select) {
    List<AtCut.Tried> tried = new ArrayList<>();
    for (Contender contender : contenders) {
      int[] seen = choice.seenBy(contender);
      Outcomes outcomes = select.of(contender);
      int[] pair = outcomes.discordant(select.uncut(), 0, seen);
      tried.add(
          new AtCut.Tried(
              subject.name(),
              contender.cut(),
              contender.kind(),
              contender.family(),
              contender.name(),
              choice.finalists().contains(contender),
              seen.length,
              outcomes.meanBytes(seen),
              100.0 * (pair[0] - pair[1]) / seen.length,
              1 - outcomes.changed(select.uncut(), 0, seen) / (double) seen.length));
    }
    return tried;
  }

  private List<AtCut.Answers> answers(Map<Contender, List<String>> roles, Trial test) {
    List<AtCut.Answers> answers = new ArrayList<>();
    roles.forEach(
        (contender, of) -> {
          if (of.contains(BEST) || of.contains(PICTURE) || of.contains(RIVAL)) {
            Outcomes outcomes = test.of(contender);
            answers.add(
                new AtCut.Answers(
                    subject.name(),
                    contender.cut(),
                    contender.name(),
                    Arrays.stream(test.all()).mapToObj(outcomes::bytes).toList(),
                    right(outcomes, test),
                    right(test.uncut(), test)));
          }
        });
    return answers;
  }

  private static List<Integer> right(Outcomes outcomes, Trial test) {
    return Arrays.stream(test.all())
        .mapToObj(sample -> outcomes.isRight(0, sample) ? 1 : 0)
        .toList();
  }

  private List<Row> rows(Map<Contender, List<String>> roles, Trial test, CodecTimes times) {
    List<Row> rows = new ArrayList<>();
    int[] all = test.all();
    int[] hard = test.leastConfidentHalf();
    int[] sequences = test.sequences();
    long seed = seeds.bootstrap();
    for (Map.Entry<Contender, List<String>> entry : roles.entrySet()) {
      Contender contender = entry.getKey();
      Outcomes outcomes = test.of(contender);
      for (int task = 0; task < subject.tasks().size(); task++) {
        rows.add(
            new Row(
                subject.name(),
                subject.tasks().get(task).name(),
                contender.cut(),
                contender.kind(),
                contender.name(),
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
}
