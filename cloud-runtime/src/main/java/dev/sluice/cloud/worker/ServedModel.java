package dev.sluice.cloud.worker;

import dev.sluice.model.BundlePolicies;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.BatchRunner;
import dev.sluice.model.stage.Stage;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.tensor.TensorType;
import dev.sluice.protocol.codec.ActivationCodec;
import dev.sluice.protocol.codec.CodecTables;
import dev.sluice.protocol.codec.PictureCodec;
import dev.sluice.protocol.codec.UnknownCodecException;
import dev.sluice.protocol.message.ClassScore;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.scheduler.profile.FactsFormatException;
import dev.sluice.scheduler.profile.Profile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One model of a worker: finishes requests from any of its cuts, one or several at a time.
 * Thread-safe; owns the model.
 *
 * <p>A request is served by the stages of its own plan where they are compiled, and by those that
 * are bounded by every exit until then: see {@link ChainShelf}.
 */
public final class ServedModel implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServedModel.class);
  private static final String PROFILE = "profile.json";
  private static final int TOP_CLASSES = 5;
  private static final int MAX_PICTURE_PIXELS = 4096 * 4096;

  /** What the codecs mean that every interior cut has, listed by the bundle or not. */
  private static final Map<String, ActivationCodec> BUILT_IN =
      Map.of("f32", ActivationCodec.of("f32"), "q8", ActivationCodec.of("q8+bitshuffle+lz4"));

  private final ProgressiveModel model;
  private final Profile profile;
  private final RequestRules rules;
  private final Map<CodecInfo, ActivationCodec> codecs;
  private final ExecutorService compilations;
  private final ChainShelf chains;

  private ServedModel(
      ProgressiveModel model,
      Profile profile,
      RequestRules rules,
      Map<CodecInfo, ActivationCodec> codecs,
      ChainShelf.StageCompiling compiler) {
    this.model = model;
    this.profile = profile;
    this.rules = rules;
    this.codecs = codecs;
    this.compilations =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "worker-compile");
              thread.setDaemon(true);
              return thread;
            });
    this.chains = new ChainShelf(compiler, model.manifest(), compilations);
  }

  static ServedModel open(Bundle bundle, EngineOptions options) throws IOException {
    return open(bundle, options, model -> model::compile);
  }

  /** Opens a model whose stages are compiled by someone else. */
  static ServedModel open(
      Bundle bundle,
      EngineOptions options,
      Function<ProgressiveModel, ChainShelf.StageCompiling> compiler)
      throws IOException {
    Profile profile;
    try {
      profile = Profile.fromJson(bundle.file(PROFILE));
    } catch (FactsFormatException e) {
      throw new IOException(
          "%s of bundle %s: %s; prepare the bundle again"
              .formatted(PROFILE, bundle.manifest().name(), e.getMessage()),
          e);
    }
    RequestRules rules = new RequestRules(bundle.manifest(), BundlePolicies.data(bundle));
    ProgressiveModel model = ProgressiveModel.open(bundle, options);
    boolean opened = false;
    try {
      ServedModel served =
          new ServedModel(model, profile, rules, codecs(model), compiler.apply(model));
      opened = true;
      return served;
    } finally {
      if (!opened) {
        model.close();
      }
    }
  }

  /**
   * Makes the codecs that the bundle brings. One of a text that a newer version wrote is left out,
   * and refused when a request names it.
   */
  private static Map<CodecInfo, ActivationCodec> codecs(ProgressiveModel model) throws IOException {
    Map<CodecInfo, ActivationCodec> codecs = new HashMap<>();
    for (CodecInfo codec : model.manifest().codecs()) {
      if (codec.cut() == 0) {
        continue;
      }
      try {
        codecs.put(codec, codec(model, codec));
      } catch (UnknownCodecException e) {
        LOG.warn("{}: {}", model.manifest().name(), e.getMessage());
      } catch (IllegalArgumentException e) {
        throw new IOException(
            "codec %s at cut %d of bundle %s: %s; prepare the bundle again"
                .formatted(codec.name(), codec.cut(), model.manifest().name(), e.getMessage()),
            e);
      }
    }
    return codecs;
  }

  private static ActivationCodec codec(ProgressiveModel model, CodecInfo codec) {
    if (!ActivationCodec.needsTables(codec.wire()) || !codec.hasTables()) {
      return ActivationCodec.of(codec.wire());
    }
    int[] shape = model.encodedShapes(codec.cut(), codec.name()).get(0);
    return ActivationCodec.of(
        codec.wire(), CodecTables.read(model.bundle().file(codec.tables()), shape));
  }

  /** Returns the digest that names the model on the wire. */
  public String digest() {
    return model.bundle().digest();
  }

  /** Returns the model's name, for people. */
  public String name() {
    return model.manifest().name();
  }

  /** Compiles stages behind every cut and codec, so that no request waits for it. */
  public void warmUp() {
    for (int cut = 0; cut < model.lastCut(); cut++) {
      chains.prepare(cut, Optional.empty());
    }
    for (CodecInfo codec : model.manifest().codecs()) {
      if (codec.hasTransform()) {
        chains.prepare(codec.cut(), Optional.of(codec.name()));
      }
    }
  }

  /**
   * What finishing one request gave.
   *
   * @param profiledNanos what the profile says this computation took, a picture's preprocessing
   *     included, with whatever heads the chain that served it brought along
   * @param plannedNanos what the profile says it takes with the request's own exits alone, without
   *     preprocessing
   */
  public record Finished(
      int exit, List<ClassScore> top, double confidence, long profiledNanos, long plannedNanos) {}

  /**
   * Hears what became of a request: exactly one of {@link #finished} and {@link #refused}, on the
   * thread that computes.
   */
  public interface Outcome {
    /** An exit was not sure enough; told where the request asks for it, before the outcome. */
    default void passed(int exit, List<ClassScore> top, double confidence) {}

    /** It was finished; called as soon as it is, while others of its batch may go on. */
    void finished(Finished finished);

    /** It does not fit this model. */
    void refused(ProtocolException why);
  }

  /**
   * What requests must have in common to be finished as one batch.
   *
   * @param model the model
   * @param cut the cut they were left at
   * @param codec how they are written
   * @param exits the exits that may stop them
   */
  record Kind(ServedModel model, int cut, String codec, List<Integer> exits) {}

  /** A request and whoever waits for it. */
  record Asked(Infer request, Outcome outcome) {}

  /**
   * Checks what a request says before its payloads come.
   *
   * @throws ProtocolException if the model has no such cut or codec
   */
  void check(int cut, String codec) throws ProtocolException {
    checkCut(cut);
    if (cut == 0) {
      pictureCodec(codec);
    } else {
      wire(cut, codec);
    }
  }

  /** Returns what a request must share with others to be finished together with them. */
  Kind kind(Infer request) {
    return new Kind(
        this, request.cut(), request.codec(), RequestRules.activeExits(request.exits()));
  }

  /**
   * Decodes a request's tensors and runs the rest of the network, up to the exit that is sure.
   *
   * @throws ProtocolException if the request does not fit this model
   */
  public Finished finish(Infer request) throws ProtocolException {
    class Single implements Outcome {
      private @Nullable Finished finished;
      private @Nullable ProtocolException refusal;

      @Override
      public void finished(Finished answer) {
        finished = answer;
      }

      @Override
      public void refused(ProtocolException why) {
        refusal = why;
      }
    }

    Single single = new Single();
    finish(List.of(new Asked(request, single)));
    if (single.refusal != null) {
      throw single.refusal;
    }
    return Objects.requireNonNull(single.finished);
  }

  /**
   * Finishes requests of one {@link Kind} together; each leaves at the exit that is sure of it. One
   * that does not fit is refused alone.
   */
  void finish(List<Asked> together) {
    List<Asked> fitting = new ArrayList<>();
    List<ExitPolicies.Judge> judges = new ArrayList<>();
    List<Decoded> decoded = new ArrayList<>();
    for (Asked asked : together) {
      try {
        Infer request = asked.request();
        checkCut(request.cut());
        ExitPolicies.Judge judge = rules.judge(request.exits(), request.cut());
        decoded.add(
            request.cut() == 0
                ? picture(request)
                : tensors(request, wire(request.cut(), request.codec())));
        judges.add(judge);
        fitting.add(asked);
      } catch (ProtocolException misfit) {
        asked.outcome().refused(misfit);
      }
    }
    if (!fitting.isEmpty()) {
      run(fitting, judges, decoded);
    }
  }

  private void checkCut(int cut) throws ProtocolException {
    if (cut >= model.lastCut()) {
      throw refused(
          ErrorCode.BAD_CUT,
          "cut %d is not in [0, %d) of %s".formatted(cut, model.lastCut(), name()));
    }
  }

  private void run(List<Asked> asked, List<ExitPolicies.Judge> judges, List<Decoded> decoded) {
    Infer first = asked.get(0).request();
    int cut = first.cut();
    Optional<String> decoder =
        model
            .manifest()
            .codec(cut, first.codec())
            .filter(CodecInfo::hasTransform)
            .map(CodecInfo::name);
    long decodeNanos =
        profile.codec(cut, first.codec()).map(Profile.CodecCost::decodeNanos).orElse(0L);
    long preprocessNanos = cut == 0 ? profile.preprocessNanos() : 0;
    List<Integer> exits = RequestRules.activeExits(first.exits());
    try (Activation input = batch(cut, first.codec(), decoded);
        ChainShelf.Lease lease = chains.borrow(cut, decoder, withoutFinal(exits))) {
      StageChain chain = lease.chain();
      BatchRunner.Gate gate =
          (sample, exit, logits) -> {
            Outcome outcome = asked.get(sample).outcome();
            if (!isFinite(logits)) {
              outcome.refused(
                  refused(
                      ErrorCode.MALFORMED,
                      "the payload's values are beyond what %s can compute with"
                          .formatted(name())));
              return true;
            }
            ExitScores scores = model.scores(exit, logits);
            if (!judges.get(sample).stops(exit, scores)) {
              if (asked.get(sample).request().partials()) {
                outcome.passed(exit, top(scores), scores.confidence());
              }
              return false;
            }
            outcome.finished(
                new Finished(
                    exit,
                    top(scores),
                    scores.confidence(),
                    decodeNanos + preprocessNanos + profiledNanos(chain, exit, Optional.empty()),
                    decodeNanos + profiledNanos(chain, exit, Optional.of(exits))));
            return true;
          };
      try (BatchRunner.Remainder rest = BatchRunner.run(chain, input, gate)) {
        if (rest.samples().length > 0) {
          throw new IllegalStateException("the final exit always answers");
        }
      }
    }
  }

  private List<Integer> withoutFinal(List<Integer> exits) {
    int last = model.manifest().finalExit().index();
    return exits.stream().filter(exit -> exit != last).toList();
  }

  /**
   * Returns what the profile says that a chain takes up to an exit.
   *
   * @param wanted the exits that count besides, all where there are none
   */
  private long profiledNanos(StageChain chain, int exit, Optional<List<Integer>> wanted) {
    long nanos = 0;
    for (Stage stage : chain.stages()) {
      for (int cut = stage.fromCut() + 1; cut <= stage.toCut(); cut++) {
        nanos += profile.segmentNanos(cut);
      }
      if (stage.exit().isPresent()) {
        int passed = stage.exit().getAsInt();
        if (passed == exit || wanted.isEmpty() || wanted.get().contains(passed)) {
          nanos += profile.headNanos(passed);
        }
        if (passed == exit) {
          break;
        }
      }
    }
    return nanos;
  }

  private static boolean isFinite(float[] logits) {
    for (float logit : logits) {
      if (!Float.isFinite(logit)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns how a request's tensors are written: as the bundle says, or by a codec that every cut
   * has.
   */
  private ActivationCodec wire(int cut, String codec) throws ProtocolException {
    return model
        .manifest()
        .codec(cut, codec)
        .map(codecs::get)
        .or(() -> Optional.ofNullable(BUILT_IN.get(codec)))
        .orElseThrow(() -> unknownCodec(cut, codec));
  }

  private PictureCodec pictureCodec(String codec) throws ProtocolException {
    try {
      return PictureCodec.of(codec);
    } catch (UnknownCodecException e) {
      throw unknownCodec(0, codec);
    }
  }

  private ProtocolException unknownCodec(int cut, String codec) {
    return refused(
        ErrorCode.UNKNOWN_CODEC, "%s has no codec %s at cut %d".formatted(name(), codec, cut));
  }

  /**
   * A request's values.
   *
   * @param tensors direct, little-endian, one per tensor
   */
  private record Decoded(List<ByteBuffer> tensors) {}

  private Decoded picture(Infer request) throws ProtocolException {
    if (request.payloads().size() != 1) {
      throw refused(ErrorCode.MALFORMED, "a picture is one payload");
    }
    PictureCodec.Picture picture =
        pictureCodec(request.codec()).decode(request.payloads().get(0), MAX_PICTURE_PIXELS);
    ByteBuffer values = allocate(model.manifest().cuts().get(0).shapes().get(0), Float.BYTES);
    try {
      model
          .manifest()
          .preprocessing()
          .apply(picture.rgb(), picture.width(), picture.height(), values.asFloatBuffer());
    } catch (IllegalArgumentException wrongSize) {
      throw refused(ErrorCode.MALFORMED, String.valueOf(wrongSize.getMessage()));
    }
    return new Decoded(List.of(values));
  }

  private Decoded tensors(Infer request, ActivationCodec wire) throws ProtocolException {
    int cut = request.cut();
    List<int[]> shapes = model.encodedShapes(cut, request.codec());
    List<TensorType> types = model.encodedTypes(cut, request.codec());
    List<ByteBuffer> payloads = request.payloads();
    if (payloads.size() != shapes.size()) {
      throw refused(
          ErrorCode.MALFORMED,
          "cut %d has %d tensors, not %d".formatted(cut, shapes.size(), payloads.size()));
    }
    List<ByteBuffer> values = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      ByteBuffer buffer = allocate(shapes.get(i), types.get(i).bytes());
      if (types.get(i) == TensorType.FLOAT32) {
        wire.decode(payloads.get(i), shapes.get(i), buffer.asFloatBuffer());
      } else {
        asItIs(payloads.get(i), types.get(i), i, buffer);
      }
      values.add(buffer);
    }
    return new Decoded(values);
  }

  /** Takes a tensor that no codec touches. */
  static void asItIs(ByteBuffer payload, TensorType type, int tensor, ByteBuffer values)
      throws ProtocolException {
    if (payload.remaining() != values.remaining()) {
      throw refused(
          ErrorCode.MALFORMED,
          "tensor %d (%s) has %d bytes, not %d"
              .formatted(tensor, type, values.remaining(), payload.remaining()));
    }
    if (type == TensorType.BOOL) {
      for (int i = payload.position(); i < payload.limit(); i++) {
        if ((payload.get(i) & ~1) != 0) {
          throw refused(
              ErrorCode.MALFORMED,
              "tensor %d (%s) has a value that is neither 0 nor 1".formatted(tensor, type));
        }
      }
    }
    values.duplicate().put(payload);
  }

  private static ByteBuffer allocate(int[] shape, int elementBytes) {
    int elements = IntStream.of(shape).reduce(1, Math::multiplyExact);
    return ByteBuffer.allocateDirect(Math.multiplyExact(elements, elementBytes))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private Activation batch(int cut, String codec, List<Decoded> samples) {
    List<ByteBuffer> whole = samples.get(0).tensors();
    if (samples.size() > 1) {
      List<ByteBuffer> stacked = new ArrayList<>();
      for (int i = 0; i < whole.size(); i++) {
        int bytes = Math.multiplyExact(whole.get(i).remaining(), samples.size());
        ByteBuffer all = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (Decoded sample : samples) {
          all.put(sample.tensors().get(i));
        }
        stacked.add(all.flip());
      }
      whole = stacked;
    }
    return cut == 0
        ? model.activationOfBytes(0, whole)
        : model.encodedActivationOfBytes(cut, codec, whole);
  }

  private static ProtocolException refused(ErrorCode code, String message) {
    return new ProtocolException(code, ProtocolException.Scope.REQUEST, message);
  }

  private static List<ClassScore> top(ExitScores scores) {
    float[] probabilities = scores.probabilities();
    return IntStream.range(0, probabilities.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer label) -> -probabilities[label]))
        .limit(TOP_CLASSES)
        .map(label -> new ClassScore(label, probabilities[label]))
        .toList();
  }

  @Override
  public void close() {
    compilations.shutdownNow();
    chains.close();
    model.close();
  }
}
