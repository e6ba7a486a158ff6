package dev.sluice.protocol.channel;

import dev.sluice.protocol.message.LoadReport;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The welcomed connections of one server and what they share. Thread-safe. */
final class Connections {
  private final PayloadArrays arrays = new PayloadArrays();
  private final Set<ServerConnection> open = ConcurrentHashMap.newKeySet();
  private final Ungreeted ungreeted = new Ungreeted();
  private final AtomicLong bytes = new AtomicLong();
  private final long maxBytes;
  private final CountDownLatch emptied = new CountDownLatch(1);
  private volatile boolean draining;

  /**
   * @param maxBytes payload bytes that all requests together may hold
   */
  Connections(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Returns the places of those that have not been welcomed. */
  Ungreeted ungreeted() {
    return ungreeted;
  }

  void add(ServerConnection connection) {
    open.add(connection);
  }

  void remove(ServerConnection connection) {
    open.remove(connection);
    if (draining && open.isEmpty()) {
      emptied.countDown();
    }
  }

  PayloadArrays arrays() {
    return arrays;
  }

  int size() {
    return open.size();
  }

  /** Takes room for a request's payloads. Returns whether there was some. */
  boolean reserve(int payloadBytes) {
    if (bytes.addAndGet(payloadBytes) <= maxBytes) {
      return true;
    }
    bytes.addAndGet(-payloadBytes);
    return false;
  }

  void free(int payloadBytes) {
    bytes.addAndGet(-payloadBytes);
  }

  /** Returns the payload bytes that requests hold now. */
  long bytes() {
    return bytes.get();
  }

  boolean isDraining() {
    return draining;
  }

  /** Lets every connection finish what it has, and says whether all did in time. */
  boolean drain(String reason, long nanos) throws InterruptedException {
    draining = true;
    open.forEach(connection -> connection.drain(reason, nanos));
    if (open.isEmpty()) {
      emptied.countDown();
    }
    return emptied.await(nanos, TimeUnit.NANOSECONDS);
  }

  void leaveAll(String reason) {
    open.forEach(connection -> connection.sayGoodbye(reason));
  }

  void tellLoad(LoadReport load) {
    open.forEach(connection -> connection.tellLoad(load));
  }
}
