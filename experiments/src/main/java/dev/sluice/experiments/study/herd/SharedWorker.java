package dev.sluice.experiments.study.herd;

import dev.sluice.cloud.admission.ComputeQueue.Urgency;
import dev.sluice.cloud.admission.LoadMeter;
import dev.sluice.edge.session.CloudRequest;
import dev.sluice.experiments.demo.SimulatedCloud.Worker;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.sim.fleet.EventEngine;
import java.util.PriorityQueue;

/**
 * A worker that many devices share, on virtual time: a bounded queue by earliest deadline before a
 * few computing threads, as the real worker's; what is late when its turn comes is refused, and so
 * is what finds the queue full. Its load is metered by the real meter. It computes one request at a
 * time per thread: on processors batches gain nothing, and the real worker makes none there. Not
 * thread-safe.
 */
final class SharedWorker {
  private static final int CAPACITY = 64;

  private final EventEngine engine;
  private final int threads;
  private final LoadMeter meter;
  private final PriorityQueue<Job> waiting = new PriorityQueue<>();
  private double slowdown = 1;
  private int computing;
  private long submitted;
  private long busyNanos;
  private long refused;

  /** What became of a request. */
  interface Outcome {
    /** It was computed. */
    void answered(Worker.Result result, long startNanos, long endNanos, LoadReport load);

    /** It was not. */
    void refused(String code, boolean overloaded);
  }

  /** A request in the queue. */
  private static final class Job implements Comparable<Job> {
    private final CloudRequest request;
    private final Worker finisher;
    private final Outcome outcome;
    private final Urgency urgency;
    private final long sequence;
    private boolean cancelled;

    Job(CloudRequest request, Worker finisher, Outcome outcome, long sequence) {
      this.request = request;
      this.finisher = finisher;
      this.outcome = outcome;
      this.urgency = new Urgency(0, true, request.deadlineNanos());
      this.sequence = sequence;
    }

    @Override
    public int compareTo(Job other) {
      int order = urgency.compareTo(other.urgency);
      return order != 0 ? order : Long.compare(sequence, other.sequence);
    }
  }

  /** A worker with so many computing threads, idle. */
  SharedWorker(EventEngine engine, int threads) {
    this.engine = engine;
    this.threads = threads;
    meter = new LoadMeter(threads, engine.nowNanos());
  }

  /** From now on everything that begins takes so many times as long as the profile says. */
  void slowDown(double factor) {
    slowdown = factor;
  }

  /**
   * Takes a request.
   *
   * @param finisher looks up what comes out and how long that takes
   * @return the means to cancel it; without effect once it is computed
   */
  Runnable submit(CloudRequest request, Worker finisher, Outcome outcome) {
    Job job = new Job(request, finisher, outcome, submitted++);
    if (waiting.size() >= CAPACITY) {
      refuse(job, "OVERLOADED", true);
    } else {
      waiting.add(job);
      dispatch();
    }
    return () -> {
      job.cancelled = true;
      waiting.remove(job);
    };
  }

  private void dispatch() {
    while (computing < threads && !waiting.isEmpty()) {
      Job job = waiting.remove();
      long startNanos = engine.nowNanos();
      if (job.cancelled) {
        continue;
      }
      if (startNanos > job.request.deadlineNanos()) {
        refuse(job, "DEADLINE_PASSED", false);
        continue;
      }
      Worker.Result result = job.finisher.finish(job.request);
      long nanos = Math.round(result.computeNanos() * slowdown);
      computing++;
      engine.scheduleAfter(nanos, () -> finished(job, result, startNanos, nanos));
    }
  }

  private void finished(Job job, Worker.Result result, long startNanos, long nanos) {
    long endNanos = engine.nowNanos();
    computing--;
    busyNanos += nanos;
    meter.computed(nanos, result.computeNanos(), endNanos);
    if (!job.cancelled) {
      job.outcome.answered(result, startNanos, endNanos, load());
    }
    dispatch();
  }

  private void refuse(Job job, String code, boolean overloaded) {
    refused++;
    job.outcome.refused(code, overloaded);
  }

  LoadReport load() {
    return meter.report(waiting.size() + computing, engine.nowNanos());
  }

  /** Requests that reached the worker so far. */
  long submitted() {
    return submitted;
  }

  /** Requests that it did not compute. */
  long refused() {
    return refused;
  }

  /** Time computed so far, all threads together. */
  long busyNanos() {
    return busyNanos;
  }
}
