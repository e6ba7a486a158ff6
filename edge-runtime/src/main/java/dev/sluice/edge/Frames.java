package dev.sluice.edge;

import dev.sluice.edge.Request.Mode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The frames without answer, in the order in which they came. Mutable, confined to the loop. */
final class Frames {
  private final Map<Long, Request> live = new LinkedHashMap<>();
  private Optional<Long> lastNanos = Optional.empty();

  void add(Request r, long now) {
    live.put(r.id(), r);
    lastNanos = Optional.of(now);
  }

  void remove(Request r) {
    live.remove(r.id());
  }

  boolean has(long id) {
    return live.containsKey(id);
  }

  int size() {
    return live.size();
  }

  boolean none() {
    return live.isEmpty();
  }

  /** Returns those of the moment, which may be answered meanwhile. */
  List<Request> all() {
    return List.copyOf(live.values());
  }

  /** When the last one came, answered or not; empty before the first. */
  Optional<Long> lastNanos() {
    return lastNanos;
  }

  /** Whether one waits for the cloud. */
  boolean anyAtCloud() {
    return live.values().stream().anyMatch(r -> r.cloudPending);
  }

  /** Whether one waits for the cloud past its deadline. */
  boolean overdue() {
    return live.values().stream().anyMatch(r -> r.cloudPending && r.late);
  }

  /** The oldest that waits for the device, if more than so many do. */
  Optional<Request> oldestWaitingOf(int most) {
    List<Request> waiting = live.values().stream().filter(r -> r.mode == Mode.WAITING).toList();
    return waiting.size() > most ? Optional.of(waiting.get(0)) : Optional.empty();
  }

  /** The oldest of all, if there are more than so many. */
  Optional<Request> oldestOf(int most) {
    return live.size() > most ? live.values().stream().findFirst() : Optional.empty();
  }

  /** Bytes of older frames that were sent and are not answered. */
  long bytesAhead(Request r) {
    long bytes = 0;
    for (Request other : live.values()) {
      if (other == r) {
        break;
      }
      bytes += other.cloudPending ? other.bytesSent : 0;
    }
    return bytes;
  }
}
