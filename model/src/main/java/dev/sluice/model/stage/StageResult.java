package dev.sluice.model.stage;

import java.util.Optional;

/**
 * What a stage yields: the live tensors at its end, with an exit there that exit's logits, and with
 * an encoder fused into it what is to be written on the wire. Closing the result closes its
 * activations; closing each of them does the same.
 */
public final class StageResult implements AutoCloseable {
  private final Activation live;
  private final Optional<Activation> encoded;
  private final Optional<float[]> logits;

  StageResult(Activation live, Optional<Activation> encoded, Optional<float[]> logits) {
    this.live = live;
    this.encoded = encoded;
    this.logits = logits;
  }

  /** Returns the tensors at the stage's end; the network's output after the last cut. */
  public Activation live() {
    return live;
  }

  /** Returns what the fused encoder made of the live tensors, where the stage has one. */
  public Optional<Activation> encoded() {
    return encoded;
  }

  /** Returns the exit's logits, {@code [batch * classes]}, row-major; the caller's own copy. */
  public Optional<float[]> logits() {
    return logits.map(float[]::clone);
  }

  @Override
  public void close() {
    live.close();
    encoded.ifPresent(Activation::close);
  }
}
