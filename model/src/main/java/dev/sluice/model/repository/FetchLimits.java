package dev.sluice.model.repository;

import java.time.Duration;

/**
 * What fetching a bundle may take before it is given up.
 *
 * @param fileBytes most bytes of one file
 * @param totalBytes most bytes of all files of a bundle together
 * @param files most files of a bundle
 * @param parallel files fetched at the same time, in {@code [1, 16]}
 * @param redirects most redirects that are followed for one file
 * @param connect longest wait for a connection
 * @param stall longest wait for an answer to begin, and for a further kibibyte of it
 * @param attempts most tries in a row that bring no further byte
 * @param backoff wait before the second try; it doubles from try to try
 * @param longestWait bound of the doubling, and of what a server may ask for in Retry-After
 * @param lockWait longest wait for another process that fetches the same bundle
 */
public record FetchLimits(
    long fileBytes,
    long totalBytes,
    int files,
    int parallel,
    int redirects,
    Duration connect,
    Duration stall,
    int attempts,
    Duration backoff,
    Duration longestWait,
    Duration lockWait) {
  public FetchLimits {
    if (fileBytes < 1 || totalBytes < 1 || files < 1 || redirects < 0 || attempts < 1) {
      throw new IllegalArgumentException("limits must be positive");
    }
    if (parallel < 1 || parallel > 16) {
      throw new IllegalArgumentException("parallel is not in [1, 16]: " + parallel);
    }
    for (Duration wait : new Duration[] {connect, stall, backoff, longestWait, lockWait}) {
      if (wait.isNegative() || wait.isZero()) {
        throw new IllegalArgumentException("a wait must be positive: " + wait);
      }
    }
  }

  /** Returns the usual limits: 1 GiB in 4096 files, 30 s without progress, 5 tries. */
  public static FetchLimits usual() {
    return new FetchLimits(
        1L << 30,
        1L << 30,
        4096,
        4,
        5,
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        5,
        Duration.ofMillis(500),
        Duration.ofSeconds(60),
        Duration.ofMinutes(10));
  }
}
