package dev.sluice.experiments.study.grid;

import dev.sluice.experiments.study.Cells;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Contender.Entry;
import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.Load;
import dev.sluice.experiments.study.replay.Proofs;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.Rows;
import dev.sluice.experiments.study.replay.Stream;
import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.experiments.study.replay.Subject;
import dev.sluice.sim.trace.LinkTrace;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Measures every cell of a grid: bundles × devices × links × tasks × strategies × seeds. All
 * strategies get the same frames, captured at the same times where frames do not wait for answers,
 * with the same pipelining; latency counts from capture, so that no omission is coordinated. Times
 * are emulated. Not thread-safe.
 *
 * <p>Every seed has its own part of the pictures as long as there are enough of them, which the
 * file has to see to. A set of test pictures that is smaller than the file expects begins anew, in
 * blocks of the same pictures: blocks that share pictures are resampled together ({@link
 * Series#groups}), so that a picture which comes again is not taken for a new one.
 *
 * <p>A cell's result depends on its key, the file and the inputs alone.
 */
public final class Grid {
  private final StudyContext context;
  private final GridConfig config;
  private final Entrants entrants;
  private Map<String, LinkTrace> links = Map.of();
  private boolean linksGiven;
  private UnaryOperator<Stream> dressing = stream -> stream;
  private BiConsumer<CellKey, StreamLog> watcher = (key, log) -> {};
  private BiFunction<CellKey, StreamLog, Map<String, Double>> extras = (key, log) -> Map.of();
  private String label = "";
  private final Map<String, Column> prepared = new HashMap<>();

  /** Prepares the grid of a file with the usual planners. */
  public Grid(StudyContext context, GridConfig config) {
    this(context, config, Entrants.usual());
  }

  /** Prepares the grid of a file. */
  public Grid(StudyContext context, GridConfig config, Entrants entrants) {
    this.context = context;
    this.config = config;
    this.entrants = entrants;
  }

  /** Takes these links instead of the file's. */
  public Grid over(Map<String, LinkTrace> traces) {
    links = new LinkedHashMap<>(traces);
    linksGiven = true;
    return this;
  }

  /**
   * Changes every stream before it runs, for example prices its energy.
   *
   * @param name tells results apart from those under another change
   */
  public Grid dressed(String name, UnaryOperator<Stream> change) {
    label = name;
    dressing = change;
    return this;
  }

  /** Takes down further figures of every stream. */
  public Grid noting(BiFunction<CellKey, StreamLog, Map<String, Double>> figures) {
    extras = figures;
    return this;
  }

  /**
   * Shows every stream that runs to somebody; called by several threads, and not for cells that an
   * earlier run measured.
   */
  public Grid watched(BiConsumer<CellKey, StreamLog> newWatcher) {
    watcher = newWatcher;
    return this;
  }

  /**
   * Measures.
   *
   * @throws IllegalArgumentException if the file names a strategy or bundle that there is not
   */
  public GridResults run() throws IOException, InterruptedException {
    List<Subject> subjects =
        Subject.open(
            context, config.pictures(), config.bundles(), entrants.computeAt(config.strategies()));
    return run(subjects);
  }

  /**
   * Measures on bundles that are open already. May be called again, for example with another
   * dressing: planners that are prepared serve again.
   */
  public GridResults run(List<Subject> subjects) throws IOException, InterruptedException {
    if (!linksGiven) {
      over(config.traces(context));
    }
    if (links.isEmpty()) {
      throw new IllegalArgumentException("the study has no links: give links or a sweep");
    }
    entrants.check(config.strategies(), subjects.stream().map(Subject::facts).toList());
    List<Column> columns = new ArrayList<>();
    for (Subject subject : subjects) {
      if (subject.test().samples() < GridConfig.LEAST_BLOCKS * config.blockFrames()) {
        throw new IllegalArgumentException(
            ("%s has %d test pictures only, too few for %d blocks of %d frames; lower"
                    + " blockFrames, or leave it out of bundles")
                .formatted(
                    subject.name(),
                    subject.test().samples(),
                    GridConfig.LEAST_BLOCKS,
                    config.blockFrames()));
      }
      long seed = context.seed("streams of " + subject.name());
      Map<String, Contender> known = entrants.on(subject.facts());
      for (GridConfig.Device device : config.devices()) {
        for (GridConfig.Task task : config.tasks()) {
          for (String strategy : config.strategies()) {
            Optional<Contender> contender = Optional.ofNullable(known.get(strategy));
            if (contender.isEmpty()) {
              context.sayOnce(subject.name() + ": " + strategy + " takes no part");
            } else {
              columns.add(
                  prepared.computeIfAbsent(
                      String.join("|", subject.name(), device.name(), task.name(), strategy),
                      name -> new Column(subject, device, task, strategy, contender.get(), seed)));
            }
          }
        }
      }
    }
    Map<String, Work> cells = new LinkedHashMap<>();
    int threads = Runtime.getRuntime().availableProcessors();
    /* Neighbours are of different columns, so that threads do not wait for one another's planner. */
    for (int first = 0; first < columns.size(); first += threads) {
      List<Column> some = columns.subList(first, Math.min(columns.size(), first + threads));
      for (Map.Entry<String, LinkTrace> link : links.entrySet()) {
        for (int seed = 0; seed < config.seeds(); seed++) {
          for (Column column : some) {
            CellKey key = column.key(link.getKey(), seed);
            cells.put(key.text(), new Work(column, key, link.getValue()));
          }
        }
      }
    }
    return new GridResults(inOrder(columns, measure(cells, threads)));
  }

  private record Work(Column column, CellKey key, LinkTrace trace) {}

  private record Streamed(StreamLog log, boolean proven) {}

  private Map<String, CellResult> measure(Map<String, Work> work, int threads)
      throws IOException, InterruptedException {
    try (Cells cells = context.cells(label + config, threads)) {
      return cells.measure(
          List.copyOf(work.keySet()),
          CellResult.class,
          text -> measure(Objects.requireNonNull(work.get(text))));
    }
  }

  private CellResult measure(Work work) {
    Optional<Streamed> run = work.column().stream(work.key(), work.trace());
    run.ifPresent(streamed -> watcher.accept(work.key(), streamed.log()));
    return run.map(
            streamed ->
                CellResult.of(
                    work.key(),
                    streamed.log(),
                    config.warmUpFrames(),
                    config.blockFrames(),
                    work.column().subject.test().samples() / config.blockFrames(),
                    streamed.proven(),
                    extras.apply(work.key(), streamed.log())))
        .orElseGet(() -> CellResult.absent(work.key()));
  }

  /** By point, then in the file's order of strategies. */
  private List<CellResult> inOrder(List<Column> columns, Map<String, CellResult> done) {
    List<CellResult> ordered = new ArrayList<>();
    for (Column column : columns) {
      for (String link : links.keySet()) {
        for (int seed = 0; seed < config.seeds(); seed++) {
          Optional.ofNullable(done.get(column.key(link, seed).text()))
              .filter(CellResult::tookPart)
              .ifPresent(ordered::add);
        }
      }
    }
    return ordered;
  }

  /**
   * A planner on one bundle, device and task, prepared once for all links. Planners are not
   * thread-safe, so one cell at a time is measured.
   */
  private final class Column {
    private final Subject subject;
    private final GridConfig.Device device;
    private final Question question;
    private final Load load;
    private final String strategy;
    private final Contender contender;
    private final long seed;
    private SoftReference<Prepared> prepared = new SoftReference<>(null);
    private boolean absent;

    private record Prepared(StreamReplay replay, Function<Course, Entry> entries, Proofs proofs) {}

    Column(
        Subject subject,
        GridConfig.Device device,
        GridConfig.Task task,
        String strategy,
        Contender contender,
        long seed) {
      this.subject = subject;
      this.device = device;
      this.question = task.question();
      this.load = task.load().load();
      this.strategy = strategy;
      this.contender = contender;
      this.seed = seed;
    }

    CellKey key(String link, int repeat) {
      return new CellKey(subject.name(), device.name(), link, question.name(), strategy, repeat);
    }

    /** Streams; empty if the planner cannot take part. */
    synchronized Optional<Streamed> stream(CellKey key, LinkTrace trace) {
      if (absent) {
        return Optional.empty();
      }
      Prepared ready = prepared.get();
      if (ready == null) {
        try {
          StreamReplay replay =
              device.replay(subject, contender.precision(), load.nominalPeriodNanos());
          ready =
              new Prepared(
                  replay,
                  contender.maker().prepare(replay.facts(), question),
                  new Proofs(replay.facts(), question));
        } catch (IllegalArgumentException cannot) {
          if (contender.equals(Contender.SLUICE)) {
            /* A study that is about it says nothing without it. */
            throw cannot;
          }
          absent = true;
          context.sayOnce(
              "%s, %s, %s: %s takes no part: %s"
                  .formatted(
                      subject.name(),
                      device.name(),
                      question.name(),
                      strategy,
                      cannot.getMessage()));
          return Optional.empty();
        }
        prepared = new SoftReference<>(ready);
      }
      StreamReplay replay = ready.replay();
      /* The same frames and noise for every link and strategy; other frames for every seed. */
      int[] rows =
          Rows.inBlocks(
              replay.test().samples(),
              config.frames(),
              config.warmUpFrames(),
              config.blockFrames(),
              config.blocks(),
              key.seed(),
              seed);
      long noise = new SplittableRandom(seed + key.seed()).nextLong();
      Course course = new Course(key.link(), replay, question, trace, rows, noise);
      Entry entry = Objects.requireNonNull(ready.entries().apply(course));
      Proofs.Noted noted = Proofs.Noted.of(entry);
      StreamLog log =
          replay.log(
              contender.strategy(noted.in(entry)),
              dressing.apply(Stream.of(question, trace, load, rows, noise)));
      return Optional.of(new Streamed(log, ready.proofs().hold(contender, entry, noted)));
    }
  }
}
