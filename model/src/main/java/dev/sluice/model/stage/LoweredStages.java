package dev.sluice.model.stage;

import dev.sluice.model.engine.LoweredNetwork;
import dev.sluice.model.engine.LoweringException;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.OnnxFormatException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A backbone with all its exit heads as the engine rewrote it, from which the stages of chains are
 * cut. Rewritten when first needed, off the request path. Thread-safe.
 *
 * <p>All cuts are outputs of what the engine rewrites, so operators are not fused across any of
 * them, whatever plan is in use: stages are the same for all plans, and shared. The network in one
 * stage without exits is not cut from it, so that it is exactly what the engine makes of it.
 */
final class LoweredStages implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LoweredStages.class);

  /** Builds the backbone with its heads. */
  interface Source {
    byte[] build() throws OnnxFormatException;
  }

  private final OnnxEngine engine;
  private final String what;
  private final Source source;
  private boolean tried;
  private boolean closed;
  private @Nullable LoweredNetwork network;

  LoweredStages(OnnxEngine engine, String what, Source source) {
    this.engine = engine;
    this.what = what;
    this.source = source;
  }

  /** Returns the network, or nothing where its stages must be made one by one. */
  synchronized Optional<LoweredNetwork> network() {
    if (!tried && !closed) {
      tried = true;
      try {
        network = engine.lower(source.build(), what);
      } catch (LoweringException | IllegalArgumentException | OnnxFormatException e) {
        // Also where a head is damaged: only stages with that exit need it, and they will say so.
        LOG.debug("the stages of {} are made one by one: {}", what, e.getMessage());
      }
    }
    return Optional.ofNullable(network);
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (network != null) {
      network.close();
      network = null;
    }
  }
}
