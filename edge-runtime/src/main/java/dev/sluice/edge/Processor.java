package dev.sluice.edge;

import dev.sluice.edge.session.Device;
import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.EventLoop;
import dev.sluice.edge.session.Finished;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Payload;
import dev.sluice.edge.session.Sample;
import dev.sluice.edge.session.Step;
import dev.sluice.edge.session.StepResult;
import dev.sluice.edge.session.Work;
import dev.sluice.scheduler.budget.BudgetAccount;
import dev.sluice.scheduler.estimate.Estimators;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The device as a session uses it: one thing at a time, each told to the estimators, the meter and
 * the books of a budget before whoever wanted it. Confined to the loop.
 */
final class Processor {
  private final EventLoop loop;
  private final Device device;
  private final DeviceNetwork network;
  private final DeviceCosts costs;
  private final Estimators estimators;
  private final Optional<EnergyMeter> energy;
  private final Optional<BudgetAccount> budget;
  private boolean busy;
  private boolean givenUp;

  Processor(
      EventLoop loop,
      Device device,
      DeviceNetwork network,
      DeviceCosts costs,
      Estimators estimators,
      Optional<EnergyMeter> energy,
      Optional<BudgetAccount> budget) {
    this.loop = loop;
    this.device = device;
    this.network = network;
    this.costs = costs;
    this.estimators = estimators;
    this.energy = energy;
    this.budget = budget;
  }

  boolean busy() {
    return busy;
  }

  /** Takes the device for something of which neither estimators nor meter are told here. */
  void claim() {
    busy = true;
  }

  /** Gives the device back. */
  void free() {
    busy = false;
  }

  /** Makes the network's input of a frame. */
  void preprocess(Frame frame, Consumer<Finished<Sample>> done) {
    long profiled = costs.preprocessNanos();
    run(
        new Work<>("preprocess", profiled, () -> network.input(frame)),
        finished -> {
          energy.ifPresent(meter -> meter.coded(finished.elapsedNanos()));
          learn(finished.elapsedNanos(), profiled);
          done.accept(finished);
        });
  }

  /** Computes a stage; its input stays the caller's. */
  void compute(Step step, Sample in, Consumer<Finished<StepResult>> done) {
    long profiled = costs.stepNanos(step);
    run(
        new Work<>("stage " + step.fromCut() + "-" + step.toCut(), profiled, () -> step.run(in)),
        finished -> {
          energy.ifPresent(meter -> meter.computed(finished.elapsedNanos()));
          learn(finished.elapsedNanos(), profiled);
          done.accept(finished);
        });
  }

  /** Writes what a plan sends; the tensors stay the caller's. */
  void encode(
      ActiveRoute active, Frame frame, Optional<Sample> live, Consumer<Finished<Payload>> done) {
    long profiled = costs.encodeNanos(active.decision().plan());
    run(
        new Work<>("encode", profiled, () -> active.route().encode(frame, live)),
        finished -> {
          energy.ifPresent(meter -> meter.coded(finished.elapsedNanos()));
          learn(finished.elapsedNanos(), profiled);
          done.accept(finished);
        });
  }

  /** Writes something that no frame waits for and whose time is not known well enough to learn. */
  <T> void aside(Work<T> work, Consumer<Finished<T>> done) {
    run(
        work,
        finished -> {
          energy.ifPresent(meter -> meter.coded(finished.elapsedNanos()));
          done.accept(finished);
        });
  }

  /** Ends what is in progress early; how long it took teaches nothing. */
  void giveUp() {
    givenUp = true;
    device.giveUp();
  }

  /** Whether what has just finished was given up. */
  boolean gaveUp() {
    return givenUp;
  }

  private void learn(long elapsedNanos, long profiledNanos) {
    if (!givenUp) {
      estimators.onDeviceStage(elapsedNanos, profiledNanos);
    }
  }

  private <T> void run(Work<T> work, Consumer<Finished<T>> done) {
    busy = true;
    givenUp = false;
    energy.ifPresent(meter -> meter.waits(false, loop.nanoTime()));
    device.run(
        work,
        finished -> {
          busy = false;
          budget.ifPresent(account -> account.spend(finished.elapsedNanos()));
          done.accept(finished);
        });
  }
}
