package dev.sluice.training;

import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.tensor.TensorType;
import dev.sluice.protocol.codec.CodecTables;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.LiveTensor;
import dev.sluice.training.calibrate.ParallelSamples;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.export.OnnxPieces;
import dev.sluice.training.export.OnnxPieces.ValueRange;
import dev.sluice.training.transform.BlockDct;
import dev.sluice.training.transform.ChannelMetric;
import dev.sluice.training.transform.CutCodec;
import dev.sluice.training.transform.FeatureMapCodecs;
import dev.sluice.training.transform.TransformFitting;
import dev.sluice.training.transform.TransformFitting.Setting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds the codecs worth having at each cut: fits transforms on <em>train</em>, and tries them with
 * a part of <em>select</em>.
 *
 * <p>The search is pruned. At each cut all transforms are tried at two steps with few samples; the
 * one that sends fewest bytes at the same divergence of the answer, interpolated, is tried at all
 * steps and rates with more samples. Of those tries the Pareto front between bytes and divergence
 * is kept, thinned to a few. The divergence is that of Kullback and Leibler between the final
 * exit's probabilities with and without the codec: unlike accuracy it tells codecs apart on a few
 * dozen samples, and it is no smaller where a network has learnt the samples by heart.
 *
 * <p>Not thread-safe; uses several threads inside.
 */
public final class CodecSearch {
  /** What a sender's transform may cost, as a share of the network's multiply-accumulates. */
  static final double MOST_ENCODER_SHARE = 0.05;

  /** Most values of samples to fit on at a cut: 96 MB. */
  private static final long MOST_VALUES = 24_000_000;

  private static final int GRADIENT_SAMPLES = 128;

  private static final List<Double> FIRST_STEPS = List.of(0.8, 1.6);

  private static final List<Double> TRIED_GAINS = List.of(1.0, 1.06, 1.12, 1.18, 1.24, 1.3);

  private final Options options;
  private final OnnxEngine engine;
  private final Progress progress;
  private @Nullable Gradients gradients;

  /** What the gradients of a network on its data say. */
  private record Gradients(ExitNetwork network, DataSets data, TaskMetrics metrics) {}

  /**
   * How far to search.
   *
   * @param threads at least 1
   * @param seed chooses samples and positions
   * @param steps to try, as multiples of the mean deviation of a transform's components
   * @param lambdas to try, in squared steps per bit
   * @param fitSamples most samples of train to fit on
   * @param firstSamples of select, to choose a transform by
   * @param samples of select, to choose steps by
   * @param mostPerCut how many codecs to keep at a cut, beside those that every cut has
   */
  public record Options(
      int threads,
      long seed,
      List<Double> steps,
      List<Double> lambdas,
      int fitSamples,
      int firstSamples,
      int samples,
      int mostPerCut) {
    public Options {
      steps = List.copyOf(steps);
      lambdas = List.copyOf(lambdas);
      if (threads < 1
          || fitSamples < 2
          || firstSamples < 1
          || samples < 1
          || mostPerCut < 1
          || steps.stream().anyMatch(step -> !(step > 0))) {
        throw new IllegalArgumentException("no search: " + threads + " threads, steps " + steps);
      }
    }

    /** Returns what suits most networks. */
    public static Options standard(int threads, long seed) {
      return new Options(
          threads,
          seed,
          List.of(0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8),
          List.of(0.11552453009332421, 0.25),
          512,
          48,
          200,
          6);
    }
  }

  /** A codec with what it does to some samples. */
  private record Tried(CutCodec codec, double bytes, double divergence) {
    boolean beats(Tried other) {
      return bytes <= other.bytes
          && divergence <= other.divergence
          && (bytes < other.bytes || divergence < other.divergence);
    }
  }

  /**
   * Prepares a search.
   *
   * @param engine stays the caller's; should compute on the calling thread
   */
  public CodecSearch(Options options, OnnxEngine engine, Progress progress) {
    this.options = options;
    this.engine = engine;
    this.progress = progress;
  }

  /**
   * Returns the codecs worth having at every interior cut, in order of the cuts: float32, eight
   * bits, and those found, largest first.
   *
   * @param replay of the network, on the same engine
   */
  public List<CutCodec> search(ExitNetwork network, Replay replay, DataSets data)
      throws IOException {
    return search(network, replay, data, cut -> true);
  }

