package dev.sluice.model.stage;

import dev.sluice.model.engine.OnnxEngine;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Sessions by what they compute. One in use is never closed; of those at rest the most recently
 * used stay, up to a bound. Thread-safe; making a session holds the lock, running one does not.
 */
final class SessionCache {
  private final int maxIdle;
  private final Map<SessionKey, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

  /** A session and how many chains use it; guarded by the cache. */
  private static final class Entry {
    final OnnxEngine.Session session;
    int users;

    Entry(OnnxEngine.Session session) {
      this.session = session;
    }
  }

  /** A session on loan, to be given back once. */
  final class Lease {
    private final SessionKey key;
    private final OnnxEngine.Session session;

    private Lease(SessionKey key, OnnxEngine.Session session) {
      this.key = key;
      this.session = session;
    }

    OnnxEngine.Session session() {
      return session;
    }

    void giveBack() {
      returned(key);
    }
  }

  SessionCache(int maxIdle) {
    this.maxIdle = maxIdle;
  }

  synchronized Lease borrow(SessionKey key, Supplier<OnnxEngine.Session> maker) {
    Entry entry = entries.get(key);
    if (entry == null) {
      entry = new Entry(maker.get());
      entries.put(key, entry);
    }
    entry.users++;
    return new Lease(key, entry.session);
  }

  private synchronized void returned(SessionKey key) {
    Entry entry = entries.get(key);
    if (entry == null) {
      throw new IllegalStateException("given back twice: " + key);
    }
    entry.users--;
    long idle = entries.values().stream().filter(e -> e.users == 0).count();
    Iterator<Entry> eldestFirst = entries.values().iterator();
    while (idle > maxIdle && eldestFirst.hasNext()) {
      Entry candidate = eldestFirst.next();
      if (candidate.users == 0) {
        eldestFirst.remove();
        candidate.session.close();
        idle--;
      }
    }
  }

  synchronized int size() {
    return entries.size();
  }
}
