package dev.sluice.cloud.worker;

import dev.sluice.cloud.admission.ComputeQueue;
import dev.sluice.cloud.admission.LoadMeter;
import dev.sluice.protocol.channel.ReceiveStamps;
import dev.sluice.protocol.channel.RequestHandler;
import dev.sluice.protocol.channel.Responder;
import dev.sluice.protocol.codec.ActivationCodec;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.ClassScore;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.Features;
import dev.sluice.protocol.message.Hello;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.InferHeader;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Partial;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.WorkerStamps;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Queues each request, finishes it when its turn comes, and answers or refuses. Thread-safe.
 *
 * <p>When a request's turn comes, others that wait already and are of the same kind may be finished
 * with it as one batch. None ever waits for a batch to fill: on a CPU a batch gains next to
 * nothing, so that there it is best left at one. The time of a batch is shared by its requests:
 * each is told its own share as computed and the rest as waited, as if they had followed one
 * another. Otherwise a device would believe a worker that batches to be slower by the size of its
 * batches, and their whole time to be its own load.
 */
public final class RequestFinisher implements RequestHandler {
  private static final Logger LOG = LoggerFactory.getLogger(RequestFinisher.class);
  private static final long RETRY_AFTER_NANOS = 250_000_000L;

  /** Precisions and picture formats that every worker of this version reads. */
  private static final List<String> CODECS =
      Stream.concat(
              ActivationCodec.names().stream()
                  .map(name -> name.replaceFirst("\\+.*", ""))
                  .distinct(),
              Stream.of("raw", "png", "jpeg", "jpegs", "jpegm"))
          .toList();

  private final ModelShelf models;
  private final ComputeQueue queue;
  private final LoadMeter load;
  private final LongSupplier nanoClock;
  private final int largestBatch;

  /** Jobs that wait for their turn, to be dropped when nobody waits for them any more. */
  private final Map<Responder, Job> waiting = new ConcurrentHashMap<>();

  /** Finishes every request by itself. */
  public RequestFinisher(
      ModelShelf models, ComputeQueue queue, LoadMeter load, LongSupplier nanoClock) {
    this(models, queue, load, nanoClock, 1);
  }

  /**
   * Finishes waiting requests of the same kind together.
   *
   * @param largestBatch how many at most, at least 1
   */
  public RequestFinisher(
      ModelShelf models,
      ComputeQueue queue,
      LoadMeter load,
      LongSupplier nanoClock,
      int largestBatch) {
    if (largestBatch < 1) {
      throw new IllegalArgumentException("largest batch must be positive: " + largestBatch);
    }
    this.models = models;
    this.queue = queue;
    this.load = load;
    this.nanoClock = nanoClock;
    this.largestBatch = largestBatch;
  }

  @Override
  public Optional<Refusal> onHello(Hello hello) {
    if (hello.modelDigests().isEmpty() || !served(hello).isEmpty()) {
      LOG.info("{} connected", hello.clientName());
      return Optional.empty();
    }
    LOG.info("{} asks for model {}, which is not here", hello.clientName(), hello.modelDigest());
    return Optional.of(
        new Refusal(0, ErrorCode.UNKNOWN_MODEL, unknownModel(hello.modelDigest()), 0));
  }

  private List<String> served(Hello hello) {
    return hello.modelDigests().stream().filter(digest -> models.find(digest).isPresent()).toList();
  }

