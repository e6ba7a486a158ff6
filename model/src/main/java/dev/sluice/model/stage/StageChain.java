package dev.sluice.model.stage;

import java.util.List;
import java.util.Optional;

/**
 * Compiled stages in order. A boundary stands only where an active exit sits, and at the end.
 * Thread-safe. Closing hands the sessions back to the model's cache; a run under way finishes
 * first. Closing again is harmless.
 */
public interface StageChain extends AutoCloseable {
  /** Returns what was compiled. */
  StageRequest request();

  /** Returns the stages in order; empty if the request ends where it begins. */
  List<Stage> stages();

  /** Returns the codec's transform at the last cut, if the codec asked for has one. */
  Optional<Encoder> encoder();

  @Override
  void close();
}
