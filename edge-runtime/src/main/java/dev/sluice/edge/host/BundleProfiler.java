package dev.sluice.edge.host;

import dev.sluice.edge.session.Frame;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.protocol.codec.ActivationCodec;
import dev.sluice.protocol.codec.PictureCodec;
import dev.sluice.scheduler.profile.Profile;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Measures a bundle part by part on the machine that it runs on, on the calling thread: medians
 * over repetitions, after warming up. Parts are timed in a session each, which costs a boundary
 * each; they are scaled so that they sum up to the whole network's time in one session.
 *
 * <p>What depends on the pictures and not on the machine, the sizes that codecs come to, is taken
 * over from the bundle's own profile, as is decoding, which the worker does.
 */
public final class BundleProfiler {
  private static final int WARM_UP = 5;

  /** Codecs are plain Java, which is compiled only after a while. */
  private static final long WARM_UP_NANOS = 200_000_000L;

  /** Where the sample's grain comes from. */
  private static final long SEED = 1;

  private final LongSupplier nanoClock;
  private final int repetitions;

  /**
   * Makes a profiler.
   *
   * @param nanoClock the machine's own clock
   * @param repetitions measurements per part, at least 1
   */
  public BundleProfiler(LongSupplier nanoClock, int repetitions) {
    if (repetitions < 1) {
      throw new IllegalArgumentException("repetitions must be positive: " + repetitions);
    }
    this.nanoClock = nanoClock;
    this.repetitions = repetitions;
  }

  /**
   * Measures.
   *
   * @param bundle with a profile of its own, in float32
   * @param threads that compute one operator together, positive
   * @return a profile of the same network on this machine
   * @throws IOException if the bundle is damaged or has no profile
   */
  public Profile measure(Bundle bundle, int threads) throws IOException {
    Profile known = BundleFactsReader.profile(bundle);
    EngineOptions options = new EngineOptions(threads);
    Frame picture = picture(bundle);
    try (OnnxEngine engine = OnnxEngine.start(options);
        ProgressiveModel model = ProgressiveModel.open(bundle, options);
        ModelNetwork network = new ModelNetwork(model)) {
      Map<Integer, OnnxEngine.Tensors> live = new HashMap<>();
      try {
        live.put(0, input(engine, bundle, picture));
        List<Profile.SegmentTime> segments = segments(engine, bundle, live);
        // Codecs share code: who came first would pay for its compilation.
        codecs(engine, bundle, network, known, live, picture);
        return new Profile(
            Profile.VERSION,
            "%s, %d processors, Java %d, ONNX Runtime, %d threads"
                .formatted(
                    System.getProperty("os.arch"),
                    Runtime.getRuntime().availableProcessors(),
                    Runtime.version().feature(),
                    threads)
                .toLowerCase(Locale.ROOT),
            median(
                () ->
                    bundle
                        .manifest()
                        .preprocessing()
                        .apply(picture.rgb(), picture.width(), picture.height())),
            segments,
            heads(engine, bundle, live),
            codecs(engine, bundle, network, known, live, picture));
      } finally {
        live.values().forEach(OnnxEngine.Tensors::close);
      }
    }
  }

