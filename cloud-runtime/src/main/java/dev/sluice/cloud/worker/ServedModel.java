package dev.sluice.cloud.worker;

import dev.sluice.model.BundlePolicies;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.Stage;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.model.stage.StageResult;
import dev.sluice.protocol.codec.ActivationCodec;
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
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * One model of a worker: finishes requests from any of its cuts. Thread-safe; owns the model.
 *
 * <p>The stages past a cut are always bounded by all exits there, whichever of them a request
 * activates. So one compiled chain per cut and transform serves every plan and stays open, as many
 * as the bundle has; what this costs is an exit head (a few per mille of the network) and a few
 * tens of microseconds per boundary.
 */
public final class ServedModel implements AutoCloseable {
  private static final String PROFILE = "profile.json";
  private static final int TOP_CLASSES = 5;
  private static final int MAX_PICTURE_PIXELS = 4096 * 4096;

  /** What the codecs mean that every interior cut has, listed by the bundle or not. */
  private static final Map<String, String> BUILT_IN_WIRES =
      Map.of("f32", "f32", "q8", "q8+bitshuffle+lz4");

  private final ProgressiveModel model;
  private final Profile profile;
  private final RequestRules rules;
  private final Map<ChainKey, StageChain> chains = new ConcurrentHashMap<>();

  /** Where a chain begins, and whose decoder precedes it. */
  private record ChainKey(int cut, Optional<String> decoder) {}

  private ServedModel(ProgressiveModel model, Profile profile, RequestRules rules) {
    this.model = model;
    this.profile = profile;
    this.rules = rules;
  }

  static ServedModel open(Bundle bundle, EngineOptions options) throws IOException {
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
    return new ServedModel(ProgressiveModel.open(bundle, options), profile, rules);
  }

  /** Returns the digest that names the model on the wire. */
  public String digest() {
    return model.bundle().digest();
  }

  /** Returns the model's name, for people. */
  public String name() {
    return model.manifest().name();
  }

  /** Compiles the stages behind every cut and codec, so that no request waits for it. */
  public void warmUp() {
    for (int cut = 0; cut < model.lastCut(); cut++) {
      chain(cut, Optional.empty());
    }
    for (CodecInfo codec : model.manifest().codecs()) {
      if (codec.hasTransform()) {
        chain(codec.cut(), Optional.of(codec.name()));
      }
    }
  }

  /**
   * What finishing one request gave.
   *
   * @param profiledNanos what the profile says this computation takes
   */
  public record Finished(int exit, List<ClassScore> top, double confidence, long profiledNanos) {}

  /**
   * Decodes a request's tensors and runs the rest of the network, up to the exit that is sure.
   *
   * @throws ProtocolException if the request does not fit this model
   */
  public Finished finish(Infer request) throws ProtocolException {
    int cut = request.cut();
    if (cut >= model.lastCut()) {
      throw refused(
          ErrorCode.BAD_CUT,
          "cut %d is not in [0, %d) of %s".formatted(cut, model.lastCut(), name()));
    }
    ExitPolicies.Judge judge = rules.judge(request.exits(), cut);
    Optional<CodecInfo> codec = model.manifest().codec(cut, request.codec());
    long profiledNanos =
        profile.codec(cut, request.codec()).map(Profile.CodecCost::decodeNanos).orElse(0L);
    try (Activation input = cut == 0 ? picture(request) : tensors(request, wire(request))) {
      StageChain chain = chain(cut, codec.filter(CodecInfo::hasTransform).map(CodecInfo::name));
      return run(chain, input, judge, profiledNanos);
    }
  }

