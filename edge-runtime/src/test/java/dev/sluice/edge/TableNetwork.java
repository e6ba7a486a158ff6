package dev.sluice.edge;

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
import dev.sluice.scheduler.profile.CalibrationTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A network for local plans whose exits say of frame {@code i} what row {@code i} of a table has.
 */
final class TableNetwork implements DeviceNetwork {
  private final CalibrationTable table;
  private final List<Integer> exitCuts;
  private final List<Step> everyExit;

  TableNetwork(CalibrationTable table) {
    this.table = table;
    exitCuts = IntStream.range(0, table.exits()).mapToObj(table::exitCut).toList();
    everyExit = chain(lastCut(), IntStream.range(0, table.exits()).boxed().toList());
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
    return IntStream.range(0, table.classes()).mapToObj(label -> "class " + label).toList();
  }

  @Override
  public Sample input(Frame frame) {
    return new Row(Math.toIntExact(frame.id()));
  }

  @Override
  public List<Step> everyExit() {
    return everyExit;
  }

  @Override
  public Route compile(Plan plan, boolean hedged) {
    List<Integer> own = new ArrayList<>(plan.exits().stream().map(ExitThreshold::exit).toList());
    if (plan.split() == lastCut()) {
      own.add(table.exits() - 1);
    }
    return new Local(chain(plan.split(), own));
  }

  private List<Step> chain(int to, List<Integer> exits) {
    List<Step> steps = new ArrayList<>();
    int at = 0;
    for (int exit : exits) {
      steps.add(new RowStep(table, at, exitCuts.get(exit), OptionalInt.of(exit)));
      at = exitCuts.get(exit);
    }
    if (at != to) {
      throw new IllegalArgumentException("a local plan ends at an exit, not at cut " + to);
    }
    return List.copyOf(steps);
  }

  private record Row(int number) implements Sample {
    @Override
    public void close() {}
  }

  private record RowStep(CalibrationTable table, int fromCut, int toCut, OptionalInt exit)
      implements Step {
    @Override
    public StepResult run(Sample in) {
      int row = ((Row) in).number();
      int at = exit.orElseThrow();
      float confidence = table.confidence(row, at);
      float[] p = new float[table.classes()];
      Arrays.fill(p, (1 - confidence) / (p.length - 1));
      p[table.predicted(row, at)] = confidence;
      return new StepResult(in, Optional.of(new ExitScores(p)));
    }
  }

  private record Local(List<Step> stages) implements Route {
    @Override
    public List<Step> beyond() {
      return List.of();
    }

    @Override
    public Payload encode(Frame frame, Optional<Sample> live) {
      throw new IllegalStateException("a local plan sends nothing");
    }

    @Override
    public void close() {}
  }
}