  /**
   * Returns the same of some of the interior cuts. Gradients are of all cuts; they are taken once
   * for calls with the same network and data.
   *
   * @param cuts those that are searched
   */
  public List<CutCodec> search(ExitNetwork network, Replay replay, DataSets data, IntPredicate cuts)
      throws IOException {
    LabelledImages train = data.train().sample(options.fitSamples(), options.seed());
    LabelledImages select = data.select().sample(options.samples(), options.seed());
    TaskMetrics metrics = metrics(network, data, train);
    List<CutCodec> found = new ArrayList<>();
    progress.begin(
        "searching codecs: %d pictures to fit, %d to try".formatted(train.size(), select.size()),
        network.lastCut() - 1);
    byte[] backbone = network.backbone().toBytes();
    OnnxPieces pieces = OnnxPieces.forBackbone(backbone);
    for (int cut = 1; cut < network.lastCut(); cut++) {
      if (!cuts.test(cut)) {
        continue;
      }
      found.add(CutCodec.float32(cut));
      found.add(CutCodec.eightBit(cut));
      CutPoint point = network.cuts().get(cut);
      if (point.tensors().size() == 1 && point.types().get(0) == TensorType.FLOAT32) {
        Trials trials = new Trials(network, replay, cut, select);
        List<float[]> samples = samples(replay, cut, train, point);
        found.addAll(
            isFeatureMap(point)
                ? transforms(
                    network,
                    trials,
                    samples,
                    pieces,
                    Optional.ofNullable(metrics.byCut().get(cut)).map(ChannelMetric::of),
                    OnnxPieces.rangeOf(backbone, point.tensors().get(0)))
                : quantisers(trials, samples, cut, point));
      }
      progress.done(cut);
    }
    return found;
  }

  private TaskMetrics metrics(ExitNetwork network, DataSets data, LabelledImages train)
      throws IOException {
    Gradients known = gradients;
    if (known == null || !known.network().equals(network) || !known.data().equals(data)) {
      LabelledImages felt = train.sample(GRADIENT_SAMPLES, options.seed());
      progress.begin("taking gradients: " + felt.size() + " pictures", felt.size());
      TaskMetrics metrics = TaskMetrics.of(network, felt, options.seed(), progress);
      metrics.why().ifPresent(why -> progress.note("no task-weighted transforms: " + why));
      known = new Gradients(network, data, metrics);
      gradients = known;
    }
    return known.metrics();
  }

  static boolean isFeatureMap(CutPoint point) {
    return point.tensors().size() == 1
        && point.shapes().get(0).length == 3
        && point.types().get(0) == TensorType.FLOAT32;
  }

  /** A cut's tensor for as many samples as memory allows. */
  private List<float[]> samples(Replay replay, int cut, LabelledImages train, CutPoint point)
      throws IOException {
    long elements = point.bytes() / Float.BYTES;
    int count = (int) Math.max(2, Math.min(train.size(), MOST_VALUES / elements));
    float[][] samples = new float[Math.min(count, train.size())][];
    ParallelSamples.run(
        samples.length,
        options.threads(),
        s -> {
          LiveTensor live = replay.run(train.picture(s)).live().get(cut).get(0);
          samples[s] = new float[live.floats().remaining()];
          live.floats().get(samples[s]);
        },
        done -> {});
    return List.of(samples);
  }

  /** Tensors that are no feature maps: quantised per channel, with calibrated probabilities. */
  private List<CutCodec> quantisers(Trials trials, List<float[]> samples, int cut, CutPoint point)
      throws IOException {
    List<CutCodec> tried = new ArrayList<>();
    for (String precision : List.of("q8c", "q6c", "q4c")) {
      String wire = precision + "+rans";
      CodecTables.Fitting fitting = CodecTables.fitting(wire, point.shapes().get(0));
      samples.forEach(sample -> fitting.add(java.nio.FloatBuffer.wrap(sample)));
      tried.add(new CutCodec(cut, precision, wire, Optional.empty(), Optional.of(fitting.build())));
    }
    return front(trials.all(tried, options.samples()));
  }