  /** A smooth picture with grain, since codecs take other times on blank ones and on noise. */
  private static Frame picture(Bundle bundle) {
    int width = bundle.manifest().preprocessing().width();
    int height = bundle.manifest().preprocessing().height();
    SplittableRandom random = new SplittableRandom(SEED);
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < rgb.length; i++) {
      int pixel = i / 3;
      double wave =
          Math.sin(6.0 * (pixel % width) / width + i % 3) + Math.cos(9.0 * pixel / width / height);
      rgb[i] = (byte) Math.round(128 + 50 * wave + 8 * (random.nextDouble() - 0.5));
    }
    return new Frame(0, "sample", rgb, width, height, 0);
  }

  private static OnnxEngine.Tensors input(OnnxEngine engine, Bundle bundle, Frame picture) {
    float[] values =
        bundle.manifest().preprocessing().apply(picture.rgb(), picture.width(), picture.height());
    return engine.wrap(
        List.of(OnnxEngine.allocate(values.length).put(values).flip()),
        List.of(batchOfOne(bundle.manifest().cuts().get(0).shapes().get(0))));
  }

  private static long[] batchOfOne(int[] shape) {
    long[] batch = new long[shape.length + 1];
    batch[0] = 1;
    for (int i = 0; i < shape.length; i++) {
      batch[i + 1] = shape[i];
    }
    return batch;
  }

  private List<Profile.SegmentTime> segments(
      OnnxEngine engine, Bundle bundle, Map<Integer, OnnxEngine.Tensors> live)
      throws OnnxFormatException {
    OnnxGraph graph = OnnxGraph.of(bundle.file(Bundle.BACKBONE), Bundle.BACKBONE);
    List<CutInfo> cuts = bundle.manifest().cuts();
    OnnxEngine.Tensors first = known(live, 0);
    long whole =
        time(engine, graph.extract(tensors(cuts, 0), tensors(cuts, cuts.size() - 1)), first);
    long[] parts = new long[cuts.size()];
    long sum = 0;
    for (int cut = 1; cut < cuts.size(); cut++) {
      byte[] part = graph.extract(tensors(cuts, cut - 1), tensors(cuts, cut));
      OnnxEngine.Tensors in = known(live, cut - 1);
      parts[cut] = time(engine, part, in);
      sum += parts[cut];
      try (OnnxEngine.Session session = engine.load(part, "segment " + cut)) {
        live.put(cut, session.run(in));
      }
    }
    List<Profile.SegmentTime> segments = new ArrayList<>();
    for (int cut = 1; cut < parts.length; cut++) {
      segments.add(
          new Profile.SegmentTime(
              cut, Math.round(parts[cut] * ((double) whole / Math.max(1, sum)))));
    }
    return segments;
  }

  private static List<String> tensors(List<CutInfo> cuts, int cut) {
    return cuts.get(cut).tensors();
  }

  private static OnnxEngine.Tensors known(Map<Integer, OnnxEngine.Tensors> live, int cut) {
    return Optional.ofNullable(live.get(cut)).orElseThrow();
  }

  private List<Profile.HeadTime> heads(
      OnnxEngine engine, Bundle bundle, Map<Integer, OnnxEngine.Tensors> live) {
    List<Profile.HeadTime> heads = new ArrayList<>();
    for (ExitInfo exit : bundle.manifest().exits()) {
      if (!exit.head().isEmpty()) {
        heads.add(
            new Profile.HeadTime(
                exit.index(), time(engine, bundle.file(exit.head()), known(live, exit.cut()))));
      }
    }
    return heads;
  }

  private List<Profile.CodecCost> codecs(
      OnnxEngine engine,
      Bundle bundle,
      ModelNetwork network,
      Profile known,
      Map<Integer, OnnxEngine.Tensors> live,
      Frame picture) {
    List<Profile.CodecCost> costs = new ArrayList<>();
    for (Profile.CodecCost cost : known.codecs()) {
      long encode =
          cost.cut() == 0
              ? picture(cost.codec(), picture)
              : tensors(
                  engine,
                  bundle,
                  bundle.manifest().codec(cost.cut(), cost.codec()),
                  network.codec(cost.cut(), cost.codec()),
                  known(live, cost.cut()));
      costs.add(
          new Profile.CodecCost(
              cost.cut(),
              cost.codec(),
              encode,
              cost.decodeNanos(),
              cost.meanBytes(),
              cost.p95Bytes()));
    }
    return costs;
  }

  private long picture(String name, Frame picture) {
    PictureCodec codec = PictureCodec.of(name);
    return median(() -> codec.encode(picture.rgb(), picture.width(), picture.height()));
  }

  private long tensors(
      OnnxEngine engine,
      Bundle bundle,
      Optional<CodecInfo> info,
      ActivationCodec wire,
      OnnxEngine.Tensors live) {
    Optional<byte[]> encoder =
        info.filter(CodecInfo::hasTransform).map(codec -> bundle.file(codec.encoder()));
    long nanos = 0;
    for (int i = 0; i < live.size(); i++) {
      if (!live.isFloat(i)) {
        continue; // Sent as it is.
      }
      FloatBuffer values = live.floats(i);
      if (encoder.isEmpty()) {
        nanos += wire(wire, values, live.shape(i));
        continue;
      }
      try (OnnxEngine.Tensors in =
              engine.wrap(List.of(values.duplicate()), List.of(live.shape(i)));
          OnnxEngine.Session session = engine.load(encoder.get(), "encoder");
          OnnxEngine.Tensors sent = session.run(in)) {
        nanos += time(engine, encoder.get(), in);
        nanos += wire(wire, sent.floats(0), sent.shape(0));
      }
    }
    return nanos;
  }

  private long wire(ActivationCodec codec, FloatBuffer values, long[] batch) {
    int[] shape = new int[batch.length - 1];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = Math.toIntExact(batch[i + 1]);
    }
    return median(() -> codec.encode(values.duplicate(), shape));
  }

  private long time(OnnxEngine engine, byte[] onnx, OnnxEngine.Tensors in) {
    try (OnnxEngine.Session session = engine.load(onnx, "profiled part")) {
      return median(() -> session.run(in));
    }
  }

  private <T> long median(Supplier<T> part) {
    long begin = nanoClock.getAsLong();
    for (int i = 0; i < WARM_UP || nanoClock.getAsLong() - begin < WARM_UP_NANOS; i++) {
      time(part);
    }
    long[] times = new long[repetitions];
    for (int i = 0; i < repetitions; i++) {
      times[i] = time(part);
    }
    Arrays.sort(times);
    return times[repetitions / 2];
  }

  private <T> long time(Supplier<T> part) {
    long start = nanoClock.getAsLong();
    T result = part.get();
    long end = nanoClock.getAsLong();
    if (result instanceof OnnxEngine.Tensors tensors) {
      tensors.close();
    }
    return end - start;
  }
}
