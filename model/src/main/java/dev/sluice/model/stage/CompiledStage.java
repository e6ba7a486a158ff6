package dev.sluice.model.stage;

import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.engine.RefCount;
import java.util.Optional;
import java.util.OptionalInt;

/** A stage that is one session. */
final class CompiledStage implements Stage {
  /**
   * What a stage is to compute.
   *
   * @param decoder codec whose decoder begins it
   * @param encoder codec whose encoder is fused into its end
   * @param precision of backbone and head
   * @param ends how it is cut at its ends
   */
  record Plan(
      int fromCut,
      int toCut,
      OptionalInt exit,
      Optional<CodecInfo> decoder,
      Optional<CodecInfo> encoder,
      String precision,
      SessionKey.Ends ends) {
    /** A stage with plain tensors at both ends. */
    Plan(
        int fromCut,
        int toCut,
        OptionalInt exit,
        Optional<CodecInfo> decoder,
        Optional<CodecInfo> encoder,
        String precision) {
      this(fromCut, toCut, exit, decoder, encoder, precision, SessionKey.Ends.PLAIN);
    }

    SessionKey key() {
      return new SessionKey(
          SessionKey.Kind.STAGE,
          fromCut,
          toCut,
          exit.orElse(-1),
          decoder.map(CodecInfo::name).orElse(""),
          encoder.map(CodecInfo::name).orElse(""),
          precision,
          ends);
    }

    Plan encodedBy(CodecInfo codec) {
      return new Plan(fromCut, toCut, exit, decoder, Optional.of(codec), precision, ends);
    }

    Plan cutAt(SessionKey.Ends other) {
      return new Plan(fromCut, toCut, exit, decoder, encoder, precision, other);
    }
  }

  private final StageCompiler compiler;
  private final Plan plan;
  private final BatchSession session;
  private final RefCount chain;
  private final Signature wanted;
  private final int liveTensors;
  private final boolean headFused;

  CompiledStage(StageCompiler compiler, Plan plan, BatchSession session, RefCount chain) {
    this.compiler = compiler;
    this.plan = plan;
    this.session = session;
    this.chain = chain;
    this.wanted =
        plan.decoder()
            .map(codec -> compiler.encoded(plan.fromCut(), codec.name()))
            .orElseGet(() -> compiler.at(plan.fromCut()));
    this.liveTensors = compiler.at(plan.toCut()).size();
    this.headFused =
        plan.exit().isPresent()
            && !compiler.manifest().exits().get(plan.exit().getAsInt()).head().isEmpty();
  }

  @Override
  public int fromCut() {
    return plan.fromCut();
  }

  @Override
  public int toCut() {
    return plan.toCut();
  }

  @Override
  public OptionalInt exit() {
    return plan.exit();
  }

  @Override
  public StageResult run(Activation in) {
    chain.acquire();
    try {
      long start = compiler.now();
      OnnxEngine.Tensors out = session.run(StageCompiler.tensors(in, wanted));
      StageResult result = split(out);
      compiler.ran(plan, in.batch(), start);
      return result;
    } finally {
      chain.release();
    }
  }

  /** Takes apart what the session gave: live tensors, then encoded ones, then logits. */
  private StageResult split(OnnxEngine.Tensors out) {
    boolean done = false;
    try {
      Optional<float[]> logits = Optional.empty();
      if (headFused) {
        logits = Optional.of(out.removeLast());
      } else if (plan.exit().isPresent()) {
        logits = Optional.of(StageCompiler.values(out.floats(0)));
      }
      Optional<Activation> encoded = Optional.empty();
      if (plan.encoder().isPresent()) {
        encoded = Optional.of(new NativeActivation(out.splitOff(liveTensors)));
      }
      StageResult result = new StageResult(new NativeActivation(out), encoded, logits);
      done = true;
      return result;
    } finally {
      if (!done) {
        out.close();
      }
    }
  }

  @Override
  public String toString() {
    return "stage from cut " + plan.fromCut() + " to " + plan.toCut();
  }
}
