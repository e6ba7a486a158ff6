package dev.sluice.model.stage;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.LoweredNetwork;
import dev.sluice.model.engine.LoweringException;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.model.graph.Splice;
import dev.sluice.model.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiles requests into chains of sessions, for {@link dev.sluice.model.ProgressiveModel}.
 * Thread-safe.
 *
 * <p>Compiling loads what is not in the cache yet and may take a second; running is not held up by
 * it.
 */
public final class StageCompiler implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StageCompiler.class);

  /** Sessions kept though no chain uses them: the plans of the last minutes. */
  private static final int MAX_IDLE_SESSIONS = 96;

  /** What all sessions may take together before those at rest go; constants are shared. */
  private static final long MAX_SESSION_BYTES = 256L << 20;

  private final Bundle bundle;
  private final BundleManifest manifest;
  private final OnnxGraph backbone;
  private final Map<String, OnnxGraph> variants = new ConcurrentHashMap<>();
  private final Map<String, LoweredStages> lowered = new ConcurrentHashMap<>();
  private final Map<SessionKey, Optional<LoweredNetwork.Piece>> pieces = new ConcurrentHashMap<>();
  private final Map<String, OnnxGraph> heads = new ConcurrentHashMap<>();
  private final OnnxEngine engine;
  private final SessionCache cache = new SessionCache(MAX_IDLE_SESSIONS, MAX_SESSION_BYTES);
  private final List<Signature> signatures;
  private final Map<CodecInfo, Signature> encoded = new ConcurrentHashMap<>();
  private final Map<SessionKey, BatchSession.Experience> experience = new ConcurrentHashMap<>();
  private final Map<SessionKey, Footprint> footprints = new ConcurrentHashMap<>();
  private final StageListener listener;
  private final LongSupplier nanoClock;

  /** No stage goes beyond this cut; set before the first is compiled. */
  private volatile int deepestCut;

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
    this.deepestCut = manifest.lastCut();
    this.signatures = manifest.cuts().stream().map(Signature::of).toList();
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
   * @throws StageRequestException if the request names cuts, exits or codecs that the bundle has
   *     not
   * @throws IllegalArgumentException if a file of the bundle does not fit the others
   * @throws IllegalStateException if closed
   */
  public StageChain compile(StageRequest request) {
    check(request);
    if (request.toCut() > deepestCut) {
      throw new BeyondLimitException(manifest.name(), request.toCut(), deepestCut);
    }
    List<CompiledStage.Plan> plans = new ArrayList<>();
    Optional<CodecInfo> encoder = plan(request, plans);
    cutTogether(plans);
    List<SessionCache.Lease> leases = new ArrayList<>();
    boolean done = false;
    try {
      for (CompiledStage.Plan plan : plans) {
        leases.add(cache.borrow(plan.key(), () -> load(plan)));
      }
      if (encoder.isPresent()) {
        CodecInfo codec = encoder.get();
        leases.add(
            cache.borrow(
                encoderKey(codec),
                () -> engine.load(bundle.file(codec.encoder()), label(codec.encoder()))));
      }
      done = true;
      return new CompiledChain(this, request, plans, encoder, leases);
    } finally {
      if (!done) {
        leases.forEach(SessionCache.Lease::giveBack);
      }
    }
  }

  /** Adds a request's stages to {@code plans}; returns the encoder that is a session of its own. */
  private Optional<CodecInfo> plan(StageRequest request, List<CompiledStage.Plan> plans) {
    int from = request.fromCut();
    Optional<CodecInfo> decoder =
        request.decoder().flatMap(name -> transform(request.fromCut(), name));
    for (int exit : request.exits()) {
      int cut = manifest.exits().get(exit).cut();
      plans.add(
          new CompiledStage.Plan(
              from, cut, OptionalInt.of(exit), decoder, Optional.empty(), request.precision()));
      from = cut;
      decoder = Optional.empty();
    }
    if (from < request.toCut()) {
      plans.add(
          new CompiledStage.Plan(
              from,
              request.toCut(),
              OptionalInt.empty(),
              decoder,
              Optional.empty(),
              request.precision()));
    }
    Optional<CodecInfo> encoder =
        request.encoder().flatMap(name -> transform(request.toCut(), name));
    if (request.encoderFused() && encoder.isPresent()) {
      int last = plans.size() - 1;
      plans.set(last, plans.get(last).encodedBy(encoder.get()));
      encoder = Optional.empty();
    }
    return encoder;
  }

  /**
   * Keeps to the front of the network from now on: nothing beyond is compiled or held, so that a
   * device needs memory for that part only. Comes before the first compilation.
   *
   * @param cut deepest cut to which stages may go, at least 1
   * @throws StageRequestException if there is no such cut
   * @throws IllegalStateException if stages have been compiled
   */
  public void limitTo(int cut) {
    requireCut(cut);
    if (cut < 1) {
      throw new IllegalArgumentException("the limit must leave a stage: " + cut);
    }
    if (!lowered.isEmpty()) {
      throw new IllegalStateException(manifest.name() + ": stages are compiled already");
    }
    deepestCut = cut;
  }

  /** See {@link OnnxEngine#haltable}. */
  public Runnable haltable(Thread thread) {
    return engine.haltable(thread);
  }

  /**
   * Counts what a request's stages need in memory, by running them one by one with all their
   * tensors kept; nothing else of the network is loaded.
   *
   * @throws StageRequestException if the request names cuts, exits or codecs that the bundle has
   *     not
   * @throws IllegalArgumentException if a file of the bundle does not fit the others
   */
  public StageMemory memory(StageRequest request) {
    check(request);
    List<CompiledStage.Plan> plans = new ArrayList<>();
    Optional<CodecInfo> encoder = plan(request, plans);
    Map<String, Long> constants = new HashMap<>();
    long peak = 0;
    for (CompiledStage.Plan plan : plans) {
      Footprint part = footprints.computeIfAbsent(plan.key(), key -> footprint(plan));
      constants.putAll(part.constants());
      peak = Math.max(peak, part.peak());
    }
    if (encoder.isPresent()) {
      CodecInfo codec = encoder.get();
      Footprint part =
          footprints.computeIfAbsent(
              encoderKey(codec),
              key -> footprint(bundle.file(codec.encoder()), codec.encoder(), codec.encoder()));
      constants.putAll(part.constants());
      peak = Math.max(peak, part.peak());
    }
    return new StageMemory(constants.values().stream().mapToLong(Long::longValue).sum(), peak);
  }

  private Footprint footprint(CompiledStage.Plan plan) {
    String part = "cuts " + plan.fromCut() + " to " + plan.toCut();
    return footprint(splice(plan), part, "");
  }

  /** What follows from the network keeps its name in all stages; what is joined does not. */
  private Footprint footprint(byte[] onnx, String part, String prefix) {
    try {
      OnnxGraph graph = OnnxGraph.of(onnx, label(part));
      Map<String, Long> constants = new HashMap<>();
      graph
          .constantBytes()
          .forEach(
              (name, bytes) -> {
                boolean shared = prefix.isEmpty() && !Splice.isJoined(name);
                constants.put(shared ? name : part + "!" + name, bytes);
              });
      return new Footprint(constants, graph.peakActivationBytes());
    } catch (OnnxFormatException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** Constants of a stage with their bytes, and the most that its tensors take together. */
  private record Footprint(Map<String, Long> constants, long peak) {}

  /**
   * Cuts a chain's stages from the network as the engine rewrote it, where that is possible for all
   * that have no codec: then tensors stay in the engine's own order from one to the next.
   */
  private void cutTogether(List<CompiledStage.Plan> plans) {
    if (plans.isEmpty() || isWhole(plans)) {
      return;
    }
    List<CompiledStage.Plan> cut = new ArrayList<>();
    for (int i = 0; i < plans.size(); i++) {
      SessionKey.Ends ends =
          isBare(plans.get(i))
              ? new SessionKey.Ends(
                  true,
                  i > 0 && isBare(plans.get(i - 1)),
                  i + 1 < plans.size() && isBare(plans.get(i + 1)))
              : SessionKey.Ends.PLAIN;
      cut.add(plans.get(i).cutAt(ends));
    }
    if (cut.stream().allMatch(plan -> !plan.ends().lowered() || piece(plan).isPresent())) {
      for (int i = 0; i < plans.size(); i++) {
        plans.set(i, cut.get(i));
      }
    }
  }

  private static boolean isBare(CompiledStage.Plan plan) {
    return plan.decoder().isEmpty() && plan.encoder().isEmpty();
  }

  private boolean isWhole(List<CompiledStage.Plan> plans) {
    return plans.size() == 1
        && plans.get(0).fromCut() == 0
        && plans.get(0).toCut() == manifest.lastCut();
  }

  private Optional<LoweredNetwork.Piece> piece(CompiledStage.Plan plan) {
    return pieces.computeIfAbsent(plan.key(), key -> cutOut(plan));
  }

  private Optional<LoweredNetwork.Piece> cutOut(CompiledStage.Plan plan) {
    List<String> logits =
        plan.exit().isPresent() && !head(plan.exit().getAsInt(), plan.precision()).isEmpty()
            ? List.of(logitsName(plan.exit().getAsInt(), plan.precision()))
            : List.of();
    return lowered
        .computeIfAbsent(
            plan.precision(),
            precision ->
                new LoweredStages(engine, label("with its exits"), () -> withAllHeads(precision)))
        .network()
        .flatMap(
            network ->
                network.piece(
                    manifest.cuts().get(plan.fromCut()).tensors(),
                    plan.ends().fromInside(),
                    manifest.cuts().get(plan.toCut()).tensors(),
                    plan.ends().toInside(),
                    logits));
  }

  private String logitsName(int exit, String precision) {
    return Splice.headOutput(
        Integer.toString(exit), heads.computeIfAbsent(head(exit, precision), this::readHead));
  }

  private OnnxGraph readHead(String path) {
    try {
      return graph(path);
    } catch (OnnxFormatException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** Builds the backbone, as far as it is used, with all cuts as outputs and all heads on them. */
  private byte[] withAllHeads(String precision) throws OnnxFormatException {
    OnnxGraph trunk = backbone(precision);
    List<String> cuts =
        manifest.cuts().stream()
            .filter(cut -> cut.index() <= deepestCut)
            .flatMap(cut -> cut.tensors().stream())
            .filter(tensor -> !trunk.inputs().contains(tensor))
            .distinct()
            .toList();
    Splice splice = trunk.splice(trunk.inputs(), cuts);
    for (ExitInfo exit : manifest.exits()) {
      String head = head(exit.index(), precision);
      if (!head.isEmpty() && exit.cut() <= deepestCut) {
        splice.withHead(
            heads.computeIfAbsent(head, this::readHead),
            manifest.cuts().get(exit.cut()).tensors(),
            Integer.toString(exit.index()));
      }
    }
    return splice.toBytes();
  }

  static SessionKey encoderKey(CodecInfo codec) {
    return new SessionKey(
        SessionKey.Kind.ENCODER,
        codec.cut(),
        codec.cut(),
        -1,
        "",
        codec.name(),
        VariantInfo.FLOAT32,
        SessionKey.Ends.PLAIN);
  }

  BatchSession batching(SessionKey key, OnnxEngine.Session session) {
    return new BatchSession(
        engine, session, experience.computeIfAbsent(key, fresh -> new BatchSession.Experience()));
  }

  private void check(StageRequest request) {
    requireCut(request.toCut());
    for (int exit : request.exits()) {
      if (exit < 0 || exit >= manifest.exits().size()) {
        throw new NoSuchExitException(
            "%s has no such exit: %d; its exits are 0 to %d"
                .formatted(manifest.name(), exit, manifest.exits().size() - 1),
            exit);
      }
      int cut = manifest.exits().get(exit).cut();
      if (cut <= request.fromCut() || cut > request.toCut()) {
        throw new NoSuchExitException(
            "exit %d is at cut %d, not in (%d, %d]"
                .formatted(exit, cut, request.fromCut(), request.toCut()),
            exit);
      }
    }
    if (request.toCut() == manifest.lastCut()
        && request.fromCut() < request.toCut()
        && !request.exits().contains(manifest.finalExit().index())) {
      int last = manifest.finalExit().index();
      throw new NoSuchExitException(
          "the final exit " + last + " is missing from " + request.exits(), last);
    }
    checkPrecision(request.precision());
  }

  private void requireCut(int cut) {
    if (cut < 0 || cut > manifest.lastCut()) {
      throw new NoSuchCutException(manifest.name(), cut, manifest.lastCut());
    }
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
      throw new CodecMisfitException(
          "%s has no codec '%s' at cut %d".formatted(manifest.name(), name, cut), cut, name);
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
    String what = label("cuts " + plan.fromCut() + " to " + plan.toCut());
    if (plan.ends().lowered()) {
      try {
        return engine.load(piece(plan).orElseThrow(), what);
      } catch (LoweringException e) {
        // The session made below takes and gives plain tensors; its neighbours reorder theirs.
        LOG.warn("{} is made on its own, which is slower: {}", what, e.getMessage());
      }
    }
    return engine.load(splice(plan), what);
  }

  /** Builds the network of a stage that has plain tensors at both ends. */
  private byte[] splice(CompiledStage.Plan plan) {
    CutInfo from = manifest.cuts().get(plan.fromCut());
    CutInfo to = manifest.cuts().get(plan.toCut());
    try {
      Splice splice =
          backbone(plan.precision())
              .splice(from.tensors(), to.tensors())
              .knowing(from.tensors(), from.shapes(), from.types());
      if (plan.decoder().isPresent()) {
        join(plan.decoder().get(), codec -> splice.precededBy(graph(codec.decoder())));
      }
      if (plan.encoder().isPresent()) {
        join(plan.encoder().get(), codec -> splice.encodedBy(graph(codec.encoder())));
      }
      if (plan.exit().isPresent()) {
        String head = head(plan.exit().getAsInt(), plan.precision());
        if (!head.isEmpty()) {
          splice.withHead(graph(head));
        }
      }
      return splice.toBytes();
    } catch (OnnxFormatException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private interface Joiner {
    void join(CodecInfo codec) throws OnnxFormatException;
  }

  private void join(CodecInfo codec, Joiner joiner) {
    try {
      joiner.join(codec);
    } catch (OnnxFormatException e) {
      throw misfit(codec, e);
    }
  }

  private static CodecMisfitException misfit(CodecInfo codec, OnnxFormatException why) {
    return new CodecMisfitException(
        "codec '%s' does not fit cut %d: %s".formatted(codec.name(), codec.cut(), why.getMessage()),
        codec.cut(),
        codec.name(),
        why);
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
    if (manifest.lastCut() > deepestCut) {
      throw new BeyondLimitException(manifest.name(), manifest.lastCut(), deepestCut);
    }
    ExitInfo last = manifest.finalExit();
    CutInfo output = manifest.cuts().get(manifest.lastCut());
    SessionKey key =
        new SessionKey(
            SessionKey.Kind.UNCUT,
            0,
            manifest.lastCut(),
            last.index(),
            "",
            "",
            precision,
            SessionKey.Ends.PLAIN);
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
                            Optional.empty(),
                            precision)));
    try (OnnxEngine.Tensors out = batching(key, lease.session()).run(tensors(input, at(0)))) {
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
   * @throws StageRequestException if the bundle has no such cut, or no such codec there
   */
  public List<int[]> encodedShapes(int cut, String codec) {
    return encoded(cut, codec).shapes();
  }

  /**
   * Returns the element types of what a codec puts on the wire at a cut.
   *
   * @throws StageRequestException if the bundle has no such cut, or no such codec there
   */
  public List<TensorType> encodedTypes(int cut, String codec) {
    return encoded(cut, codec).types();
  }

  Signature encoded(int cut, String codec) {
    requireCut(cut);
    return transform(cut, codec)
        .map(info -> encoded.computeIfAbsent(info, this::decoderInputs))
        .orElseGet(() -> at(cut));
  }

  Signature at(int cut) {
    requireCut(cut);
    return signatures.get(cut);
  }

  private Signature decoderInputs(CodecInfo codec) {
    try {
      OnnxGraph decoder = graph(codec.decoder());
      return new Signature(decoder.declaredInputShapes(), decoder.declaredInputTypes());
    } catch (OnnxFormatException e) {
      throw misfit(codec, e);
    }
  }

  /**
   * Makes an activation at a cut from float32 values.
   *
   * @param codec codec that made the values, or empty for the cut's own tensors
   * @param values one buffer per tensor; direct ones that fit exactly are used in place
   * @return the caller's to close
   * @throws StageRequestException if the bundle has no such cut, or no such codec there
   */
  public Activation wrap(int cut, Optional<String> codec, List<FloatBuffer> values) {
    Signature signature = signature(cut, codec);
    if (signature.types().stream().anyMatch(type -> type != TensorType.FLOAT32)) {
      throw new IllegalArgumentException(
          "cut %d has tensors %s, which are not floats alone".formatted(cut, signature));
    }
    List<long[]> shapes = batched(signature, values, FloatBuffer::remaining, tensor -> 1);
    return new NativeActivation(engine.wrap(values, shapes));
  }

  /**
   * Makes an activation at a cut from elements of any type.
   *
   * @param codec codec that made the values, or empty for the cut's own tensors
   * @param bytes one little-endian buffer per tensor; direct ones that fit exactly are used in
   *     place
   * @return the caller's to close
   * @throws StageRequestException if the bundle has no such cut, or no such codec there
   */
  public Activation wrapBytes(int cut, Optional<String> codec, List<ByteBuffer> bytes) {
    Signature signature = signature(cut, codec);
    List<long[]> shapes =
        batched(signature, bytes, ByteBuffer::remaining, tensor -> signature.type(tensor).bytes());
    return new NativeActivation(engine.wrap(bytes, signature.types(), shapes));
  }

  private Signature signature(int cut, Optional<String> codec) {
    return codec.isPresent() ? encoded(cut, codec.get()) : at(cut);
  }

  /** Finds the batch that the buffers make, which must be the same for all. */
  private static <B> List<long[]> batched(
      Signature signature, List<B> values, ToIntFunction<B> size, IntUnaryOperator unit) {
    if (signature.size() != values.size()) {
      throw new IllegalArgumentException(
          values.size() + " buffers for " + signature.size() + " tensors");
    }
    List<long[]> shapes = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      long one = (long) signature.elements(i) * unit.applyAsInt(i);
      int given = size.applyAsInt(values.get(i));
      long batch = one == 0 ? 0 : given / one;
      if (batch < 1 || batch * one != given) {
        throw new IllegalArgumentException(
            "a buffer of %d for tensor %d of %s, which takes %d a sample"
                .formatted(given, i, signature, one));
      }
      if (i > 0 && batch != shapes.get(0)[0]) {
        throw new IllegalArgumentException("tensors of different batches");
      }
      shapes.add(signature.batched(i, batch));
    }
    return shapes;
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

  /** Returns the activation's tensors after a look at their shapes and types. */
  static OnnxEngine.Tensors tensors(Activation activation, Signature wanted) {
    if (!(activation instanceof NativeActivation ours)) {
      throw new IllegalArgumentException("the activation was not made by a model");
    }
    if (!ours.signature().matches(wanted)) {
      throw new IllegalArgumentException(
          "tensors %s where %s are wanted".formatted(ours.signature(), wanted));
    }
    return ours.tensors();
  }

  void ran(CompiledStage.Plan plan, int batch, long startNanos) {
    listener.onStage(plan.fromCut(), plan.toCut(), batch, nanoClock.getAsLong() - startNanos);
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
    lowered.values().forEach(LoweredStages::close);
  }
}
