package dev.sluice.edge.host;

import dev.sluice.edge.session.AuditCodec;
import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Payload;
import dev.sluice.edge.session.Route;
import dev.sluice.edge.session.Sample;
import dev.sluice.edge.session.Step;
import dev.sluice.edge.session.StepResult;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.exit.ExitState;
import dev.sluice.model.exit.PolicyChoice;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.CodecMisfitException;
import dev.sluice.model.stage.Encoder;
import dev.sluice.model.stage.NoSuchCutException;
import dev.sluice.model.stage.NoSuchExitException;
import dev.sluice.model.stage.Stage;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.model.stage.StageResult;
import dev.sluice.model.tensor.TensorType;
import dev.sluice.protocol.codec.ActivationCodec;
import dev.sluice.protocol.codec.CodecTables;
import dev.sluice.protocol.codec.PictureCodec;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.CompanionInfo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * A bundle as the device computes it. Thread-safe.
 *
 * <p>Codecs by name: at cut 0 those of {@link PictureCodec}; elsewhere {@code f32}, {@code q8} (8
 * bit, bit-shuffle, LZ4) and whatever the bundle brings.
 */
public final class ModelNetwork implements DeviceNetwork, AutoCloseable {
  private static final String EIGHT_BIT = "q8";
  private static final String EIGHT_BIT_WIRE = "q8+bitshuffle+lz4";

  private final ProgressiveModel model;
  private final BundleManifest manifest;
  private final String precision;
  private final int deepestCut;
  private final int deepestExitCut;
  private final List<Integer> exitCuts;
  private final StageChain everyExit;
  private final List<Step> everyStep;

  /** Replaced as a whole, seldom and before sessions begin. */
  private volatile Chosen chosen = new Chosen(Optional.empty(), PolicyData.NONE);

  /** Set, if at all, before sessions begin. */
  private volatile Optional<CompanionInfo> companion = Optional.empty();

  /** Policies in place of the plans' thresholds, and what they need. */
  private record Chosen(Optional<PolicyChoice> choice, PolicyData data) {}

  /**
   * Compiles the stages of the whole network.
   *
   * @param model stays the caller's; must outlive this network and its routes
   */
  public ModelNetwork(ProgressiveModel model) {
    this(model, VariantInfo.FLOAT32);
  }

  /**
   * Compiles the stages of the whole network at a precision.
   *
   * @param model stays the caller's; must outlive this network and its routes
   * @param precision {@link VariantInfo#FLOAT32}, or a variant's
   * @throws IllegalArgumentException if the bundle has no such variant
   */
  public ModelNetwork(ProgressiveModel model, String precision) {
    this(model, precision, model.lastCut());
  }

  /**
   * Compiles the stages of the network as far as a device can hold it: up to the deepest exit that
   * lies no deeper than a cut. The model is limited to that cut.
   *
   * @param model stays the caller's; must outlive this network and its routes
   * @param precision {@link VariantInfo#FLOAT32}, or a variant's
   * @param deepestCut deepest split of a plan; at least the first exit's cut
   * @throws IllegalArgumentException if the bundle has no such variant, or no exit lies so early
   */
  public ModelNetwork(ProgressiveModel model, String precision, int deepestCut) {
    this.precision = precision;
    this.model = model;
    this.manifest = model.manifest();
    this.deepestCut = deepestCut;
    this.deepestExitCut =
        manifest.exits().stream()
            .mapToInt(ExitInfo::cut)
            .filter(cut -> cut <= deepestCut)
            .max()
            .orElseThrow(
                () -> new IllegalArgumentException("no exit lies before cut " + deepestCut));
    if (deepestCut < model.lastCut()) {
      model.limitTo(deepestCut);
    }
    this.exitCuts = manifest.exits().stream().map(ExitInfo::cut).toList();
    this.everyExit = model.compile(request(0, deepestExitCut, exitsIn(0, deepestExitCut)));
    this.everyStep = steps(everyExit);
    try (Sample blank = blank()) {
      run(everyStep, blank);
    }
  }

  @Override
  public int lastCut() {
    return model.lastCut();
  }

  @Override
  public List<Integer> exitCuts() {
    return exitCuts;
  }

  @Override
  public List<String> labels() {
    return manifest.labels();
  }

