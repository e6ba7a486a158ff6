package dev.sluice.experiments.study.replay;

import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Payload;
import dev.sluice.edge.session.Route;
import dev.sluice.edge.session.Sample;
import dev.sluice.edge.session.Step;
import dev.sluice.edge.session.StepResult;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CompanionInfo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A network that looks its outputs up in a table: frame {@code i} is row {@code rows[i]}. Tensors
 * are nothing but that row's number, payloads zeros of the table's size. Thread-safe.
 */
public final class ReplayedNetwork implements DeviceNetwork {
  private static final float UNSURE = 0.99f;

  private final CalibrationTable table;
  private final Optional<ReplayedCompanion> companion;
  private final int[] rows;
  private final Optional<ExitCriterion> criterion;
  private final List<Integer> exitCuts;
  private final List<String> labels;
  private final List<Step> everyExit;
  private final ByteBuffer zeros;

  /**
   * Replays a table.
   *
   * @param companion to which pictures may be sent
   * @param rows by frame, at least one; not to be modified
   * @param criterion when the device's active exits stop, if not by thresholds; it sees the table's
   *     very figures but remembers no earlier exit. What it says is shown as certainty: 1 where it
   *     stops, less elsewhere, for plans whose thresholds are 1
   */
  public ReplayedNetwork(
      CalibrationTable table,
      Optional<ReplayedCompanion> companion,
      int[] rows,
      Optional<ExitCriterion> criterion) {
    if (rows.length == 0) {
      throw new IllegalArgumentException("nothing to replay");
    }
    this.table = table;
    this.companion = companion;
    this.rows = rows;
    this.criterion = criterion;
    exitCuts = IntStream.range(0, table.exits()).mapToObj(table::exitCut).toList();
    labels = IntStream.range(0, table.classes()).mapToObj(label -> "class " + label).toList();
    everyExit = chain(0, lastCut(), IntStream.range(0, table.exits()).boxed().toList());
    int most = mostBytes(table, rows);
    if (companion.isPresent()) {
      most = Math.max(most, mostBytes(companion.get().test(), rows));
    }
    zeros = ByteBuffer.allocate(most).asReadOnlyBuffer();
  }

  private static int mostBytes(CalibrationTable table, int[] rows) {
    int most = 0;
    for (int variant = 0; variant < table.variants().size(); variant++) {
      for (int row : rows) {
        most = Math.max(most, table.bytes(variant, row));
      }
    }
    return most;
  }

  @Override
  public int lastCut() {
    return exitCuts.get(exitCuts.size() - 1);
  }

  @Override
  public List<Integer> exitCuts() {
    return exitCuts;
  }

  @Override
  public List<String> labels() {
    return labels;
  }

  @Override
  public Optional<CompanionInfo> companion() {
    return companion.map(ReplayedCompanion::info);
  }

  @Override
  public Sample input(Frame frame) {
    return new Row(rows[Math.toIntExact(frame.id())]);
  }

  @Override
  public List<Step> everyExit() {
    return everyExit;
  }

  @Override
  public Route compile(Plan plan, boolean hedged) {
    List<Integer> own = new ArrayList<>();
    for (ExitThreshold exit : plan.exits()) {
      if (exitCuts.get(exit.exit()) <= plan.split()) {
        own.add(exit.exit());
      }
    }
    int finalExit = exitCuts.size() - 1;
    if (plan.split() == lastCut() && !own.contains(finalExit)) {
      own.add(finalExit);
    }
    List<Integer> after =
        IntStream.rangeClosed(0, finalExit)
            .filter(exit -> exitCuts.get(exit) > plan.split())
            .boxed()
            .toList();
    List<Step> beyond =
        hedged && plan.split() > 0 ? chain(plan.split(), lastCut(), after) : List.of();
    return new TableRoute(this, chain(0, plan.split(), own), beyond, sent(plan));
  }

  private Optional<Sent> sent(Plan plan) {
    if (!plan.usesCloud()) {
      return Optional.empty();
    }
    Optional<CalibrationTable> known =
        plan.usesCompanion() ? companion.map(ReplayedCompanion::test) : Optional.of(table);
    OptionalInt variant =
        known.isPresent() ? known.get().variant(plan.sentCut(), plan.codec()) : OptionalInt.empty();
    if (variant.isEmpty()) {
      throw new IllegalArgumentException("the table does not know " + plan.describe());
    }
    return Optional.of(new Sent(known.get(), variant.getAsInt()));
  }

  /** What is sent, by row. */
  private record Sent(CalibrationTable table, int variant) {}

  private List<Step> chain(int from, int to, List<Integer> exits) {
    List<Step> steps = new ArrayList<>();
    int at = from;
    for (int exit : exits) {
      steps.add(new TableStep(this, at, exitCuts.get(exit), OptionalInt.of(exit)));
      at = exitCuts.get(exit);
    }
    if (at < to) {
      steps.add(new TableStep(this, at, to, OptionalInt.empty()));
    }
    return List.copyOf(steps);
  }

  private ExitScores scores(int row, int exit) {
    float confidence = table.confidence(row, exit);
    float margin = table.margin(row, exit);
    boolean early = exit < exitCuts.size() - 1;
    if (early && criterion.isPresent()) {
      boolean stops =
          criterion.get().active(exit)
              && criterion
                  .get()
                  .stops(
                      exit,
                      table.predicted(row, exit),
                      confidence,
                      margin,
                      table.entropyNats(row, exit),
                      0);
      confidence = stops ? 1 : Math.min(confidence, UNSURE);
      margin = stops ? 1 : Math.min(margin, confidence);
    }
    return TableScores.of(table.classes(), table.predicted(row, exit), confidence, margin);
  }

  private record Row(int number) implements Sample {
    @Override
    public void close() {}
  }

  private record TableStep(ReplayedNetwork network, int fromCut, int toCut, OptionalInt exit)
      implements Step {
    @Override
    public StepResult run(Sample in) {
      int row = ((Row) in).number();
      if (exit.isEmpty()) {
        return new StepResult(in, Optional.empty());
      }
      return new StepResult(in, Optional.of(network.scores(row, exit.getAsInt())));
    }
  }

  private record TableRoute(
      ReplayedNetwork network, List<Step> stages, List<Step> beyond, Optional<Sent> sent)
      implements Route {
    @Override
    public Payload encode(Frame frame, Optional<Sample> live) {
      int row = network.rows[Math.toIntExact(frame.id())];
      Sent what = sent.orElseThrow();
      int bytes = what.table().bytes(what.variant(), row);
      return new Payload(List.of(network.zeros.slice(0, bytes)));
    }

    @Override
    public void close() {}
  }
}
