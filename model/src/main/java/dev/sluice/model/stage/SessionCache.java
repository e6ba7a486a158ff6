package dev.sluice.model.stage;

import dev.sluice.model.engine.OnnxEngine;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * Sessions by what they compute. One in use is never closed; of those at rest the most recently
 * used stay, up to a number and as long as all sessions together do not exceed a number of bytes.
 * Thread-safe. A session is made once, by the thread that asks first, while others that want the
 * same wait; nobody else waits.
 */
final class SessionCache {
  private final int maxIdle;
  private final long maxBytes;
  private final Map<SessionKey, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

  /** A session, perhaps still being made, and how many chains use it (guarded by the cache). */
  private static final class Entry {
    final CompletableFuture<OnnxEngine.Session> session = new CompletableFuture<>();
    int users;

    /** Returns the session's bytes, 0 while it is being made. */
    long bytes() {
      return session.isDone() && !session.isCompletedExceptionally()
          ? session.join().ownBytes()
          : 0;
    }
  }

  /** A session on loan, to be given back once. */
  final class Lease {
    private final Entry entry;
    private final OnnxEngine.Session session;

    private Lease(Entry entry, OnnxEngine.Session session) {
      this.entry = entry;
      this.session = session;
    }

    OnnxEngine.Session session() {
      return session;
    }

    void giveBack() {
      returned(entry);
    }
  }

  /**
   * Makes an empty cache.
   *
   * @param maxIdle sessions kept though nobody uses them, at least 0
   * @param maxBytes native memory of all sessions above which those at rest are closed; those in
   *     use may exceed it
   */
  SessionCache(int maxIdle, long maxBytes) {
    if (maxIdle < 0 || maxBytes < 0) {
      throw new IllegalArgumentException("negative bound: " + maxIdle + ", " + maxBytes);
    }
    this.maxIdle = maxIdle;
    this.maxBytes = maxBytes;
  }

  Lease borrow(SessionKey key, Supplier<OnnxEngine.Session> maker) {
    Entry entry;
    boolean first;
    synchronized (this) {
      first = !entries.containsKey(key);
      entry = entries.computeIfAbsent(key, absent -> new Entry());
      entry.users++;
    }
    if (first) {
      make(key, entry, maker);
    }
    try {
      return new Lease(entry, entry.session.join());
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private void make(SessionKey key, Entry entry, Supplier<OnnxEngine.Session> maker) {
    try {
      entry.session.complete(maker.get());
    } catch (RuntimeException | Error e) {
      synchronized (this) {
        entries.remove(key);
      }
      entry.session.completeExceptionally(e);
    }
  }

  private void returned(Entry entry) {
    List<OnnxEngine.Session> evicted;
    synchronized (this) {
      entry.users--;
      evicted = evict();
    }
    // Closing waits for nobody but takes a moment; the lock is for looking things up.
    evicted.forEach(OnnxEngine.Session::close);
  }

  private List<OnnxEngine.Session> evict() {
    List<OnnxEngine.Session> evicted = new ArrayList<>();
    long idle = entries.values().stream().filter(e -> e.users == 0).count();
    long held = bytes();
    Iterator<Entry> eldestFirst = entries.values().iterator();
    while ((idle > maxIdle || (held > maxBytes && idle > 0)) && eldestFirst.hasNext()) {
      Entry candidate = eldestFirst.next();
      if (candidate.users == 0) {
        eldestFirst.remove();
        evicted.add(candidate.session.join());
        idle--;
        held -= candidate.bytes();
      }
    }
    return evicted;
  }

  /** Returns how many sessions are held, in use or at rest. */
  synchronized int size() {
    return entries.size();
  }

  /** Returns the native memory of all sessions held, constants that are shared left out. */
  synchronized long bytes() {
    return entries.values().stream().mapToLong(Entry::bytes).sum();
  }
}
