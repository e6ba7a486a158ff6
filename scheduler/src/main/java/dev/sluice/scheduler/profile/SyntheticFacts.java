package dev.sluice.scheduler.profile;

import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.BundleFacts.CutFact;
import dev.sluice.scheduler.profile.BundleFacts.ExitFact;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import dev.sluice.scheduler.profile.CalibrationTable.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Makes up a bundle's facts, for tests and simulations without a network. Deterministic by seed.
 *
 * <p>Every sample has a difficulty that its neighbours in a sequence share in part; an exit is
 * right, and sure, the more often the deeper it sits, and all exits see the same difficulty, so
 * that their confidences and errors are correlated as in a real network. Codecs shift the evidence
 * a little, hard samples flip more. Bytes grow with difficulty.
 */
public final class SyntheticFacts {
  private static final int SEQUENCE_LENGTH = 12;
  private static final int USUAL_CODECS = 4;

  /** A codec: its bytes over the tensor's or the raw picture's, and how much it disturbs. */
  private record Coding(String name, double ratio, double loss) {}

  private static final List<Coding> PICTURE_CODECS =
      List.of(
          new Coding("raw", 1, 0),
          new Coding("jpeg-75", 0.1, 0.06),
          new Coding("jpeg-30", 0.05, 0.35),
          new Coding("jpeg-90", 0.17, 0.02),
          new Coding("jpeg-60", 0.08, 0.1),
          new Coding("jpeg-50", 0.07, 0.15),
          new Coding("jpeg-40", 0.06, 0.25));
  private static final List<Coding> TENSOR_CODECS =
      List.of(
          new Coding("f32", 4, 0),
          new Coding("q8", 0.6, 0.01),
          new Coding("klt-s1.0", 0.06, 0.08),
          new Coding("klt-s2.0", 0.03, 0.3),
          new Coding("klt-s0.5", 0.09, 0.03),
          new Coding("klt-s0.7", 0.07, 0.05),
          new Coding("klt-s1.4", 0.045, 0.15),
          new Coding("klt-s2.8", 0.02, 0.5));

  private SyntheticFacts() {}

  /**
   * What to make.
   *
   * @param lastCut number of segments, at least 2
   * @param exitCuts cuts of the early exits, ascending, in [1, lastCut)
   * @param samples rows of each table
   * @param classes number of classes
   * @param networkNanos profiled time of the whole network
   * @param sequences whether samples come in sequences of neighbouring frames
   * @param codecs offered at every cut but the picture's, which has one less, in [2, 8]
   */
  public record Shape(
      int lastCut,
      List<Integer> exitCuts,
      int samples,
      int classes,
      long networkNanos,
      boolean sequences,
      int codecs) {
    /** A shape with four codecs. */
    public Shape(
        int lastCut,
        List<Integer> exitCuts,
        int samples,
        int classes,
        long networkNanos,
        boolean sequences) {
      this(lastCut, exitCuts, samples, classes, networkNanos, sequences, USUAL_CODECS);
    }

    public Shape {
      exitCuts = List.copyOf(exitCuts);
      if (lastCut < 2 || samples < 1 || classes < 2 || networkNanos < 1) {
        throw new IllegalArgumentException("too small to be a network");
      }
      if (codecs < 2 || codecs > TENSOR_CODECS.size()) {
        throw new IllegalArgumentException("codecs not in [2, 8]: " + codecs);
      }
    }

    /** Eight cuts, five early exits, 1,000 samples of 24 classes in sequences, 6 ms. */
    public static Shape usual() {
      return new Shape(8, List.of(1, 2, 3, 5, 6), 1000, 24, 6_000_000, true);
    }
  }

  /** Makes facts of the usual shape. */
  public static BundleFacts of(long seed) {
    return of(Shape.usual(), seed);
  }