  @Override
  public Offer offer(Hello hello) {
    return new Offer(served(hello), CODECS, List.of(Features.PARTIALS));
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

  /** Refuses what names a model, a cut or a codec that is not here. */
  @Override
  public Optional<Refusal> onHead(InferHeader head) {
    Optional<ServedModel> model = models.find(head.modelDigest());
    if (model.isEmpty()) {
      return Optional.of(
          new Refusal(
              head.requestId(), ErrorCode.UNKNOWN_MODEL, unknownModel(head.modelDigest()), 0));
    }
    try {
      model.get().check(head.cut(), head.codec());
      return Optional.empty();
    } catch (ProtocolException misfit) {
      return Optional.of(
          new Refusal(head.requestId(), misfit.code(), String.valueOf(misfit.getMessage()), 0));
    }
  }

  @Override
  public void onInfer(Infer request, ReceiveStamps stamps, Responder responder) {
    Optional<ServedModel> model = models.find(request.modelDigest());
    if (model.isEmpty()) {
      responder.refuse(ErrorCode.UNKNOWN_MODEL, unknownModel(request.modelDigest()), 0);
      return;
    }
    Job job = new Job(model.get(), request, stamps, responder);
    waiting.put(responder, job);
    boolean taken = queue.offer(job, job.urgency());
    if (!taken && dropExpired()) {
      taken = queue.offer(job, job.urgency());
    }
    if (!taken) {
      waiting.remove(responder);
      responder.refuse(ErrorCode.OVERLOADED, "the queue is full; try later", RETRY_AFTER_NANOS);
    }
  }

  /** Makes room by refusing what nobody waits for any more. Returns whether there was such. */
  private boolean dropExpired() {
    long now = nanoClock.getAsLong();
    return waiting
        .values()
        .removeIf(
            job -> {
              boolean dropped = job.stamps.deadline().hasPassed(now) && queue.withdraw(job);
              if (dropped) {
                job.expire();
              }
              return dropped;
            });
  }

  @Override
  public void onCancel(Responder responder) {
    Job job = waiting.remove(responder);
    if (job != null) {
      queue.withdraw(job);
    }
  }

  /** A request in the queue. */
  private final class Job implements Runnable, ServedModel.Outcome {
    private final ServedModel model;
    private final Infer request;
    private final ReceiveStamps stamps;
    private final Responder responder;
    private final ServedModel.Kind kind;
    private Turn turn = new Turn(0, 1);
    private boolean over;

    Job(ServedModel model, Infer request, ReceiveStamps stamps, Responder responder) {
      this.model = model;
      this.request = request;
      this.stamps = stamps;
      this.responder = responder;
      this.kind = model.kind(request);
    }

    @Override
    public void run() {
      List<Job> jobs = new ArrayList<>();
      jobs.add(this);
      if (largestBatch > 1) {
        queue
            .takeAlong(waits -> waits instanceof Job job && job.kind.equals(kind), largestBatch - 1)
            .forEach(job -> jobs.add((Job) job));
      }
      try {
        compute(jobs);
      } finally {
        queue.doneBeside(jobs.size() - 1);
      }
    }

    /** Returns whether it is still worth computing. */
    boolean begins(long nowNanos) {
      waiting.remove(responder);
      if (responder.isCancelled()) {
        return false;
      }
      if (stamps.deadline().hasPassed(nowNanos)) {
        expire();
        return false;
      }
      return true;
    }

    void expire() {
      responder.refuse(ErrorCode.DEADLINE_PASSED, "the deadline passed while it waited here", 0);
    }

    /** By when it is dropped for certain: who claims an early place is dropped early, too. */
    ComputeQueue.Urgency urgency() {
      return stamps.deadline().exists()
          ? new ComputeQueue.Urgency(request.priority(), true, stamps.deadline().certainNanos())
          : new ComputeQueue.Urgency(request.priority(), false, 0);
    }

    @Override
    public void passed(int exit, List<ClassScore> top, double confidence) {
      responder.partial(new Partial(request.requestId(), exit, top, confidence));
    }

    @Override
    public void finished(ServedModel.Finished finished) {
      long endNanos = nanoClock.getAsLong();
      long ownNanos = turn.leave(endNanos);
      turn.profiledNanos += finished.profiledNanos();
      if (turn.isAlone()) {
        load.computed(endNanos - turn.startNanos, turn.profiledNanos, endNanos);
      }
      responder.answer(
          new Answer(
              request.requestId(),
              finished.exit(),
              finished.top(),
              finished.confidence(),
              new WorkerStamps(
                  stamps.firstByteNanos(),
                  stamps.lastByteNanos(),
                  endNanos - ownNanos,
                  endNanos,
                  endNanos),
              // This request still counts as unfinished here; those behind it are what matters.
              load.report(Math.max(0, queue.unfinished() - 1), endNanos)));
      over = true;
    }

    @Override
    public void refused(ProtocolException why) {
      turn.leave(nanoClock.getAsLong());
      responder.refuse(why.code(), String.valueOf(why.getMessage()), 0);
      over = true;
    }

    void failed(Throwable failure) {
      if (!over) {
        responder.refuse(ErrorCode.INTERNAL, "the worker failed on this request; see its log", 0);
        LOG.error(
            "request {} of connection {} failed",
            request.requestId(),
            responder.connectionId(),
            failure);
      }
    }
  }

  /** One computation of one or several requests. Confined to the thread that computes. */
  private static final class Turn {
    final long startNanos;
    private final int requests;
    long profiledNanos;
    private int left;
    private long sharedUntilNanos;
    private long shareNanos;

    Turn(long startNanos, int requests) {
      this.startNanos = startNanos;
      this.requests = requests;
      left = requests;
      sharedUntilNanos = startNanos;
    }

    boolean isAlone() {
      return requests == 1;
    }

    /** A request is done; returns its share of the time that it was computed with others. */
    long leave(long nowNanos) {
      shareNanos += (nowNanos - sharedUntilNanos) / left;
      sharedUntilNanos = nowNanos;
      left--;
      return shareNanos;
    }
  }

  private void compute(List<Job> jobs) {
    long startNanos = nanoClock.getAsLong();
    List<Job> worthIt = jobs.stream().filter(job -> job.begins(startNanos)).toList();
    if (worthIt.isEmpty()) {
      return;
    }
    Turn turn = new Turn(startNanos, worthIt.size());
    worthIt.forEach(job -> job.turn = turn);
    try {
      worthIt
          .get(0)
          .model
          .finish(worthIt.stream().map(job -> new ServedModel.Asked(job.request, job)).toList());
      if (!turn.isAlone()) {
        long endNanos = nanoClock.getAsLong();
        load.computed(endNanos - turn.startNanos, turn.profiledNanos, endNanos);
      }
    } catch (RuntimeException | Error e) {
      if (worthIt.size() > 1 && e instanceof RuntimeException) {
        // One of them may be at fault, for which the others must not suffer.
        LOG.debug("a batch of {} failed and is computed one by one", worthIt.size(), e);
        worthIt.stream().filter(job -> !job.over).forEach(job -> compute(List.of(job)));
        return;
      }
      // Also when memory runs out: the device must not wait for nothing, nor the thread be lost.
      worthIt.forEach(job -> job.failed(e));
    }
  }

  @Override
  public LoadReport load() {
    return load.report(queue.unfinished(), nanoClock.getAsLong());
  }
}
