package dev.sluice.protocol.pool;

import java.util.List;

/** What looking a name up gave. */
sealed interface Resolution {
  /**
   * The name has addresses.
   *
   * @param hosts addresses as text, without repetition
   */
  record Found(List<String> hosts) implements Resolution {}

  /** The name has no address, or nobody could tell. */
  record Failed() implements Resolution {}
}
