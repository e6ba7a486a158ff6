package dev.sluice.edge.host;

import dev.sluice.edge.session.Cloud;
import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudReply.LabelProbability;
import dev.sluice.edge.session.CloudReply.TransferTimes;
import dev.sluice.edge.session.CloudReply.WorkerLoad;
import dev.sluice.edge.session.CloudRequest;
import dev.sluice.edge.session.EventLoop;
import dev.sluice.protocol.channel.ClientListener;
import dev.sluice.protocol.channel.ClientOptions;
import dev.sluice.protocol.channel.CloudOutcome;
import dev.sluice.protocol.channel.LinkTrouble;
import dev.sluice.protocol.channel.TransferStamps;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.Welcome;
import dev.sluice.protocol.message.WorkerStamps;
import dev.sluice.protocol.pool.PoolOptions;
import dev.sluice.protocol.pool.WorkerPool;
import dev.sluice.protocol.pool.WorkerTarget;
import dev.sluice.scheduler.estimate.LinkState;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One or several workers over the network, through the protocol's pool. Confined to the loop but
 * for closing.
 *
 * <p>To the session several workers are one link. It is up while one of them is; its pings are
 * those of the worker that the last request went to, and so are mixed as the requests are; answers
 * bring the queueing and computing of whoever gave them. So the estimates, and the plan, follow the
 * workers in use. A request that was moved to another worker counts from its last sending.
 */
public final class WorkerCloud implements Cloud, AutoCloseable {
  private final EventLoop loop;
  private final String modelDigest;
  private final PoolOptions options;
  private final CompletableFuture<Standing> standing = new CompletableFuture<>();
  private final Deque<Consumer<Listener>> unheard = new ArrayDeque<>();
  private final Object ending = new Object();
  private Listener listener = QUIET;

  /** What is told to whoever listens from now on. */
  private Optional<Consumer<Listener>> lastState = Optional.empty();

  private boolean listening;

  /** Absent at rest; those that came before say nothing any more. Guarded by ending. */
  private Optional<Connection> connected;

  private boolean closed;

  /** What the pool hears goes on to the loop until the link rests or is closed. */
  private record Connection(WorkerPool pool, Ears ears) {}

  /** How the first attempt to connect ended. */
  public sealed interface Standing {
    /** The worker has accepted the connection. */
    record Connected() implements Standing {}

    /**
     * It could not be reached, or does not want this device.
     *
     * @param trouble what kind of failure
     * @param why the same for people; names the address
     */
    record Failed(LinkTrouble trouble, String why) implements Standing {}
  }

  private static final Listener QUIET =
      new Listener() {
        @Override
        public void onLinkState(LinkState state, String detail) {}

        @Override
        public void onPong(long roundTripNanos, int paddingBytes, boolean shared) {}
      };

  /**
   * Begins to connect to one worker, and keeps trying.
   *
   * @param loop callbacks go there
   * @param options address, digest of the bundle, patience
   */
  public WorkerCloud(EventLoop loop, ClientOptions options) {
    this(
        loop,
        PoolOptions.of(List.of(new WorkerTarget.Host(options.host(), options.port())), options));
  }

  /**
   * Begins to connect to workers, and keeps trying.
   *
   * @param loop callbacks go there
   * @param options where the workers are, how many are used, digest of the bundle, patience
   */
  public WorkerCloud(EventLoop loop, PoolOptions options) {
    this.loop = loop;
    this.modelDigest = options.client().modelDigest();
    this.options = options;
    this.connected = Optional.of(connect());
  }

  private Connection connect() {
    Ears ears = new Ears();
    return new Connection(WorkerPool.connect(options, ears), ears);
  }

  /** Completes when the first attempt to connect has succeeded or failed. */
  public CompletableFuture<Standing> standing() {
    return standing;
  }

  /** Passes what the client hears on to the loop. */
  private final class Ears implements ClientListener {
    /** Confined to the loop. */
    private boolean deaf;

    private void tellState(LinkState state, String detail) {
      loop.execute(
          () -> {
            if (!deaf) {
              become(state, detail);
            }
          });
    }

    private void tell(Consumer<Listener> news) {
      WorkerCloud.this.tell(
          heard -> {
            if (!deaf) {
              news.accept(heard);
            }
          });
    }

    @Override
    public void onWelcome(Welcome welcome) {
      standing.complete(new Standing.Connected());
      onLoad(welcome.load());
    }

    @Override
    public void onTrouble(LinkTrouble trouble, String detail) {
      standing.complete(new Standing.Failed(trouble, detail));
    }

    @Override
    public void onState(dev.sluice.protocol.channel.LinkState state, String detail) {
      LinkState told =
          switch (state) {
            case CONNECTING -> LinkState.UNKNOWN;
            case UP -> LinkState.UP;
            case SILENT, DOWN -> LinkState.DOWN;
          };
      tellState(told, detail);
    }

    @Override
    public void onPong(long sentNanos, long receivedNanos, int bytesAhead, LoadReport load) {
      tell(heard -> heard.onPong(receivedNanos - sentNanos, 0, bytesAhead > 0));
      onLoad(load);
    }

    @Override
    public void onPingSent() {
      tell(Listener::onPingSent);
    }

    @Override
    public void onProbeSent(int bytes) {
      tell(heard -> heard.onProbeSent(bytes));
    }

