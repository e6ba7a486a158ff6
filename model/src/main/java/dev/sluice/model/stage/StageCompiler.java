package dev.sluice.model.stage;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.model.graph.Splice;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Compiles requests into chains of sessions, for {@link dev.sluice.model.ProgressiveModel}.
 * Thread-safe.
 *
 * <p>Compiling loads what is not in the cache yet and may take a second; running is not held up by
 * it.
 */
public final class StageCompiler implements AutoCloseable {
  /** Sessions kept though no chain uses them: the plans of the last minutes. */
  private static final int MAX_IDLE_SESSIONS = 24;

  private final Bundle bundle;
  private final BundleManifest manifest;
  private final OnnxGraph backbone;
  private final Map<String, OnnxGraph> variants = new ConcurrentHashMap<>();
  private final OnnxEngine engine;
  private final SessionCache cache = new SessionCache(MAX_IDLE_SESSIONS);
  private final Map<CodecInfo, List<int[]>> encodedShapes = new ConcurrentHashMap<>();
  private final StageListener listener;
  private final LongSupplier nanoClock;

  /**
   * Makes a compiler for a bundle.
   *
   * @param listener hears of every stage that is run
   * @param nanoClock times the stages
   * @throws OnnxFormatException if the bundle's backbone is no ONNX network or lacks tensors that
   *     the manifest names
   */
  public StageCompiler(
      Bundle bundle, EngineOptions options, StageListener listener, LongSupplier nanoClock)
      throws OnnxFormatException {
    this.bundle = bundle;
    this.manifest = bundle.manifest();
    this.backbone = graph(Bundle.BACKBONE);
    this.listener = listener;
    this.nanoClock = nanoClock;
    int[] picture = manifest.cuts().get(0).shapes().get(0);
    Preprocessing preprocessing = manifest.preprocessing();
    if (!Arrays.equals(picture, new int[] {3, preprocessing.height(), preprocessing.width()})) {
      throw new IllegalArgumentException(
          "%s: preprocessing makes pictures of %dx%d, the network takes %s; prepare the bundle anew"
              .formatted(
                  bundle.source(),
                  preprocessing.width(),
                  preprocessing.height(),
                  Arrays.toString(picture)));
    }
    for (CutInfo cut : manifest.cuts()) {
      backbone.requireTensors(cut.tensors());
    }
    this.engine = OnnxEngine.start(options);
  }

  private OnnxGraph graph(String path) throws OnnxFormatException {
    return OnnxGraph.of(bundle.file(path), bundle.source() + "!" + path);
  }

  /**
   * Compiles a request.
   *
   * @return the caller's to close
   * @throws IllegalArgumentException if the request names cuts, exits or codecs that the bundle has
   *     not, or a file of the bundle does not fit
   * @throws IllegalStateException if closed
   */
  public StageChain compile(StageRequest request) {
    check(request);
    List<CompiledStage.Plan> plans = new ArrayList<>();
    int from = request.fromCut();
    Optional<CodecInfo> decoder =
        request.decoder().flatMap(name -> transform(request.fromCut(), name));
    for (int exit : request.exits()) {
      int cut = manifest.exits().get(exit).cut();
      plans.add(
          new CompiledStage.Plan(from, cut, OptionalInt.of(exit), decoder, request.precision()));
      from = cut;
      decoder = Optional.empty();
    }
    if (from < request.toCut()) {
      plans.add(
          new CompiledStage.Plan(
              from, request.toCut(), OptionalInt.empty(), decoder, request.precision()));
    }
    Optional<CodecInfo> encoder =
        request.encoder().flatMap(name -> transform(request.toCut(), name));
    List<SessionCache.Lease> leases = new ArrayList<>();
    boolean done = false;
    try {
      for (CompiledStage.Plan plan : plans) {
        leases.add(cache.borrow(plan.key(), () -> load(plan)));
      }
      if (encoder.isPresent()) {
        CodecInfo codec = encoder.get();
        SessionKey key =
            new SessionKey(
                SessionKey.Kind.ENCODER,
                codec.cut(),
                codec.cut(),
                -1,
                codec.name(),
                VariantInfo.FLOAT32);
        leases.add(
            cache.borrow(
                key, () -> engine.load(bundle.file(codec.encoder()), label(codec.encoder()))));
      }
      done = true;
      return new CompiledChain(this, request, plans, encoder, leases);
    } finally {
      if (!done) {
        leases.forEach(SessionCache.Lease::giveBack);
      }
    }
  }

