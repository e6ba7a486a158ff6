package dev.sluice.model.stage;

import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.engine.RefCount;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A chain whose sessions are on loan from the cache until it is closed and idle. */
final class CompiledChain implements StageChain {
  private final StageRequest request;
  private final List<Stage> stages;
  private final Optional<Encoder> encoder;
  private final RefCount open;

  CompiledChain(
      StageCompiler compiler,
      StageRequest request,
      List<CompiledStage.Plan> plans,
      Optional<CodecInfo> codec,
      List<SessionCache.Lease> leases) {
    this.request = request;
    this.open = new RefCount("the chain", () -> leases.forEach(SessionCache.Lease::giveBack));
    List<Stage> compiled = new ArrayList<>();
    for (int i = 0; i < plans.size(); i++) {
      CompiledStage.Plan plan = plans.get(i);
      BatchSession session = compiler.batching(plan.key(), leases.get(i).session());
      compiled.add(new CompiledStage(compiler, plan, session, open));
    }
    this.stages = List.copyOf(compiled);
    this.encoder =
        codec.map(
            info ->
                new SessionEncoder(
                    info.name(),
                    compiler.batching(
                        StageCompiler.encoderKey(info), leases.get(plans.size()).session()),
                    compiler.at(info.cut()),
                    open));
  }

  /** An encoder that is one session. */
  private record SessionEncoder(
      String codec, BatchSession session, Signature wanted, RefCount chain) implements Encoder {
    @Override
    public Activation encode(Activation live) {
      chain.acquire();
      try {
        return new NativeActivation(session.run(StageCompiler.tensors(live, wanted)));
      } finally {
        chain.release();
      }
    }
  }

  @Override
  public StageRequest request() {
    return request;
  }

  @Override
  public List<Stage> stages() {
    return stages;
  }

  @Override
  public Optional<Encoder> encoder() {
    return encoder;
  }

  @Override
  public void close() {
    open.close();
  }
}