  /** Makes facts of a shape. */
  public static BundleFacts of(Shape shape, long seed) {
    Random random = new Random(seed);
    int lastCut = shape.lastCut();
    int exitCount = shape.exitCuts().size() + 1;
    int[] exitCuts = new int[exitCount];
    List<ExitFact> exits = new ArrayList<>();
    for (int e = 0; e < exitCount; e++) {
      exitCuts[e] = e < exitCount - 1 ? shape.exitCuts().get(e) : lastCut;
      exits.add(new ExitFact(e, exitCuts[e]));
    }

    double[] weights = new double[lastCut + 1];
    double sum = 0;
    for (int cut = 1; cut <= lastCut; cut++) {
      weights[cut] = 0.5 + random.nextDouble();
      sum += weights[cut];
    }
    List<CutFact> cuts = new ArrayList<>();
    List<Profile.SegmentTime> segments = new ArrayList<>();
    double share = 0;
    cuts.add(new CutFact(0, 0));
    for (int cut = 1; cut <= lastCut; cut++) {
      share += weights[cut] / sum;
      cuts.add(new CutFact(cut, Math.min(1, share)));
      segments.add(
          new Profile.SegmentTime(cut, Math.round(shape.networkNanos() * weights[cut] / sum)));
    }
    List<Profile.HeadTime> heads = new ArrayList<>();
    for (int e = 0; e < exitCount - 1; e++) {
      heads.add(new Profile.HeadTime(e, shape.networkNanos() / 50));
    }

    List<CodecFact> codecs = new ArrayList<>();
    List<Variant> variants = new ArrayList<>();
    List<Double> strengths = new ArrayList<>();
    List<Profile.CodecCost> costs = new ArrayList<>();
    for (int cut = 0; cut < lastCut; cut++) {
      double size = cut == 0 ? 27_648 : 60_000 * Math.pow(0.72, cut - 1.0);
      List<Coding> offered =
          cut == 0
              ? PICTURE_CODECS.subList(0, shape.codecs() - 1)
              : TENSOR_CODECS.subList(0, shape.codecs());
      for (Coding coding : offered) {
        codecs.add(new CodecFact(cut, coding.name()));
        variants.add(new Variant(cut, coding.name()));
        strengths.add(coding.loss());
        costs.add(
            new Profile.CodecCost(
                cut,
                coding.name(),
                shape.networkNanos() / 60,
                shape.networkNanos() / 80,
                size * coding.ratio(),
                1.3 * size * coding.ratio()));
      }
    }
    Profile profile =
        new Profile(
            Profile.VERSION, "synthetic", shape.networkNanos() / 40, segments, heads, costs);
    double[] evidence = new double[exitCount];
    for (int e = 0; e < exitCount; e++) {
      evidence[e] = 0.9 + 2.3 * cuts.get(exitCuts[e]).macShare();
    }
    return new BundleFacts(
        lastCut,
        exits,
        cuts,
        codecs,
        profile,
        table(Role.SELECT, shape, exitCuts, evidence, variants, strengths, costs, random),
        table(Role.CERTIFY, shape, exitCuts, evidence, variants, strengths, costs, random));
  }

  private static CalibrationTable table(
      Role role,
      Shape shape,
      int[] exitCuts,
      double[] evidence,
      List<Variant> variants,
      List<Double> strengths,
      List<Profile.CodecCost> costs,
      Random random) {
    CalibrationTable.Builder table =
        CalibrationTable.builder(role, shape.classes(), shape.samples(), exitCuts, variants);
    double sequenceDifficulty = 0;
    for (int s = 0; s < shape.samples(); s++) {
      if (s % SEQUENCE_LENGTH == 0 || !shape.sequences()) {
        sequenceDifficulty = random.nextGaussian();
      }
      int label = random.nextInt(shape.classes());
      int wrong = (label + 1 + random.nextInt(shape.classes() - 1)) % shape.classes();
      table.sample(s, label, shape.sequences() ? s / SEQUENCE_LENGTH : -1);
      double difficulty =
          shape.sequences()
              ? 0.7 * sequenceDifficulty + 0.7 * random.nextGaussian()
              : sequenceDifficulty;
      double[] strength = new double[exitCuts.length];
      for (int e = 0; e < exitCuts.length; e++) {
        strength[e] = evidence[e] - 1.6 * difficulty + 0.5 * random.nextGaussian();
        Scores scores = Scores.of(strength[e], shape.classes());
        table.outcome(
            s,
            e,
            scores.right ? label : wrong,
            scores.confidence,
            scores.margin,
            scores.entropyNats);
      }
      for (int v = 0; v < variants.size(); v++) {
        double size = costs.get(v).meanBytes() * Math.exp(0.15 * difficulty - 0.02);
        boolean constant = strengths.get(v) == 0;
        table.payload(v, s, (int) Math.round(constant ? costs.get(v).meanBytes() : size));
        double shift = strengths.get(v) * (random.nextGaussian() - 0.3);
        for (int e = 0; e < exitCuts.length; e++) {
          if (exitCuts[e] > variants.get(v).cut()) {
            Scores scores = Scores.of(strength[e] + shift, shape.classes());
            table.outcome(
                v,
                s,
                e,
                scores.right ? label : wrong,
                scores.confidence,
                scores.margin,
                scores.entropyNats);
          }
        }
      }
    }
    return table.build();
  }

  /** Probabilities from the logit of the right class against one rival and a faint rest. */
  private record Scores(boolean right, double confidence, double margin, double entropyNats) {
    static Scores of(double strength, int classes) {
      double rest = 0.02;
      double top = 1 / (1 + Math.exp(-Math.abs(strength)));
      double first = top * (1 - rest) + rest / classes;
      double second = (1 - top) * (1 - rest) + rest / classes;
      double others = Math.max(0, 1 - first - second);
      double entropy = -first * Math.log(first) - second * Math.log(second);
      if (classes > 2 && others > 0) {
        entropy -= others * Math.log(others / (classes - 2));
      }
      return new Scores(strength > 0, first, first - second, Math.max(0, entropy));
    }
  }
}