  private Finished run(
      StageChain chain, Activation input, ExitPolicies.Judge judge, long decodeNanos)
      throws ProtocolException {
    long profiledNanos = decodeNanos;
    Activation live = input;
    List<StageResult> open = new ArrayList<>();
    try {
      for (Stage stage : chain.stages()) {
        StageResult result = stage.run(live);
        open.add(result);
        live = result.live();
        for (int cut = stage.fromCut() + 1; cut <= stage.toCut(); cut++) {
          profiledNanos += profile.segmentNanos(cut);
        }
        if (stage.exit().isEmpty()) {
          continue;
        }
        int exit = stage.exit().getAsInt();
        profiledNanos += profile.headNanos(exit);
        float[] logits = result.logits().orElseThrow();
        checkFinite(logits);
        ExitScores scores = model.scores(exit, logits);
        if (judge.stops(exit, scores)) {
          return new Finished(exit, top(scores), scores.confidence(), profiledNanos);
        }
      }
    } finally {
      open.forEach(StageResult::close);
    }
    throw new IllegalStateException("the final exit always answers");
  }

  private void checkFinite(float[] logits) throws ProtocolException {
    for (float logit : logits) {
      if (!Float.isFinite(logit)) {
        throw refused(
            ErrorCode.MALFORMED,
            "the payload's values are beyond what %s can compute with".formatted(name()));
      }
    }
  }

  /**
   * Returns how a request's tensors are written: as the bundle says, or by a codec that every cut
   * has.
   */
  private ActivationCodec wire(Infer request) throws ProtocolException {
    String wire =
        model
            .manifest()
            .codec(request.cut(), request.codec())
            .map(CodecInfo::wire)
            .or(() -> Optional.ofNullable(BUILT_IN_WIRES.get(request.codec())))
            .orElseThrow(() -> unknownCodec(request.cut(), request.codec()));
    try {
      return ActivationCodec.of(wire);
    } catch (UnknownCodecException e) {
      throw unknownCodec(request.cut(), request.codec());
    }
  }

  private ProtocolException unknownCodec(int cut, String codec) {
    return refused(
        ErrorCode.UNKNOWN_CODEC, "%s has no codec %s at cut %d".formatted(name(), codec, cut));
  }

  private Activation picture(Infer request) throws ProtocolException {
    if (request.payloads().size() != 1) {
      throw refused(ErrorCode.MALFORMED, "a picture is one payload");
    }
    PictureCodec codec;
    try {
      codec = PictureCodec.of(request.codec());
    } catch (UnknownCodecException e) {
      throw unknownCodec(0, request.codec());
    }
    PictureCodec.Picture picture = codec.decode(request.payloads().get(0), MAX_PICTURE_PIXELS);
    try {
      return model.input(picture.rgb(), picture.width(), picture.height());
    } catch (IllegalArgumentException wrongSize) {
      throw refused(ErrorCode.MALFORMED, String.valueOf(wrongSize.getMessage()));
    }
  }

  private Activation tensors(Infer request, ActivationCodec wire) throws ProtocolException {
    int cut = request.cut();
    List<int[]> shapes = model.encodedShapes(cut, request.codec());
    List<ByteBuffer> payloads = request.payloads();
    if (payloads.size() != shapes.size()) {
      throw refused(
          ErrorCode.MALFORMED,
          "cut %d has %d tensors, not %d".formatted(cut, shapes.size(), payloads.size()));
    }
    List<FloatBuffer> values = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      int elements = IntStream.of(shapes.get(i)).reduce(1, Math::multiplyExact);
      FloatBuffer buffer =
          ByteBuffer.allocateDirect(Math.multiplyExact(elements, Float.BYTES))
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer();
      wire.decode(payloads.get(i), shapes.get(i), buffer);
      buffer.rewind();
      values.add(buffer);
    }
    return model.encodedActivation(cut, request.codec(), values);
  }

  private static ProtocolException refused(ErrorCode code, String message) {
    return new ProtocolException(code, ProtocolException.Scope.REQUEST, message);
  }

  private StageChain chain(int cut, Optional<String> decoder) {
    return chains.computeIfAbsent(new ChainKey(cut, decoder), this::compile);
  }

  private StageChain compile(ChainKey key) {
    List<Integer> exits =
        model.manifest().exits().stream()
            .filter(exit -> exit.cut() > key.cut())
            .map(ExitInfo::index)
            .toList();
    return model.compile(
        new StageRequest(key.cut(), model.lastCut(), exits, key.decoder(), Optional.empty()));
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
    chains.values().forEach(StageChain::close);
    model.close();
  }
}
