package dev.sluice.model.stage;

import dev.sluice.model.engine.OnnxEngine;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * Sessions by what they compute. One in use is never closed; of those at rest the most recently
 * used stay, up to a bound. Thread-safe. A session is made once, by the thread that asks first,
 * while others that want the same wait; nobody else waits.
 */
final class SessionCache {
  private final int maxIdle;
  private final Map<SessionKey, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

  /** A session, perhaps still being made, and how many chains use it (guarded by the cache). */
  private static final class Entry {
    final CompletableFuture<OnnxEngine.Session> session = new CompletableFuture<>();
    int users;
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

  SessionCache(int maxIdle) {
    this.maxIdle = maxIdle;
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

  private synchronized void returned(Entry entry) {
    entry.users--;
    long idle = entries.values().stream().filter(e -> e.users == 0).count();
    Iterator<Entry> eldestFirst = entries.values().iterator();
    while (idle > maxIdle && eldestFirst.hasNext()) {
      Entry candidate = eldestFirst.next();
      if (candidate.users == 0) {
        eldestFirst.remove();
        candidate.session.join().close();
        idle--;
      }
    }
  }

  /** Returns how many sessions are held, in use or at rest. */
  synchronized int size() {
    return entries.size();
  }
}