    @Override
    public void onLoad(LoadReport load) {
      tell(heard -> heard.onLoad(workerLoad(load)));
    }

    @Override
    public void onLateRefusal(String model, Refusal refusal) {
      String asked = model.equals(modelDigest) ? "" : model;
      tell(heard -> heard.onLateRefusal(asked, refused(refusal)));
    }

    @Override
    public void onProbe(int bytes, long elapsedNanos) {
      tell(heard -> heard.onPong(elapsedNanos, bytes, false));
    }
  }

  /** What comes before anybody listens is kept: the link may be up before the session is. */
  private void tell(Consumer<Listener> news) {
    loop.execute(
        () -> {
          if (listening) {
            news.accept(listener);
          } else {
            unheard.add(news);
          }
        });
  }

  private void become(LinkState state, String detail) {
    lastState = Optional.of(heard -> heard.onLinkState(state, detail));
    if (state != LinkState.UP) {
      // Pongs that nobody heard were of a link that is no more.
      unheard.clear();
    }
    listener.onLinkState(state, detail);
  }

  @Override
  public void listen(Listener listener) {
    this.listener = listener;
    listening = true;
    rest(false);
    lastState.ifPresent(state -> state.accept(listener));
    while (!unheard.isEmpty()) {
      unheard.remove().accept(listener);
    }
  }

  @Override
  public void send(CloudRequest request, Consumer<CloudReply> done) {
    Infer infer =
        new Infer(
            wireId(request.id()),
            request.model().isEmpty() ? modelDigest : request.model(),
            request.cut(),
            request.codec(),
            WireRules.of(request.exits(), request.state()),
            remainingNanos(request),
            0,
            request.payload().parts());
    Consumer<CloudReply> onLoop = outcome -> loop.execute(() -> done.accept(outcome));
    pool()
        .ifPresentOrElse(
            pool -> pool.send(infer, outcome -> onLoop.accept(reply(outcome))),
            () -> onLoop.accept(new CloudReply.Lost("the link rests")));
  }

  private Optional<WorkerPool> pool() {
    synchronized (ending) {
      return connected.map(Connection::pool);
    }
  }

  /** As the protocol has it: 0 is no deadline. */
  private long remainingNanos(CloudRequest request) {
    return request.deadlineNanos() == CloudRequest.NO_DEADLINE
        ? 0
        : Math.max(1, request.deadlineNanos() - loop.nanoTime());
  }

  @Override
  public void cancel(long id) {
    pool().ifPresent(pool -> pool.cancel(wireId(id)));
  }

  private static long wireId(long frameId) {
    return frameId + 1;
  }

  /**
   * {@inheritDoc}
   *
   * <p>Nothing is sent while a request is being written or waits to be.
   */
  @Override
  public void probe(int bytes) {
    pool().ifPresent(pool -> pool.probe(Math.max(1, bytes)));
  }

  @Override
  public void rest(boolean resting) {
    synchronized (ending) {
      if (closed || resting == connected.isEmpty()) {
        return;
      }
      if (resting) {
        Connection old = connected.orElseThrow();
        old.ears().deaf = true;
        connected = Optional.empty();
        // Saying goodbye may take a moment, which the loop has not.
        Thread leaving = new Thread(old.pool()::close, "worker-leave");
        leaving.setDaemon(true);
        leaving.start();
      } else {
        connected = Optional.of(connect());
      }
    }
    become(
        resting ? LinkState.RESTING : LinkState.UNKNOWN,
        resting ? "no link could better the plan" : "connects again");
  }

  private static CloudReply reply(CloudOutcome outcome) {
    if (outcome instanceof CloudOutcome.Answered answered) {
      return answered(answered.answer(), answered.stamps());
    }
    if (outcome instanceof CloudOutcome.Refused refused) {
      return refused(refused.refusal());
    }
    if (outcome instanceof CloudOutcome.LinkLost lost) {
      return new CloudReply.Lost(lost.why());
    }
    return new CloudReply.Cancelled();
  }

  private static CloudReply.Refused refused(Refusal refusal) {
    return new CloudReply.Refused(
        refusal.code().name(),
        refusal.message(),
        refusal.code() == ErrorCode.OVERLOADED,
        refusal.retryAfterNanos());
  }

  private static CloudReply answered(Answer answer, TransferStamps stamps) {
    WorkerStamps worker = answer.stamps();
    return new CloudReply.Answered(
        answer.exit(),
        answer.top().stream()
            .map(score -> new LabelProbability(score.label(), Math.min(1, score.probability())))
            .toList(),
        new TransferTimes(
            stamps.submittedNanos(),
            stamps.firstWriteNanos(),
            stamps.replyReceivedNanos(),
            worker.firstByteNanos(),
            worker.lastByteNanos(),
            worker.startNanos(),
            worker.endNanos(),
            worker.replyNanos(),
            stamps.bytesSent(),
            stamps.bytesReceived(),
            answer.arrival().bytes(),
            answer.arrival().nanos()),
        workerLoad(answer.load()));
  }

  private static WorkerLoad workerLoad(LoadReport load) {
    return new WorkerLoad(load.queued(), load.busyFraction(), load.computeScale());
  }

  /** Ends the connection. */
  @Override
  public void close() {
    Optional<Connection> last;
    synchronized (ending) {
      closed = true;
      last = connected;
      connected = Optional.empty();
    }
    last.ifPresent(connection -> connection.pool().close());
  }
}
