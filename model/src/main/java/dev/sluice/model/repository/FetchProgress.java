package dev.sluice.model.repository;

import dev.sluice.model.repository.RepositoryException.Reason;
import java.util.HashMap;
import java.util.Map;

/** Adds up what several files have so far, and bounds it. Thread-safe. */
final class FetchProgress {
  private final FetchListener listener;
  private final String address;
  private final long maxBytes;
  private final Map<String, Long> sizes = new HashMap<>();
  private final Map<String, Long> done = new HashMap<>();
  private long sum;
  private int files = 1;
  private boolean begun;

  FetchProgress(FetchListener listener, String address, long maxBytes) {
    this.listener = listener;
    this.address = address;
    this.maxBytes = maxBytes;
  }

  synchronized void begin(int count) {
    files = count;
    begun = true;
    listener.begins(address, files, all());
  }

  synchronized void size(String file, long bytes) {
    sizes.put(file, bytes);
  }

  /** Notes a file's bytes so far. */
  synchronized void done(String file, long bytes) throws RepositoryException {
    if (!begun) {
      begin(files);
    }
    Long before = done.put(file, bytes);
    sum += bytes - (before == null ? 0 : before);
    if (sum > maxBytes) {
      throw new RepositoryException(
          Reason.TOO_LARGE,
          address,
          "has more than the " + maxBytes + " bytes that a bundle may have",
          "check what the server has there");
    }
    listener.progresses(sum, all());
  }

  synchronized void end() {
    if (begun) {
      listener.ends(address, sum);
    }
  }

  private long all() {
    return sizes.size() < files ? -1 : sizes.values().stream().mapToLong(Long::longValue).sum();
  }
}
