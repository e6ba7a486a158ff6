package dev.sluice.protocol.pool;

import dev.sluice.protocol.channel.ClientListener;
import dev.sluice.protocol.channel.ClientOptions;
import dev.sluice.protocol.channel.CloudOutcome;
import dev.sluice.protocol.channel.LinkState;
import dev.sluice.protocol.channel.LinkTrouble;
import dev.sluice.protocol.channel.TransferStamps;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.ClassScore;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Partial;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.Welcome;
import dev.sluice.protocol.message.WorkerStamps;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;

/** Simulated time with workers in it, and any number of pools. */
final class World implements PoolLoop, Link.Opener {
  static final long MILLIS = 1_000_000;
  static final long SECOND = 1_000 * MILLIS;

  private record Task(long atNanos, long order, Runnable run) {}

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::atNanos).thenComparingLong(Task::order));
  private final Map<String, Worker> workers = new LinkedHashMap<>();
  private long nowNanos = 1_000;
  private long order;
  private boolean ended;

  /** What names lead to. */
  final Map<String, List<String>> names = new LinkedHashMap<>();

  int lookups;

  long pingEveryNanos = 250 * MILLIS;

  // --- time -------------------------------------------------------------------------------------

  @Override
  public long nanoTime() {
    return nowNanos;
  }

  @Override
  public void execute(Runnable task) {
    if (ended) {
      throw new RejectedExecutionException("the world has ended");
    }
    tasks.add(new Task(nowNanos, order++, task));
  }

  @Override
  public void after(long nanos, Runnable task) {
    tasks.add(new Task(nowNanos + nanos, order++, task));
  }

  @Override
  public void resolve(String name, Consumer<Resolution> done) {
    lookups++;
    after(
        MILLIS,
        () -> {
          List<String> found = names.getOrDefault(name, List.of());
          done.accept(
              found.isEmpty() ? new Resolution.Failed() : new Resolution.Found(List.copyOf(found)));
        });
  }

  void run(long nanos) {
    long until = nowNanos + nanos;
    for (Task next = tasks.peek(); next != null && next.atNanos <= until; next = tasks.peek()) {
      tasks.remove();
      nowNanos = next.atNanos;
      next.run.run();
    }
    nowNanos = until;
  }

  void end() {
    ended = true;
  }

  // --- workers ----------------------------------------------------------------------------------

  Worker worker(String host) {
    return workers.computeIfAbsent(host, Worker::new);
  }

  @Override
  public Link open(WorkerAddress at, ClientListener listener) {
    return worker(at.host()).open(listener);
  }

  PoolCore pool(String clientName, ClientListener listener, String... hosts) {
    return pool(clientName, listener, options -> options, hosts);
  }

  PoolCore pool(
      String clientName,
      ClientListener listener,
      Function<PoolOptions, PoolOptions> change,
      String... hosts) {
    List<WorkerTarget> targets = new ArrayList<>();
    for (String host : hosts) {
      targets.add(WorkerTarget.parse(host + ":7411"));
    }
    ClientOptions client =
        ClientOptions.to("unused", 1, "digest", clientName)
            .withChance(new Random(clientName.hashCode()), this::nanoTime);
    PoolCore pool =
        new PoolCore(change.apply(PoolOptions.of(targets, client)), this, this, listener);
    pool.start();
    return pool;
  }

  static Infer request(long id, long deadlineNanos) {
    return new Infer(
        id,
        "digest",
        1,
        "f32",
        ExitRule.NONE,
        deadlineNanos,
        0,
        List.of(ByteBuffer.wrap(new byte[4])));
  }

  /** A worker that computes one request after another. */
  final class Worker {
    final String host;
    final List<Open> links = new ArrayList<>();

    /** When devices called, whether it answered or not. */
    final List<Long> callsNanos = new ArrayList<>();

    boolean away;
    long computeNanos = 5 * MILLIS;
    long roundTripNanos = 2 * MILLIS;
    long readyNanos;
    int queued;
    int served;
    int requests;

    /** How requests are refused; null for not at all. */
    ErrorCode refusing;

    /** Requests that went there although the pool had been told that it could not take them. */
    int misled;

    Worker(String host) {
      this.host = host;
    }

    private Link open(ClientListener listener) {
      callsNanos.add(nowNanos);
      Open link = new Open(this, listener);
      after(
          roundTripNanos,
          () -> {
            if (link.closed) {
              return;
            }
            if (away) {
              link.lose(LinkTrouble.REFUSED, "no program listens at " + host);
              return;
            }
            if (refusing == ErrorCode.DRAINING) {
              link.lose(LinkTrouble.DRAINING, host + " takes nothing new");
              return;
            }
            links.add(link);
            listener.onWelcome(new Welcome(2, host, Limits.DEFAULT, load()));
            link.become(LinkState.UP, "connected to " + host);
            link.pong();
          });
      return link;
    }

    LoadReport load() {
      return new LoadReport(queued, queued > 0 ? 1 : 0, 1);
    }

    /** Ends all connections and takes no new ones. */
    void goAway() {
      away = true;
      queued = 0;
      for (Open link : new ArrayList<>(links)) {
        link.lose(LinkTrouble.LOST, "the connection to " + host + " closed");
      }
    }

    void comeBack() {
      away = false;
      readyNanos = nowNanos;
    }

    void fallSilent() {
      List.copyOf(links).forEach(link -> link.become(LinkState.SILENT, "no byte from " + host));
    }

    void speakAgain() {
      links.stream()
          .filter(link -> link.told == LinkState.SILENT)
          .toList()
          .forEach(link -> link.become(LinkState.UP, host + " is heard again"));
    }
  }

  /** One pool's connection to a worker. */
  final class Open implements Link {
    private final Worker worker;
    private final ClientListener listener;
    private final Map<Long, Consumer<CloudOutcome>> under = new LinkedHashMap<>();
    private LinkState told = LinkState.CONNECTING;
    private boolean draining;
    private boolean closed;

    Open(Worker worker, ClientListener listener) {
      this.worker = worker;
      this.listener = listener;
    }

    private void become(LinkState state, String why) {
      told = state;
      listener.onState(state, why);
    }

    private void lose(LinkTrouble trouble, String why) {
      worker.links.remove(this);
      listener.onTrouble(trouble, why, 0);
      become(LinkState.DOWN, why);
      for (Long id : new ArrayList<>(under.keySet())) {
        give(id, new CloudOutcome.LinkLost(why));
      }
    }

    private void pong() {
      if (closed || told == LinkState.DOWN) {
        return;
      }
      if (told == LinkState.UP) {
        listener.onPong(nowNanos - worker.roundTripNanos, nowNanos, 0, worker.load());
      }
      after(pingEveryNanos, this::pong);
    }

    private void give(long id, CloudOutcome outcome) {
      Consumer<CloudOutcome> done = under.remove(id);
      if (done != null) {
        done.accept(outcome);
      }
    }

    @Override
    public void probe(int bytes) {
      listener.onProbe(bytes, worker.roundTripNanos);
    }

    @Override
    public void send(Infer request, Consumer<CloudOutcome> done, Consumer<Partial> partials) {
      worker.requests++;
      if (told != LinkState.UP || draining || closed) {
        worker.misled++;
      }
      long id = request.requestId();
      under.put(id, done);
      if (worker.refusing != null) {
        ErrorCode code = worker.refusing;
        after(
            worker.roundTripNanos,
            () -> {
              draining |= code == ErrorCode.DRAINING;
              give(id, new CloudOutcome.Refused(new Refusal(id, code, "no", 100 * MILLIS)));
            });
        return;
      }
      long arrived = nowNanos + worker.roundTripNanos / 2;
      long begin = Math.max(arrived, worker.readyNanos);
      long end = begin + worker.computeNanos;
      worker.readyNanos = end;
      worker.queued++;
      after(
          end + worker.roundTripNanos / 2 - nowNanos,
          () -> {
            worker.queued = Math.max(0, worker.queued - 1);
            if (closed || told != LinkState.UP) {
              return; // a silent worker's answer does not come
            }
            worker.served++;
            give(id, answered(id, arrived, begin, end));
          });
    }

    private CloudOutcome answered(long id, long arrived, long begin, long end) {
      return new CloudOutcome.Answered(
          new Answer(
              id,
              1,
              List.of(new ClassScore(0, 1)),
              1,
              new WorkerStamps(arrived, arrived, begin, end, end),
              worker.load()),
          new TransferStamps(arrived, arrived, nowNanos, 1, 1));
    }

    @Override
    public void cancel(long requestId) {
      give(requestId, new CloudOutcome.Cancelled());
    }

    @Override
    public void close() {
      closed = true;
      worker.links.remove(this);
      for (Long id : new ArrayList<>(under.keySet())) {
        give(id, new CloudOutcome.LinkLost("client is closed"));
      }
    }
  }
}
