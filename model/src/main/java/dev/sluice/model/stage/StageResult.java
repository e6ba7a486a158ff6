package dev.sluice.model.stage;

import java.util.Optional;

/**
 * What a stage yields: the live tensors at its end and, with an exit there, that exit's logits.
 * Closing the result and closing {@link #live()} free the same tensors; either is enough.
 */
public final class StageResult implements AutoCloseable {
  private final Activation live;
  private final Optional<float[]> logits;

  StageResult(Activation live, Optional<float[]> logits) {
    this.live = live;
    this.logits = logits;
  }

  /** Returns the tensors at the stage's end; the network's output after the last cut. */
  public Activation live() {
    return live;
  }

  /** Returns the exit's logits, {@code [batch * classes]}, row-major; the caller's own copy. */
  public Optional<float[]> logits() {
    return logits.map(float[]::clone);
  }

  @Override
  public void close() {
    live.close();
  }
}
