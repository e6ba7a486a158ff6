package dev.sluice.experiments.study.overhead;

import dev.sluice.edge.host.ModelNetwork;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Route;
import dev.sluice.edge.session.Sample;
import dev.sluice.edge.session.Step;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * Requests at a steady rate that keeps the device half busy, on a thread of their own. A request's
 * time counts from when it was due. Each keeps the route it began with; a route that is swapped out
 * is used no more once {@link #serve} for the next has returned. Driven by one thread.
 */
final class Load implements AutoCloseable {
  private static final int TRIALS = 31;
  private static final double PACE = 2;

  private final ModelNetwork network;
  private final Frame frame;
  private final Thread thread;
  private final Micros times = new Micros();
  private final Micros waits = new Micros();
  private volatile Route current;
  private volatile Route serving;
  private volatile boolean stopped;

  private Load(ModelNetwork network, Route first) {
    this.network = network;
    this.frame = network.blankFrame();
    this.current = first;
    this.serving = first;
    this.thread = new Thread(this::run, "load");
    thread.setDaemon(true);
  }

  /** Begins with a route that stays the caller's. */
  static Load start(ModelNetwork network, Route first) {
    Load load = new Load(network, first);
    load.thread.start();
    return load;
  }

  private void run() {
    long[] trials = new long[TRIALS];
    for (int i = 0; i < TRIALS; i++) {
      long start = System.nanoTime();
      request(current);
      trials[i] = System.nanoTime() - start;
    }
    Arrays.sort(trials);
    long interval = (long) (PACE * trials[TRIALS / 2]);
    long due = System.nanoTime();
    while (!stopped) {
      long now = System.nanoTime();
      if (now < due) {
        LockSupport.parkNanos(due - now);
        continue;
      }
      Route route = current;
      serving = route;
      waits.add(System.nanoTime() - now);
      request(route);
      times.add(System.nanoTime() - due);
      due += interval;
    }
  }

  private void request(Route route) {
    Sample live = network.input(frame);
    for (Step step : route.stages()) {
      Sample next = step.run(live).live();
      live.close();
      live = next;
    }
    live.close();
  }

  /**
   * Swaps a route in and lets it serve.
   *
   * @param nanos how long at least; in any case until no request uses another route
   */
  void serve(Route route, long nanos) {
    current = route;
    long end = System.nanoTime() + nanos;
    while (serving != route || System.nanoTime() < end) {
      if (!thread.isAlive()) {
        throw new IllegalStateException("the load has ended before its time");
      }
      LockSupport.parkNanos(Math.max(100_000, end - System.nanoTime()));
    }
  }

  /** Returns the times of the requests since the last call, and forgets them. */
  double[] takeMicros() {
    return times.take();
  }

  /** Returns how long each request waited for a route. */
  double[] waitMicros() {
    return waits.take();
  }

  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A growing list of durations. Thread-safe. */
  private static final class Micros {
    private double[] values = new double[1024];
    private int count;

    synchronized void add(long nanos) {
      if (count == values.length) {
        values = Arrays.copyOf(values, 2 * count);
      }
      values[count++] = nanos / 1e3;
    }

    synchronized double[] take() {
      double[] taken = Arrays.copyOf(values, count);
      count = 0;
      return taken;
    }
  }
}