  private void check(StageRequest request) {
    if (request.toCut() > manifest.lastCut()) {
      throw new IllegalArgumentException(
          "cut not in [0, " + manifest.lastCut() + "]: " + request.toCut());
    }
    for (int exit : request.exits()) {
      if (exit < 0 || exit >= manifest.exits().size()) {
        throw new IllegalArgumentException("no such exit: " + exit);
      }
      int cut = manifest.exits().get(exit).cut();
      if (cut <= request.fromCut() || cut > request.toCut()) {
        throw new IllegalArgumentException(
            "exit %d is at cut %d, not in (%d, %d]"
                .formatted(exit, cut, request.fromCut(), request.toCut()));
      }
    }
    if (request.toCut() == manifest.lastCut()
        && request.fromCut() < request.toCut()
        && !request.exits().contains(manifest.finalExit().index())) {
      throw new IllegalArgumentException(
          "the final exit " + manifest.finalExit().index() + " is missing from " + request.exits());
    }
    checkPrecision(request.precision());
  }

  private void checkPrecision(String precision) {
    if (!precision.equals(VariantInfo.FLOAT32) && manifest.variant(precision).isEmpty()) {
      throw new IllegalArgumentException(
          "%s has no variant '%s', only %s; make one with 'model quantise'"
              .formatted(
                  manifest.name(),
                  precision,
                  Stream.concat(
                          Stream.of(VariantInfo.FLOAT32),
                          manifest.variants().stream().map(VariantInfo::precision))
                      .toList()));
    }
  }

  /** Returns the backbone of a precision; a variant's is read when first asked for. */
  private OnnxGraph backbone(String precision) throws OnnxFormatException {
    Optional<VariantInfo> variant = manifest.variant(precision);
    if (variant.isEmpty()) {
      return backbone;
    }
    OnnxGraph known = variants.get(precision);
    if (known == null) {
      known = graph(variant.get().backbone());
      for (CutInfo cut : manifest.cuts()) {
        known.requireTensors(cut.tensors());
      }
      variants.put(precision, known);
    }
    return known;
  }

  /** Returns the path of an exit's head at a precision, empty if the backbone's output is it. */
  private String head(int exit, String precision) {
    String own = manifest.exits().get(exit).head();
    return manifest.variant(precision).map(v -> v.heads().getOrDefault(exit, own)).orElse(own);
  }

  /** Returns the codec if it brings a transform. */
  private Optional<CodecInfo> transform(int cut, String name) {
    Optional<CodecInfo> codec = manifest.codec(cut, name);
    if (codec.isEmpty() && !isBuiltIn(name)) {
      throw new IllegalArgumentException("no codec '" + name + "' at cut " + cut);
    }
    return codec.filter(CodecInfo::hasTransform);
  }

  private static boolean isBuiltIn(String name) {
    return name.equals("f32")
        || name.equals("q8")
        || name.equals("raw")
        || name.equals("none")
        || name.startsWith("jpeg-");
  }

