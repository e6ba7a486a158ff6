package dev.sluice.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.estimate.FakeLink;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.estimate.TransferSample;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.Envelope;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Estimators and scheduler together, fed by a made-up link through stamps alone. */
class ControlLoopTest {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1000 * MS;
  private static final double DEVICE_SCALE = 40;
  private static final BundleFacts FACTS = facts();

  private static final Scheduler SCHEDULER = scheduler();

  private static Scheduler scheduler() {
    try {
      return new Scheduler(
          FACTS,
          Objective.parse(
              "p95_latency <= 150 ms, accuracy >= final - 1 pt;"
                  + " minimise worker_compute, then uplink_bytes"),
          SchedulerOptions.defaults());
    } catch (ObjectiveSyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** Five frames a second; pings every 500 ms and probes when wanted; a decision per frame. */
  private static final class Loop {
    final Estimators estimators = new Estimators();
    final FakeLink link;
    final LongToDoubleFunction rate;
    final List<Plan> changes = new ArrayList<>();
    Optional<Plan> plan = Optional.empty();
    PlanDecision decision;
    long now;
    int frame;

    Loop(LongToDoubleFunction rate, LongToDoubleFunction roundTrip, double noise) {
      this.rate = rate;
      link = new FakeLink(rate, roundTrip, noise, 1);
      decision = SCHEDULER.decide(estimators.at(0), Optional.empty(), 0);
    }

    boolean outage() {
      return rate.applyAsDouble(now) == 0;
    }

    void until(long end) {
      for (; now < end; now += 100 * MS) {
        if (now % (500 * MS) == 0) {
          estimators.onPingSent(now);
          if (!outage()) {
            long ping = link.ping(now);
            estimators.onPing(ping, now + ping);
          }
        }
        if (now % (200 * MS) == 100 * MS) {
          frame();
        }
      }
    }

    private void frame() {
      estimators.onArrival(now);
      Estimates estimates = estimators.at(now);
      decision = SCHEDULER.decide(estimates, plan, now);
      if (plan.isPresent() && !plan.get().equals(decision.plan())) {
        changes.add(decision.plan());
      }
      plan = Optional.of(decision.plan());
      estimators.onDeviceStage(Math.round(DEVICE_SCALE * MS), MS);

      int bytes = bytes(FACTS.select(), decision.plan(), frame++ % FACTS.select().samples());
      if (bytes > 0) {
        estimators.onSubmitted(frame, bytes, now);
        if (outage()) {
          estimators.onTimeout(frame, now + 150 * MS);
        } else {
          TransferSample sample = link.send(now, bytes);
          estimators.onTransfer(
              new TransferSample(
                  frame,
                  now,
                  sample.replyReceivedNanos(),
                  bytes,
                  sample.workerFirstByteNanos(),
                  sample.workerLastByteNanos(),
                  sample.workerReplyNanos()));
          estimators.onWorker(MS / 2, 3 * MS, 3 * MS, now);
        }
      } else if (estimators.at(now).probeWanted() && !outage()) {
        int probe = estimators.at(now).probeBytesWanted();
        estimators.onProbeSent(now);
        long elapsed = link.send(now, probe).replyReceivedNanos() - now - 3 * MS;
        estimators.onProbe(probe, elapsed, now + elapsed);
      }
    }

    /**
     * Bytes that a calibration sample puts on the link under a plan; 0 where an exit on the device
     * stops it.
     */
    private static int bytes(CalibrationTable table, Plan plan, int sample) {
      for (ExitThreshold exit : plan.exits()) {
        if (table.exitCut(exit.exit()) <= plan.split()
            && exit.stops(table.confidence(sample, exit.exit()))) {
          return 0;
        }
      }
      return plan.usesCloud()
          ? Envelope.REQUEST_BYTES
              + table.bytes(table.variant(plan.sentCut(), plan.codec()).orElseThrow(), sample)
          : 0;
    }
  }

  @ParameterizedTest
  @CsvSource({"20, 10", "6, 50", "2, 60", "1, 80", "0.25, 80"})
  void doesNotFlipOnASteadyLinkWithTenPercentNoise(double mbit, long roundTripMs) {
    Loop loop = new Loop(t -> mbit * 125_000, t -> roundTripMs * MS, 0.1);
    loop.until(6 * SECOND);
    loop.changes.clear();
    loop.until(606 * SECOND);

    assertThat(loop.changes).as("last: %s", loop.decision.reason()).isEmpty();
  }

  @Test
  void goesLocalInAnOutageAndBackToTheCloudAfterIt() {
    Loop loop = new Loop(t -> t > 20 * SECOND && t < 28 * SECOND ? 0 : 750_000, t -> 50 * MS, 0.05);
    loop.until(20 * SECOND);
    assertThat(loop.decision.plan().usesCloud()).isTrue();
    assertThat(loop.decision.feasible()).isTrue();

    loop.until(22 * SECOND);
    assertThat(loop.decision.plan().usesCloud()).isFalse();
    assertThat(loop.decision.reason()).startsWith("no link to a worker, stays local");
    assertThat(loop.estimators.at(loop.now).link()).isEqualTo(LinkState.DOWN);

    loop.until(31 * SECOND);
    assertThat(loop.decision.plan().usesCloud()).isTrue();
    assertThat(loop.decision.feasible()).isTrue();
  }

  @Test
  void leavesTheCloudUnderCongestionAndComesBackAfterIt() {
    Loop loop =
        new Loop(t -> t > 20 * SECOND && t < 35 * SECOND ? 12_500 : 750_000, t -> 50 * MS, 0.05);
    loop.until(20 * SECOND);
    double offloadedBefore = loop.decision.prediction().offloadedShare();

    loop.until(24 * SECOND);
    assertThat(loop.decision.prediction().offloadedShare()).isLessThan(offloadedBefore);
    assertThat(loop.decision.prediction().p95LatencyNanos()).isLessThanOrEqualTo(150 * MS);

    loop.until(42 * SECOND);
    assertThat(loop.decision.feasible()).as(loop.decision.reason()).isTrue();
    assertThat(loop.decision.plan().usesCloud()).isTrue();
  }

  /** Large enough tables to prove a floor of a point. */
  private static BundleFacts facts() {
    return SyntheticFacts.of(
        new SyntheticFacts.Shape(8, List.of(1, 2, 3, 5, 6), 4000, 24, 6_000_000, true), 1);
  }
}