  private List<CutCodec> transforms(
      ExitNetwork network,
      Trials trials,
      List<float[]> samples,
      OnnxPieces pieces,
      Optional<ChannelMetric> metric,
      Optional<ValueRange> range)
      throws IOException {
    long most = (long) (MOST_ENCODER_SHARE * network.backbone().totalMacs());
    int[] shape = network.cuts().get(trials.cut()).shapes().get(0);
    FeatureMapCodecs codecs = new FeatureMapCodecs(engine, pieces, most, options.seed());
    List<BlockDct> blocks = codecs.blocks(shape);
    List<Optional<TransformFitting>> fittings =
        new ArrayList<>(Collections.nCopies(blocks.size(), Optional.empty()));
    ParallelSamples.run(
        blocks.size(),
        options.threads(),
        i -> fittings.set(i, codecs.fit(samples, shape, blocks.get(i), metric)),
        done -> {});
    List<Curve> curves = new ArrayList<>();
    for (Optional<TransformFitting> fitting : fittings) {
      if (fitting.isPresent()) {
        curves.add(curve(fitting.get(), trials, range));
      }
    }
    if (curves.isEmpty()) {
      return List.of();
    }
    Curve best = smallest(curves);
    List<Setting> settings = new ArrayList<>();
    for (double step : options.steps()) {
      for (double lambda : options.lambdas()) {
        settings.add(new Setting(step, lambda, best.gainAt(step)));
      }
    }
    return front(
        trials.all(fitted(settings, best.fitting(), trials.cut(), range), options.samples()));
  }

  /** Fitting tables takes longer than trying them, so that several are fitted at a time. */
  private List<CutCodec> fitted(
      List<Setting> settings, TransformFitting fitting, int cut, Optional<ValueRange> range)
      throws IOException {
    List<Optional<CutCodec>> codecs =
        new ArrayList<>(Collections.nCopies(settings.size(), Optional.empty()));
    ParallelSamples.run(
        settings.size(),
        options.threads(),
        i -> codecs.set(i, fitting.codec(cut, settings.get(i), range)),
        done -> {});
    return codecs.stream().flatMap(Optional::stream).toList();
  }

  /**
   * What a transform does at {@link #FIRST_STEPS}.
   *
   * @param gains that suit it there
   * @param tried with these
   */
  private record Curve(TransformFitting fitting, List<Double> gains, List<Tried> tried) {
    /** Coarser steps take more energy away, and so want more of it back. */
    double gainAt(double step) {
      double first = Math.log(FIRST_STEPS.get(0));
      double last = Math.log(FIRST_STEPS.get(1));
      double share = (Math.log(step) - first) / (last - first);
      double gain = gains.get(0) + share * (gains.get(1) - gains.get(0));
      double most = TRIED_GAINS.get(TRIED_GAINS.size() - 1);
      // Two digits, as in the name.
      return Math.round(100 * Math.max(1, Math.min(most, gain))) / 100.0;
    }
  }

  private Curve curve(TransformFitting fitting, Trials trials, Optional<ValueRange> range)
      throws IOException {
    List<List<CutCodec>> codecs =
        new ArrayList<>(Collections.nCopies(FIRST_STEPS.size(), List.of()));
    ParallelSamples.run(
        codecs.size(),
        options.threads(),
        i ->
            codecs.set(
                i,
                fitting.codecs(trials.cut(), Setting.of(FIRST_STEPS.get(i)), TRIED_GAINS, range)),
        done -> {});
    List<Double> gains = new ArrayList<>();
    List<Tried> best = new ArrayList<>();
    for (List<CutCodec> withGains : codecs) {
      List<Tried> tried = trials.all(withGains, options.firstSamples());
      int least = 0;
      for (int i = 1; i < tried.size(); i++) {
        least = tried.get(i).divergence() < tried.get(least).divergence() ? i : least;
      }
      gains.add(TRIED_GAINS.get(least));
      if (!tried.isEmpty()) {
        best.add(tried.get(least));
      }
    }
    return new Curve(fitting, gains, best);
  }