  @Override
  public List<Step> everyExit() {
    return everyStep;
  }

  @Override
  public Sample input(Frame frame) {
    return new Tensors(model.input(frame.rgb(), frame.width(), frame.height()), Optional.empty());
  }

  /**
   * Lets plans' active exits follow these policies instead of the plans' thresholds; a threshold of
   * 0 stays a stop in any case. For sessions that are opened from now on.
   *
   * @param data what was fitted for the bundle
   * @throws IllegalArgumentException if there is no such exit, or a policy lacks its data
   */
  public void follow(PolicyChoice choice, PolicyData data) {
    Map<Integer, ExitPolicy> every = new HashMap<>(choice.byExit());
    for (int exit = 0; exit < exitCuts.size() - 1; exit++) {
      every.put(exit, choice.of(exit));
    }
    // Checks all that a plan may ask for.
    ExitPolicies.of(exitCuts.size(), manifest.labels().size(), every, data);
    // And that the worker can be told.
    WireRules.of(every, ExitState.NONE);
    chosen = new Chosen(Optional.of(choice), data);
  }

  /** Names the network that plans may send pictures to. */
  public void accompaniedBy(CompanionInfo other) {
    companion = Optional.of(other);
  }

  @Override
  public Optional<CompanionInfo> companion() {
    return companion;
  }

  @Override
  public ExitPolicies policies(Plan plan) {
    Chosen now = chosen;
    if (now.choice().isEmpty()) {
      return DeviceNetwork.super.policies(plan);
    }
    Map<Integer, ExitPolicy> active = new HashMap<>();
    for (ExitThreshold exit : plan.exits()) {
      if (exit.exit() != exitCuts.size() - 1) {
        active.put(
            exit.exit(),
            exit.threshold() == 0 ? new ExitPolicy.Always() : now.choice().get().of(exit.exit()));
      }
    }
    return ExitPolicies.of(exitCuts.size(), manifest.labels().size(), active, now.data());
  }

  /**
   * {@inheritDoc} Everywhere 8 bits are enough; {@code f32} where the bundle means another by that.
   */
  @Override
  public Optional<AuditCodec> auditCodec(int cut) {
    if (cut < 1 || cut >= lastCut()) {
      return Optional.empty();
    }
    String name = manifest.codec(cut, EIGHT_BIT).isPresent() ? "f32" : EIGHT_BIT;
    return manifest.codec(cut, name).isPresent()
        ? Optional.empty()
        : Optional.of(new PlainWriter(name, codec(cut, name)));
  }

  /** Returns a black picture of the network's size, to warm up with. */
  public Frame blankFrame() {
    Preprocessing size = manifest.preprocessing();
    byte[] black = new byte[3 * size.width() * size.height()];
    return new Frame(0, "blank", black, size.width(), size.height(), 0);
  }

  private Sample blank() {
    return input(blankFrame());
  }

  /**
   * {@inheritDoc} Runs every stage and the encoder once, so that the first frame finds them warm.
   *
   * @throws dev.sluice.model.stage.StageRequestException if the plan names a cut, exit or codec
   *     that the bundle has not
   */
  @Override
  public Route compile(Plan plan, boolean hedged) {
    if (plan.split() > lastCut()) {
      throw new NoSuchCutException(manifest.name(), plan.split(), lastCut());
    }
    if (plan.split() > deepestCut) {
      throw new IllegalArgumentException(
          "the device's memory ends at cut " + deepestCut + ", before cut " + plan.split());
    }
    plan.exits().forEach(exit -> checkExit(exit.exit()));
    List<Integer> own =
        new ArrayList<>(
            plan.exits().stream()
                .filter(exit -> exit.threshold() <= 1)
                .map(exit -> exit.exit())
                .filter(exit -> exitCuts.get(exit) <= plan.split())
                .toList());
    int last = exitCuts.size() - 1;
    if (plan.split() == lastCut() && !own.contains(last)) {
      own.add(last);
    }
    CompiledRoute route = compile(plan, request(0, plan.split(), own), hedged);
    boolean warm = false;
    try {
      warmUp(route);
      warm = true;
      return route;
    } finally {
      if (!warm) {
        route.close();
      }
    }
  }

  private StageRequest request(int from, int to, List<Integer> exits) {
    return StageRequest.of(from, to, exits).withPrecision(precision);
  }

