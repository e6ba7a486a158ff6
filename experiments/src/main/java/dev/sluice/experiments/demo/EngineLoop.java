package dev.sluice.experiments.demo;

import dev.sluice.edge.session.Cancellable;
import dev.sluice.edge.session.EventLoop;
import dev.sluice.sim.fleet.EventEngine;

/** A session's event loop on virtual time: nothing runs beside it, nothing waits. */
public final class EngineLoop implements EventLoop {
  private final EventEngine engine;

  /** Runs tasks as events of an engine. */
  public EngineLoop(EventEngine engine) {
    this.engine = engine;
  }

  @Override
  public long nanoTime() {
    return engine.nowNanos();
  }

  @Override
  public Cancellable at(long nanos, Runnable task) {
    EventEngine.Scheduled scheduled = engine.schedule(Math.max(nanos, engine.nowNanos()), task);
    return scheduled::cancel;
  }

  @Override
  public void execute(Runnable task) {
    engine.schedule(engine.nowNanos(), task);
  }
}
