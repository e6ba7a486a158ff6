package dev.sluice.edge;

import dev.sluice.edge.session.Cloud;
import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudRequest;
import dev.sluice.edge.session.EventLoop;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.edge.session.Work;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.Estimators;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lends the {@link Auditor} the session's device, link and clock, and lets the session go on after
 * each thing that it did with them. Confined to the loop.
 */
final class AuditDesk implements Auditor.Station {
  private static final Logger LOG = LoggerFactory.getLogger(AuditDesk.class);

  private final EventLoop loop;
  private final Cloud cloud;
  private final Processor processor;
  private final Traffic traffic;
  private final Estimators estimators;
  private final Outlook outlook;
  private final Frames frames;
  private final Supplier<ActiveRoute> active;
  private final Runnable goOn;

  /**
   * @param active the plan in use
   * @param goOn the device may be free, or have something to do
   */
  AuditDesk(
      Surroundings around,
      Processor processor,
      Traffic traffic,
      Estimators estimators,
      Outlook outlook,
      Frames frames,
      Supplier<ActiveRoute> active,
      Runnable goOn) {
    this.loop = around.loop();
    this.cloud = around.cloud();
    this.processor = processor;
    this.traffic = traffic;
    this.estimators = estimators;
    this.outlook = outlook;
    this.frames = frames;
    this.active = active;
    this.goOn = goOn;
  }

  @Override
  public long now() {
    return loop.nanoTime();
  }

  @Override
  public Estimates estimates() {
    return estimators.at(loop.nanoTime());
  }

  @Override
  public boolean idle() {
    return frames.none();
  }

  @Override
  public Optional<Long> lastFrameNanos() {
    return frames.lastNanos();
  }

  @Override
  public long leastNanosToLink() {
    return outlook.leastNanosToLink(active.get(), estimates().deviceScale());
  }

  @Override
  public <T> void compute(Work<T> work, Consumer<Optional<T>> done) {
    processor.aside(
        work,
        finished -> {
          finished.failure().ifPresent(failure -> LOG.warn("an audit failed", failure));
          done.accept(finished.value());
          goOn.run();
        });
  }

  @Override
  public void send(CloudRequest request, Consumer<CloudReply> done) {
    traffic.onAudit(request.payload().bytes());
    cloud.send(
        request,
        reply -> {
          done.accept(reply);
          goOn.run();
        });
  }

  @Override
  public void cancel(long id) {
    cloud.cancel(id);
  }

  @Override
  public void learn(CloudReply.Answered reply) {
    traffic.onAuditAnswer(reply);
  }

  @Override
  public void later(long nanos, Runnable then) {
    loop.at(
        loop.nanoTime() + nanos,
        () -> {
          then.run();
          goOn.run();
        });
  }
}
