package dev.sluice.model.stage;

import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.engine.RefCount;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A stage that is one session. */
final class CompiledStage implements Stage {
  /** What a stage is to compute. */
  record Plan(
      int fromCut, int toCut, OptionalInt exit, Optional<CodecInfo> decoder, String precision) {
    SessionKey key() {
      return new SessionKey(
          SessionKey.Kind.STAGE,
          fromCut,
          toCut,
          exit.orElse(-1),
          decoder.map(CodecInfo::name).orElse(""),
          precision);
    }
  }

  private final StageCompiler compiler;
  private final Plan plan;
  private final OnnxEngine.Session session;
  private final RefCount chain;
  private final List<int[]> wanted;
  private final boolean headFused;

  CompiledStage(StageCompiler compiler, Plan plan, OnnxEngine.Session session, RefCount chain) {
    this.compiler = compiler;
    this.plan = plan;
    this.session = session;
    this.chain = chain;
    this.wanted =
        plan.decoder()
            .map(codec -> compiler.encodedShapes(plan.fromCut(), codec.name()))
            .orElseGet(() -> compiler.manifest().cuts().get(plan.fromCut()).shapes());
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
      Optional<float[]> logits = Optional.empty();
      if (headFused) {
        logits = Optional.of(out.removeLast());
      } else if (plan.exit().isPresent()) {
        logits = Optional.of(StageCompiler.values(out.floats(0)));
      }
      compiler.ran(plan, start);
      return new StageResult(new NativeActivation(out), logits);
    } finally {
      chain.release();
    }
  }

  @Override
  public String toString() {
    return "stage from cut " + plan.fromCut() + " to " + plan.toCut();
  }
}
