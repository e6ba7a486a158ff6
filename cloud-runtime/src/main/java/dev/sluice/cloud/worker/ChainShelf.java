package dev.sluice.cloud.worker;

import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The compiled chains that finish requests: past each cut one that is bounded by every exit, and
 * for the plans in use one that is bounded by their exits alone. Thread-safe; owns the chains.
 *
 * <p>The chain of every exit serves whatever plan comes, at the cost of heads and boundaries that
 * the plan does not want. It is compiled before requests come. A plan that keeps coming earns a
 * chain of its own, compiled in the background while the other serves, and swapped in when it is
 * ready. So no request waits for a compilation, unless nothing at all was compiled for its cut and
 * codec.
 */
final class ChainShelf implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ChainShelf.class);

  /** Requests after which a combination of exits is worth compiling. */
  static final int EARNED_BY = 4;

  /** Chains for single plans that are kept, most recently used first. */
  static final int MAX_EXACT = 16;

  /** Compilations that may wait: a device that keeps changing its plan must not pile them up. */
  static final int MAX_WAITING = 4;

  /** Combinations that are counted: what devices ask for must not fill the memory. */
  private static final int MAX_COUNTED = 256;

  private final StageCompiling compiler;
  private final BundleManifest manifest;
  private final Executor background;
  private final Map<Key, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<Key, Integer> asked = new LinkedHashMap<>(16, 0.75f, true);
  private boolean closed;

  /** Compiles a request; takes its time. */
  @FunctionalInterface
  interface StageCompiling {
    StageChain compile(StageRequest request);
  }

  /**
   * What a chain is for.
   *
   * @param decoder codec whose decoder precedes it, if any
   * @param exits its exits, ascending, the final one included
   */
  private record Key(int cut, Optional<String> decoder, List<Integer> exits) {}

  private static final class Entry {
    final CompletableFuture<StageChain> chain = new CompletableFuture<>();
    final boolean everyExit;
    int users;

    Entry(boolean everyExit) {
      this.everyExit = everyExit;
    }

    boolean waits() {
      return !everyExit && !chain.isDone();
    }

    boolean isReady() {
      return chain.isDone() && !chain.isCompletedExceptionally();
    }
  }

  /** A chain on loan. */
  final class Lease implements AutoCloseable {
    private final Entry entry;
    private final StageChain chain;

    private Lease(Entry entry, StageChain chain) {
      this.entry = entry;
      this.chain = chain;
    }

    StageChain chain() {
      return chain;
    }

    @Override
    public void close() {
      giveBack(entry);
    }
  }

  /**
   * Makes an empty shelf.
   *
   * @param background runs compilations one after another, off the request path
   */
  ChainShelf(StageCompiling compiler, BundleManifest manifest, Executor background) {
    this.compiler = compiler;
    this.manifest = manifest;
    this.background = background;
  }

  /** Compiles the chain of every exit past a cut, unless it is there, on this thread. */
  void prepare(int cut, Optional<String> decoder) {
    borrow(everyExit(cut, decoder)).close();
  }

  /**
   * Lends the best chain there is for a request.
   *
   * @param cut where the request goes on
   * @param decoder codec whose decoder is wanted, if any
   * @param exits exits past the cut that may stop it, ascending, without the final one
   */
  Lease borrow(int cut, Optional<String> decoder, List<Integer> exits) {
    Key every = everyExit(cut, decoder);
    List<Integer> wanted = new ArrayList<>(exits);
    wanted.add(manifest.finalExit().index());
    Key exact = new Key(cut, decoder, List.copyOf(wanted));
    if (!exact.equals(every)) {
      Lease lease = exactIfReady(exact);
      if (lease != null) {
        return lease;
      }
    }
    return borrow(every);
  }

  private Key everyExit(int cut, Optional<String> decoder) {
    return new Key(
        cut,
        decoder,
        manifest.exits().stream().filter(exit -> exit.cut() > cut).map(ExitInfo::index).toList());
  }

  /** Lends a plan's own chain if it is there; has it compiled if it was asked for often enough. */
  private @Nullable Lease exactIfReady(Key key) {
    Entry fresh;
    synchronized (this) {
      Entry entry = entries.get(key);
      if (entry != null) {
        if (!entry.isReady()) {
          return null;
        }
        entry.users++;
        return new Lease(entry, entry.chain.join());
      }
      if (closed || asked.merge(key, 1, Integer::sum) < EARNED_BY) {
        if (asked.size() > MAX_COUNTED) {
          Iterator<Key> eldestFirst = asked.keySet().iterator();
          eldestFirst.next();
          eldestFirst.remove();
        }
        return null;
      }
      if (entries.values().stream().filter(Entry::waits).count() >= MAX_WAITING) {
        return null;
      }
      asked.remove(key);
      fresh = new Entry(false);
      entries.put(key, fresh);
    }
    try {
      background.execute(() -> compile(key, fresh));
    } catch (RejectedExecutionException closing) {
      fresh.chain.completeExceptionally(closing);
    }
    return null;
  }

  /** Lends a chain that must be there; compiles it on this thread if nobody did. */
  private Lease borrow(Key key) {
    Entry entry;
    boolean first;
    synchronized (this) {
      if (closed) {
        throw new IllegalStateException("the model is closed");
      }
      Entry known = entries.get(key);
      first = known == null;
      entry = known == null ? new Entry(true) : known;
      if (first) {
        entries.put(key, entry);
      }
      entry.users++;
    }
    if (first) {
      compile(key, entry);
    }
    try {
      return new Lease(entry, entry.chain.join());
    } catch (CompletionException e) {
      giveBack(entry);
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private void compile(Key key, Entry entry) {
    try {
      StageChain chain =
          compiler.compile(
              new StageRequest(
                  key.cut(), manifest.lastCut(), key.exits(), key.decoder(), Optional.empty()));
      boolean late;
      synchronized (this) {
        late = closed;
        entry.chain.complete(chain);
        evict();
      }
      if (late) {
        chain.close();
      }
    } catch (RuntimeException | Error failure) {
      LOG.warn(
          "the stages past cut {} with exits {} cannot be compiled",
          key.cut(),
          key.exits(),
          failure);
      entry.chain.completeExceptionally(failure);
      if (entry.everyExit) {
        // Others may have better luck; a plan's own chain is not tried again while it is known.
        synchronized (this) {
          entries.remove(key, entry);
        }
      }
    }
  }

  private synchronized void giveBack(Entry entry) {
    entry.users--;
    evict();
  }

  private void evict() {
    long exact = entries.values().stream().filter(entry -> !entry.everyExit).count();
    Iterator<Entry> eldestFirst = entries.values().iterator();
    while (exact > MAX_EXACT && eldestFirst.hasNext()) {
      Entry entry = eldestFirst.next();
      if (!entry.everyExit && entry.users == 0 && entry.chain.isDone()) {
        eldestFirst.remove();
        exact--;
        if (entry.isReady()) {
          entry.chain.join().close();
        }
      }
    }
  }

  /** Returns how many chains are ready or being made. */
  synchronized int size() {
    return entries.size();
  }

  /** Refuses further loans; chains are freed when the runs under way have ended. */
  @Override
  public synchronized void close() {
    closed = true;
    for (Entry entry : entries.values()) {
      if (entry.isReady()) {
        entry.chain.join().close();
      }
    }
  }
}