  private CompiledRoute compile(Plan plan, StageRequest request, boolean hedged) {
    if (!plan.usesCloud()) {
      return new CompiledRoute(model.compile(request), Optional.empty(), Writer.none());
    }
    if (plan.usesCompanion() && companion.isEmpty()) {
      throw new IllegalArgumentException(
          "bundle " + manifest.name() + " has no companion to send pictures to");
    }
    if (plan.sentCut() == 0) {
      PictureWriter writer = new PictureWriter(plan.codec());
      return route(plan, hedged && plan.split() > 0, model.compile(request), chain -> writer);
    }
    ActivationCodec codec = codec(plan.split(), plan.codec());
    // Where an exit sits at the split, samples may leave there: they must not pay for the encoder.
    boolean allAreSent = request.exits().stream().noneMatch(e -> exitCuts.get(e) == plan.split());
    StageChain chain =
        model.compile(
            allAreSent
                ? request.encodedInLastStageBy(plan.codec())
                : request.encodedBy(plan.codec()));
    return route(plan, hedged, chain, encoded -> new TensorWriter(encoded.encoder(), codec));
  }

  /** Adds what lies beyond the split where that is wanted; owns the chain. */
  private CompiledRoute route(
      Plan plan, boolean hedged, StageChain chain, Function<StageChain, Writer> writer) {
    Optional<StageChain> beyond = Optional.empty();
    boolean done = false;
    try {
      if (hedged && plan.split() < deepestExitCut) {
        StageRequest rest =
            request(plan.split(), deepestExitCut, exitsIn(plan.split(), deepestExitCut));
        beyond = Optional.of(model.compile(rest));
      }
      done = true;
      return new CompiledRoute(chain, beyond, writer.apply(chain));
    } finally {
      if (!done) {
        chain.close();
      }
    }
  }

  private void warmUp(CompiledRoute route) {
    Frame frame = blankFrame();
    if (route.stages().isEmpty()) {
      route.encode(frame, Optional.empty());
      return;
    }
    try (Sample in = blank();
        Sample atSplit = run(route.stages(), in)) {
      route.encode(frame, Optional.of(atSplit));
      if (!route.beyond().isEmpty()) {
        run(route.beyond(), atSplit).close();
      }
    }
  }

  /** Runs steps one after another; what comes in stays the caller's. */
  private static Sample run(List<Step> steps, Sample in) {
    Sample live = in;
    for (Step step : steps) {
      Sample next = step.run(live).live();
      if (live != in) {
        live.close();
      }
      live = next;
    }
    return live;
  }

  private void checkExit(int exit) {
    if (exit >= exitCuts.size()) {
      throw new NoSuchExitException(
          "the last exit is " + (exitCuts.size() - 1) + ", there is no exit " + exit, exit);
    }
  }

  private List<Integer> exitsIn(int afterCut, int toCut) {
    return manifest.exits().stream()
        .filter(exit -> exit.cut() > afterCut && exit.cut() <= toCut)
        .map(ExitInfo::index)
        .toList();
  }

  ActivationCodec codec(int cut, String codec) {
    Optional<CodecInfo> own = manifest.codec(cut, codec);
    if (own.isPresent()) {
      try {
        return brought(own.get());
      } catch (IllegalArgumentException unusable) {
        throw new CodecMisfitException(
            "codec '%s' at cut %d: %s".formatted(codec, cut, unusable.getMessage()), cut, codec);
      }
    }
    if (codec.equals("f32")) {
      return ActivationCodec.of(codec);
    }
    if (codec.equals(EIGHT_BIT)) {
      return ActivationCodec.of(EIGHT_BIT_WIRE);
    }
    List<String> known = new ArrayList<>(List.of("f32", EIGHT_BIT));
    manifest.codecs().stream()
        .filter(c -> c.cut() == cut)
        .map(CodecInfo::name)
        .filter(name -> !known.contains(name))
        .forEach(known::add);
    throw new CodecMisfitException(
        "no codec '" + codec + "' at cut " + cut + "; known there are " + known, cut, codec);
  }

  private ActivationCodec brought(CodecInfo codec) {
    if (!codec.hasTables()) {
      return ActivationCodec.of(codec.wire());
    }
    int[] shape = model.encodedShapes(codec.cut(), codec.name()).get(0);
    return ActivationCodec.of(
        codec.wire(), CodecTables.read(model.bundle().file(codec.tables()), shape));
  }

