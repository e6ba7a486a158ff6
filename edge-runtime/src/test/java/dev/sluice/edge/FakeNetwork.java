package dev.sluice.edge;

import dev.sluice.edge.session.AuditCodec;
import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Payload;
import dev.sluice.edge.session.Route;
import dev.sluice.edge.session.Sample;
import dev.sluice.edge.session.Step;
import dev.sluice.edge.session.StepResult;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.CompanionInfo;
import dev.sluice.scheduler.profile.Profile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Five segments of 20 ms with exits after cuts 1, 3 and 5 whose confidence the test sets. Heads
 * take 1 ms, preprocessing 1 ms, encoding 2 ms; 1,000 bytes are sent.
 */
final class FakeNetwork implements DeviceNetwork {
  static final long MS = 1_000_000;
  static final List<Integer> EXIT_CUTS = List.of(1, 3, 5);

  static final Profile PROFILE =
      new Profile(
          Profile.VERSION,
          "fake",
          MS,
          List.of(1, 2, 3, 4, 5).stream()
              .map(cut -> new Profile.SegmentTime(cut, 20 * MS))
              .toList(),
          List.of(new Profile.HeadTime(0, MS), new Profile.HeadTime(1, MS)),
          List.of(0, 1, 2, 3, 4).stream()
              .map(cut -> new Profile.CodecCost(cut, "c", 2 * MS, MS, 1000, 1000))
              .toList());

  /** Confidence of each exit. */
  final double[] confidence = {0.5, 0.6, 0.7};

  /** What each exit predicts. */
  final int[] label = {0, 1, 2};

  /** What the plans' exits follow in place of thresholds. */
  Optional<ExitPolicy> policy = Optional.empty();

  Optional<CompanionInfo> companion = Optional.empty();

  /** Stages run, as "0-1", in order. */
  final List<String> ran = new ArrayList<>();

  final List<Plan> compiled = new ArrayList<>();
  int open;
  int openRoutes;
  int encoded;
  boolean breakStages;
  Runnable insideStage = () -> {};

  private final List<Step> everyExit = chain(0, 5, List.of(0, 1, 2));

  @Override
  public int lastCut() {
    return 5;
  }

  @Override
  public List<Integer> exitCuts() {
    return EXIT_CUTS;
  }

  @Override
  public List<String> labels() {
    return List.of("zero", "one", "two");
  }

  @Override
  public Optional<CompanionInfo> companion() {
    return companion;
  }

  @Override
  public Sample input(Frame frame) {
    return new FakeSample();
  }

  @Override
  public List<Step> everyExit() {
    return everyExit;
  }

  /** Writes 2,000 bytes for an audit in as long as any encoding takes. */
  @Override
  public Optional<AuditCodec> auditCodec(int cut) {
    return Optional.of(
        new AuditCodec() {
          @Override
          public String name() {
            return "q8";
          }

          @Override
          public Payload encode(Sample live) {
            if (((FakeSample) live).closed) {
              throw new IllegalStateException("encodes a closed sample");
            }
            return new Payload(List.of(ByteBuffer.allocate(2000)));
          }
        });
  }

  @Override
  public ExitPolicies policies(Plan plan) {
    if (policy.isEmpty()) {
      return DeviceNetwork.super.policies(plan);
    }
    Map<Integer, ExitPolicy> active = new HashMap<>();
    plan.exits().forEach(exit -> active.put(exit.exit(), policy.get()));
    return ExitPolicies.of(3, 3, active, PolicyData.NONE);
  }

  @Override
  public Route compile(Plan plan, boolean hedged) {
    compiled.add(plan);
    openRoutes++;
    List<Integer> own = new ArrayList<>();
    for (ExitThreshold exit : plan.exits()) {
      if (EXIT_CUTS.get(exit.exit()) <= plan.split()) {
        own.add(exit.exit());
      }
    }
    if (plan.split() == 5 && !own.contains(2)) {
      own.add(2);
    }
    List<Integer> after = new ArrayList<>();
    for (int exit = 0; exit < 3; exit++) {
      if (EXIT_CUTS.get(exit) > plan.split()) {
        after.add(exit);
      }
    }
    List<Step> stages = chain(0, plan.split(), own);
    List<Step> beyond = hedged && plan.split() > 0 ? chain(plan.split(), 5, after) : List.of();
    return new Route() {
      @Override
      public List<Step> stages() {
        return stages;
      }

      @Override
      public List<Step> beyond() {
        return beyond;
      }

      @Override
      public Payload encode(Frame frame, Optional<Sample> live) {
        encoded++;
        return new Payload(List.of(ByteBuffer.allocate(1000)));
      }

      @Override
      public void close() {
        openRoutes--;
      }
    };
  }

  private List<Step> chain(int from, int to, List<Integer> exits) {
    List<Step> steps = new ArrayList<>();
    int at = from;
    for (int exit : exits) {
      steps.add(new FakeStep(at, EXIT_CUTS.get(exit), OptionalInt.of(exit)));
      at = EXIT_CUTS.get(exit);
    }
    if (at < to) {
      steps.add(new FakeStep(at, to, OptionalInt.empty()));
    }
    return List.copyOf(steps);
  }

  private final class FakeSample implements Sample {
    private boolean closed;

    FakeSample() {
      open++;
    }

    @Override
    public void close() {
      if (closed) {
        throw new IllegalStateException("closed twice");
      }
      closed = true;
      open--;
    }
  }

  private record Scores(double confidence) {
    ExitScores of(int label) {
      float[] p = new float[3];
      for (int i = 0; i < 3; i++) {
        p[i] = (float) (i == label ? confidence : (1 - confidence) / 2);
      }
      return new ExitScores(p);
    }
  }

  private final class FakeStep implements Step {
    private final int from;
    private final int to;
    private final OptionalInt exit;

    FakeStep(int from, int to, OptionalInt exit) {
      this.from = from;
      this.to = to;
      this.exit = exit;
    }

    @Override
    public int fromCut() {
      return from;
    }

    @Override
    public int toCut() {
      return to;
    }

    @Override
    public OptionalInt exit() {
      return exit;
    }

    @Override
    public StepResult run(Sample in) {
      if (((FakeSample) in).closed) {
        throw new IllegalStateException("runs on a closed sample");
      }
      insideStage.run();
      if (breakStages) {
        throw new IllegalStateException("broken");
      }
      ran.add(from + "-" + to);
      Optional<ExitScores> scores =
          exit.isPresent()
              ? Optional.of(new Scores(confidence[exit.getAsInt()]).of(label[exit.getAsInt()]))
              : Optional.empty();
      return new StepResult(new FakeSample(), scores);
    }
  }
}