  /** The transform that sends fewest bytes at the divergence that all of them can have. */
  private static Curve smallest(List<Curve> curves) {
    double at =
        curves.stream()
            .flatMap(curve -> curve.tried().stream())
            .mapToDouble(tried -> Math.log(tried.divergence()))
            .filter(Double::isFinite)
            .average()
            .orElse(0);
    return curves.stream()
        .min(Comparator.comparingDouble(curve -> logBytesAt(curve.tried(), at)))
        .orElseThrow();
  }

  /** Interpolates, or extrapolates, the logarithm of the bytes between two tries. */
  private static double logBytesAt(List<Tried> curve, double logDivergence) {
    if (curve.size() < 2) {
      return Double.POSITIVE_INFINITY;
    }
    double x0 = Math.log(curve.get(0).divergence());
    double x1 = Math.log(curve.get(1).divergence());
    double y0 = Math.log(curve.get(0).bytes());
    double y1 = Math.log(curve.get(1).bytes());
    if (Double.isInfinite(x0) || Double.isInfinite(x1)) {
      return Double.POSITIVE_INFINITY;
    }
    return x1 - x0 < 1e-6 ? Math.min(y0, y1) : y0 + (y1 - y0) * (logDivergence - x0) / (x1 - x0);
  }

  /** Those that no other beats, thinned so that their bytes lie about equally far apart. */
  private List<CutCodec> front(List<Tried> tried) {
    List<Tried> front =
        new ArrayList<>(
            tried.stream()
                .filter(one -> tried.stream().noneMatch(other -> other.beats(one)))
                .sorted(Comparator.comparingDouble(Tried::bytes).reversed())
                .toList());
    while (front.size() > options.mostPerCut()) {
      int closest = 1;
      for (int i = 1; i < front.size() - 1; i++) {
        if (gap(front, i) < gap(front, closest)) {
          closest = i;
        }
      }
      front.remove(closest);
    }
    return front.stream().map(Tried::codec).toList();
  }

  private static double gap(List<Tried> front, int i) {
    return front.get(i - 1).bytes() / front.get(i + 1).bytes();
  }

  /** Runs codecs of one cut on samples of select. */
  private final class Trials {
    private final Replay replay;
    private final int cut;
    private final LabelledImages select;
    private final Picture[] pictures;
    private final Replay.Lossless[] ahead;

    Trials(ExitNetwork network, Replay replay, int cut, LabelledImages select) throws IOException {
      this.replay = replay;
      this.cut = cut;
      this.select = select;
      this.pictures = new Picture[select.size()];
      this.ahead = new Replay.Lossless[select.size()];
      ParallelSamples.run(
          select.size(),
          options.threads(),
          s -> {
            pictures[s] = this.select.picture(s);
            ahead[s] = onlyAt(cut, replay.run(pictures[s]), network.lastCut());
          },
          done -> {});
    }

    int cut() {
      return cut;
    }

    /** Leaves the other cuts' tensors to the garbage collector. */
    private static Replay.Lossless onlyAt(int cut, Replay.Lossless all, int lastCut) {
      List<List<LiveTensor>> live = new ArrayList<>();
      for (int c = 0; c <= lastCut; c++) {
        live.add(c == cut ? all.live().get(c) : List.of());
      }
      return new Replay.Lossless(all.logits(), live, Map.of());
    }

    List<Tried> all(List<CutCodec> codecs, int samples) throws IOException {
      List<Tried> tried = new ArrayList<>();
      int count = Math.min(samples, pictures.length);
      for (CutCodec codec : codecs) {
        replay.prepare(codec);
        int[] bytes = new int[count];
        double[] divergence = new double[count];
        ParallelSamples.run(
            count,
            options.threads(),
            s -> {
              Replay.Sent sent = replay.send(codec, pictures[s], ahead[s]);
              bytes[s] = sent.bytes();
              float[][] uncut = ahead[s].logits();
              divergence[s] =
                  Divergence.of(uncut[uncut.length - 1], sent.logits()[sent.logits().length - 1]);
            },
            done -> {});
        replay.forget(codec);
        tried.add(
            new Tried(
                codec,
                java.util.Arrays.stream(bytes).average().orElse(0),
                // A codec that changes nothing still has a logarithm.
                1e-9 + java.util.Arrays.stream(divergence).average().orElse(0)));
      }
      return tried;
    }
  }
}