  private List<Step> steps(StageChain chain) {
    return chain.stages().stream().<Step>map(ModelStep::new).toList();
  }

  /** Frees the stages of the whole network; the model stays open. */
  @Override
  public void close() {
    everyExit.close();
  }

  /**
   * Tensors at a cut.
   *
   * @param encoded what the encoder made of them, where it is part of the stage before
   */
  private record Tensors(Activation live, Optional<Activation> encoded) implements Sample {
    @Override
    public void close() {
      live.close();
      encoded.ifPresent(Activation::close);
    }
  }

  private final class ModelStep implements Step {
    private final Stage stage;

    ModelStep(Stage stage) {
      this.stage = stage;
    }

    @Override
    public int fromCut() {
      return stage.fromCut();
    }

    @Override
    public int toCut() {
      return stage.toCut();
    }

    @Override
    public OptionalInt exit() {
      return stage.exit();
    }

    @Override
    public StepResult run(Sample in) {
      StageResult result = stage.run(((Tensors) in).live());
      Optional<ExitScores> scores =
          result.logits().map(logits -> model.scores(stage.exit().orElseThrow(), logits));
      return new StepResult(new Tensors(result.live(), result.encoded()), scores);
    }
  }

  /** Writes what leaves the device. */
  private interface Writer {
    Payload write(Frame frame, Optional<Sample> live);

    static Writer none() {
      return (frame, live) -> new Payload(List.of());
    }
  }

  private static final class PictureWriter implements Writer {
    private final PictureCodec codec;

    PictureWriter(String name) {
      this.codec = PictureCodec.of(name);
    }

    @Override
    public Payload write(Frame frame, Optional<Sample> live) {
      byte[] bytes = codec.encode(frame.rgb(), frame.width(), frame.height());
      return new Payload(List.of(ByteBuffer.wrap(bytes)));
    }
  }

  /** Writes float32 tensors by the codec, others as they are. */
  private record TensorWriter(Optional<Encoder> encoder, ActivationCodec codec) implements Writer {
    @Override
    public Payload write(Frame frame, Optional<Sample> live) {
      Tensors atSplit = (Tensors) live.orElseThrow();
      if (atSplit.encoded().isPresent()) {
        return written(atSplit.encoded().get());
      }
      if (encoder.isEmpty()) {
        return written(atSplit.live());
      }
      try (Activation encoded = encoder.get().encode(atSplit.live())) {
        return written(encoded);
      }
    }

    private Payload written(Activation tensors) {
      return ModelNetwork.written(codec, tensors);
    }
  }

  /** Writes what a stage leaves, whatever its own encoder made of it. */
  private record PlainWriter(String name, ActivationCodec codec) implements AuditCodec {
    @Override
    public Payload encode(Sample live) {
      return written(codec, ((Tensors) live).live());
    }
  }

  private static Payload written(ActivationCodec codec, Activation tensors) {
    List<ByteBuffer> parts = new ArrayList<>();
    List<int[]> shapes = tensors.shapes();
    for (int i = 0; i < shapes.size(); i++) {
      if (tensors.type(i) == TensorType.FLOAT32) {
        parts.add(ByteBuffer.wrap(codec.encode(tensors.floats(i), shapes.get(i))));
      } else {
        ByteBuffer view = tensors.bytes(i);
        byte[] copy = new byte[view.remaining()];
        view.get(copy);
        parts.add(ByteBuffer.wrap(copy));
      }
    }
    return new Payload(parts);
  }

  private final class CompiledRoute implements Route {
    private final StageChain chain;
    private final Optional<StageChain> rest;
    private final Writer writer;
    private final List<Step> stages;
    private final List<Step> beyond;

    CompiledRoute(StageChain chain, Optional<StageChain> rest, Writer writer) {
      this.chain = chain;
      this.rest = rest;
      this.writer = writer;
      this.stages = steps(chain);
      this.beyond = rest.map(ModelNetwork.this::steps).orElse(List.of());
    }

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
      return writer.write(frame, live);
    }

    @Override
    public void close() {
      chain.close();
      rest.ifPresent(StageChain::close);
    }
  }
}
