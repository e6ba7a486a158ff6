package dev.sluice.edge;

import dev.sluice.edge.session.Device;
import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Sample;
import dev.sluice.edge.session.Step;
import dev.sluice.edge.session.Work;
import dev.sluice.scheduler.estimate.Estimators;
import java.util.List;

/**
 * Computes a frame through every exit twice, so that the engine is warm and the device's speed is
 * known. Confined to the loop.
 */
final class WarmUp {
  private final Device device;
  private final Processor processor;
  private final DeviceNetwork network;
  private final DeviceCosts costs;
  private final Estimators estimators;

  WarmUp(
      Device device,
      Processor processor,
      DeviceNetwork network,
      DeviceCosts costs,
      Estimators estimators) {
    this.device = device;
    this.processor = processor;
    this.network = network;
    this.costs = costs;
    this.estimators = estimators;
  }

  /**
   * Takes the device, which must be free, until it is over.
   *
   * @param done called then, also where a computation failed
   */
  void run(Frame frame, Runnable done) {
    processor.claim();
    Runnable over =
        () -> {
          processor.free();
          done.run();
        };
    // The first run of everything is slow and tells nothing of the device.
    round(frame, false, () -> round(frame, true, over));
  }

  private void round(Frame frame, boolean learning, Runnable done) {
    device.run(
        new Work<>("preprocess", costs.preprocessNanos(), () -> network.input(frame)),
        finished ->
            finished.value().ifPresentOrElse(sample -> step(0, sample, learning, done), done));
  }

  private void step(int index, Sample in, boolean learning, Runnable done) {
    List<Step> every = network.everyExit();
    if (index == every.size()) {
      in.close();
      done.run();
      return;
    }
    Step step = every.get(index);
    device.run(
        new Work<>("warm-up", costs.stepNanos(step), () -> step.run(in)),
        finished -> {
          in.close();
          if (learning) {
            estimators.onDeviceStage(finished.elapsedNanos(), costs.stepNanos(step));
          }
          finished
              .value()
              .ifPresentOrElse(result -> step(index + 1, result.live(), learning, done), done);
        });
  }
}
