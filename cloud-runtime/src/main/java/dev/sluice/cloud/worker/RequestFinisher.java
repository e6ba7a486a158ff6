package dev.sluice.cloud.worker;

import dev.sluice.cloud.admission.ComputeQueue;
import dev.sluice.cloud.admission.LoadMeter;
import dev.sluice.protocol.channel.ReceiveStamps;
import dev.sluice.protocol.channel.RequestHandler;
import dev.sluice.protocol.channel.Responder;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.Hello;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.WorkerStamps;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Queues each request, finishes it when its turn comes, and answers or refuses. Thread-safe. */
public final class RequestFinisher implements RequestHandler {
  private static final Logger LOG = LoggerFactory.getLogger(RequestFinisher.class);
  private static final long RETRY_AFTER_NANOS = 250_000_000L;

  private final ModelShelf models;
  private final ComputeQueue queue;
  private final LoadMeter load;
  private final LongSupplier nanoClock;

  /** Jobs that wait for their turn, to be dropped when nobody waits for them any more. */
  private final Map<Responder, Runnable> waiting = new ConcurrentHashMap<>();

  public RequestFinisher(
      ModelShelf models, ComputeQueue queue, LoadMeter load, LongSupplier nanoClock) {
    this.models = models;
    this.queue = queue;
    this.load = load;
    this.nanoClock = nanoClock;
  }

  @Override
  public Optional<Refusal> onHello(Hello hello) {
    if (hello.modelDigest().isEmpty() || models.find(hello.modelDigest()).isPresent()) {
      LOG.info("{} connected", hello.clientName());
      return Optional.empty();
    }
    LOG.info("{} asks for model {}, which is not here", hello.clientName(), hello.modelDigest());
    return Optional.of(
        new Refusal(0, ErrorCode.UNKNOWN_MODEL, unknownModel(hello.modelDigest()), 0));
  }

  private String unknownModel(String digest) {
    return "wanted is digest %s, it serves %s"
        .formatted(
            abbreviated(digest),
            models.models().stream()
                .map(model -> model.name() + " " + abbreviated(model.digest()))
                .collect(Collectors.joining(", ")));
  }

  private static String abbreviated(String digest) {
    return digest.substring(0, Math.min(12, digest.length()));
  }

  @Override
  public void onInfer(Infer request, ReceiveStamps stamps, Responder responder) {
    Optional<ServedModel> model = models.find(request.modelDigest());
    if (model.isEmpty()) {
      responder.refuse(ErrorCode.UNKNOWN_MODEL, unknownModel(request.modelDigest()), 0);
      return;
    }
    Runnable job =
        () -> {
          waiting.remove(responder);
          finish(model.get(), request, stamps, responder);
        };
    waiting.put(responder, job);
    if (!queue.offer(job)) {
      waiting.remove(responder);
      responder.refuse(ErrorCode.OVERLOADED, "the queue is full; try later", RETRY_AFTER_NANOS);
    }
  }

  @Override
  public void onCancel(Responder responder) {
    Runnable job = waiting.remove(responder);
    if (job != null) {
      queue.withdraw(job);
    }
  }

  private void finish(ServedModel model, Infer request, ReceiveStamps stamps, Responder responder) {
    if (responder.isCancelled()) {
      return;
    }
    long startNanos = nanoClock.getAsLong();
    long waited = startNanos - stamps.firstByteNanos();
    if (request.deadlineRemainingNanos() > 0 && waited > request.deadlineRemainingNanos()) {
      responder.refuse(ErrorCode.DEADLINE_PASSED, "the deadline passed while it waited here", 0);
      return;
    }
    try {
      ServedModel.Finished finished = model.finish(request);
      long endNanos = nanoClock.getAsLong();
      load.computed(endNanos - startNanos, finished.profiledNanos(), endNanos);
      responder.answer(
          new Answer(
              request.requestId(),
              finished.exit(),
              finished.top(),
              finished.confidence(),
              new WorkerStamps(
                  stamps.firstByteNanos(), stamps.lastByteNanos(), startNanos, endNanos, endNanos),
              // This request still counts as unfinished here; those behind it are what matters.
              load.report(Math.max(0, queue.unfinished() - 1), endNanos)));
    } catch (ProtocolException e) {
      responder.refuse(e.code(), String.valueOf(e.getMessage()), 0);
    } catch (RuntimeException | Error e) {
      // Also when memory runs out: the device must not wait for nothing, nor the thread be lost.
      responder.refuse(ErrorCode.INTERNAL, "the worker failed on this request; see its log", 0);
      LOG.error(
          "request {} of connection {} failed", request.requestId(), responder.connectionId(), e);
    }
  }

  @Override
  public LoadReport load() {
    return load.report(queue.unfinished(), nanoClock.getAsLong());
  }
}