  private OnnxEngine.Session load(CompiledStage.Plan plan) {
    CutInfo from = manifest.cuts().get(plan.fromCut());
    CutInfo to = manifest.cuts().get(plan.toCut());
    try {
      Splice splice =
          backbone(plan.precision())
              .splice(from.tensors(), to.tensors())
              .knowing(from.tensors(), from.shapes());
      if (plan.decoder().isPresent()) {
        splice.precededBy(graph(plan.decoder().get().decoder()));
      }
      if (plan.exit().isPresent()) {
        String head = head(plan.exit().getAsInt(), plan.precision());
        if (!head.isEmpty()) {
          splice.withHead(graph(head));
        }
      }
      return engine.load(splice.toBytes(), label("cuts " + plan.fromCut() + " to " + plan.toCut()));
    } catch (OnnxFormatException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private String label(String part) {
    return manifest.name() + " (" + part + ")";
  }

  /**
   * Runs the network from input to output in one session.
   *
   * @param input at cut 0; stays the caller's
   * @return logits of the final exit, {@code [batch * classes]}
   */
  public float[] runUncut(Activation input) {
    return runUncut(input, VariantInfo.FLOAT32);
  }

  /**
   * Runs the network of a precision from input to output in one session.
   *
   * @param input at cut 0; stays the caller's
   * @param precision {@link VariantInfo#FLOAT32}, or a variant's
   * @return logits of the final exit, {@code [batch * classes]}
   * @throws IllegalArgumentException if the bundle has no such variant
   */
  public float[] runUncut(Activation input, String precision) {
    checkPrecision(precision);
    ExitInfo last = manifest.finalExit();
    CutInfo output = manifest.cuts().get(manifest.lastCut());
    SessionKey key =
        new SessionKey(SessionKey.Kind.UNCUT, 0, manifest.lastCut(), last.index(), "", precision);
    boolean asItIs =
        precision.equals(VariantInfo.FLOAT32)
            && last.head().isEmpty()
            && backbone.outputs().equals(output.tensors())
            && backbone.inputs().equals(manifest.cuts().get(0).tensors());
    SessionCache.Lease lease =
        cache.borrow(
            key,
            () ->
                asItIs
                    ? engine.load(bundle.file(Bundle.BACKBONE), label("uncut"))
                    : load(
                        new CompiledStage.Plan(
                            0,
                            manifest.lastCut(),
                            OptionalInt.of(last.index()),
                            Optional.empty(),
                            precision)));
    try (OnnxEngine.Tensors out =
        lease.session().run(tensors(input, manifest.cuts().get(0).shapes()))) {
      return last.head().isEmpty() ? values(out.floats(0)) : out.removeLast();
    } finally {
      lease.giveBack();
    }
  }

  static float[] values(FloatBuffer buffer) {
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return values;
  }

  /**
   * Returns the shapes of what a codec puts on the wire at a cut, without the batch dimension:
   * those of its transform's output, or the cut's own.
   *
   * @throws IllegalArgumentException if the bundle has no such codec there
   */
  public List<int[]> encodedShapes(int cut, String codec) {
    if (cut < 0 || cut > manifest.lastCut()) {
      throw new IllegalArgumentException("cut not in [0, " + manifest.lastCut() + "]: " + cut);
    }
    return transform(cut, codec)
        .map(info -> encodedShapes.computeIfAbsent(info, this::decoderInputShapes))
        .orElseGet(() -> manifest.cuts().get(cut).shapes())
        .stream()
        .map(int[]::clone)
        .toList();
  }

  private List<int[]> decoderInputShapes(CodecInfo codec) {
    try {
      return graph(codec.decoder()).declaredInputShapes();
    } catch (OnnxFormatException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /**
   * Makes an activation of one or several samples from values.
   *
   * @param shapes of each tensor without the batch dimension
   * @param values one buffer per tensor; direct ones that fit exactly are used in place
   * @return the caller's to close
   */
  public Activation wrap(List<int[]> shapes, List<FloatBuffer> values) {
    if (shapes.size() != values.size()) {
      throw new IllegalArgumentException(
          values.size() + " buffers for " + shapes.size() + " tensors");
    }
    List<long[]> batched = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      int[] shape = shapes.get(i);
      long[] full = new long[shape.length + 1];
      long elements = 1;
      for (int d = 0; d < shape.length; d++) {
        full[d + 1] = shape[d];
        elements *= shape[d];
      }
      long batch = values.get(i).remaining() / Math.max(1, elements);
      if (batch < 1 || batch * elements != values.get(i).remaining()) {
        throw new IllegalArgumentException(
            "%d floats for tensor %d, which has %d"
                .formatted(values.get(i).remaining(), i, elements));
      }
      full[0] = batch;
      if (i > 0 && batch != batched.get(0)[0]) {
        throw new IllegalArgumentException("tensors of different batches");
      }
      batched.add(full);
    }
    return new NativeActivation(engine.wrap(values, batched));
  }

  /**
   * Makes a one-sample activation of one tensor whose values are written in place.
   *
   * @param shape without the batch dimension
   * @param fill writes all values
   * @return the caller's to close
   */
  public Activation fill(int[] shape, Consumer<FloatBuffer> fill) {
    long[] full = new long[shape.length + 1];
    full[0] = 1;
    for (int i = 0; i < shape.length; i++) {
      full[i + 1] = shape[i];
    }
    return new NativeActivation(engine.fill(full, fill));
  }

  /** Returns the activation's tensors after a look at their shapes. */
  static OnnxEngine.Tensors tensors(Activation activation, List<int[]> wanted) {
    if (!(activation instanceof NativeActivation ours)) {
      throw new IllegalArgumentException("the activation was not made by a model");
    }
    List<int[]> shapes = ours.shapes();
    if (!Arrays.deepEquals(shapes.toArray(), wanted.toArray())) {
      throw new IllegalArgumentException(
          "tensors of shapes %s where %s are wanted"
              .formatted(
                  Arrays.deepToString(shapes.toArray()), Arrays.deepToString(wanted.toArray())));
    }
    return ours.tensors();
  }

  void ran(CompiledStage.Plan plan, long startNanos) {
    listener.onStage(plan.fromCut(), plan.toCut(), nanoClock.getAsLong() - startNanos);
  }

  long now() {
    return nanoClock.getAsLong();
  }

  BundleManifest manifest() {
    return manifest;
  }

  /** Refuses further work; frees everything when the runs under way have ended. */
  @Override
  public void close() {
    engine.close();
  }
}
