package dev.sluice.protocol.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.channel.AddressResolver;
import dev.sluice.protocol.channel.ClientListener;
import dev.sluice.protocol.channel.ClientOptions;
import dev.sluice.protocol.channel.CloudOutcome;
import dev.sluice.protocol.channel.LinkState;
import dev.sluice.protocol.channel.ReceiveStamps;
import dev.sluice.protocol.channel.RequestHandler;
import dev.sluice.protocol.channel.Responder;
import dev.sluice.protocol.channel.ServerOptions;
import dev.sluice.protocol.channel.WorkerServer;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.ClassScore;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.WorkerStamps;
import dev.sluice.protocol.security.ClientSecurity;
import dev.sluice.protocol.security.ServerSecurity;
import dev.sluice.protocol.security.TestKeys;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The pool with real workers over the loopback interface. */
@Timeout(30)
class WorkerPoolTest {
  private static final long SECOND = 1_000_000_000L;

  private final BlockingQueue<LinkState> states = new LinkedBlockingQueue<>();
  private final ClientListener ears =
      new ClientListener() {
        @Override
        public void onState(LinkState state, String detail) {
          states.add(state);
        }
      };

  /** Answers at once; the exit tells which worker it was. */
  private record Echo(int number) implements RequestHandler {
    @Override
    public void onInfer(Infer request, ReceiveStamps stamps, Responder responder) {
      responder.answer(
          new Answer(
              request.requestId(),
              number,
              List.of(new ClassScore(1, 1)),
              1,
              new WorkerStamps(
                  stamps.firstByteNanos(),
                  stamps.lastByteNanos(),
                  stamps.lastByteNanos(),
                  stamps.lastByteNanos() + 1_000,
                  0),
              LoadReport.IDLE));
    }
  }

  private static WorkerServer serve(int number, ServerSecurity security) throws IOException {
    return WorkerServer.bind(
        ServerOptions.on("127.0.0.1", 0, "worker-" + number).withSecurity(() -> security),
        new Echo(number));
  }

  private static WorkerServer serve(int number) throws IOException {
    return serve(number, ServerSecurity.none());
  }

  private static PoolOptions options(WorkerTarget... targets) {
    return PoolOptions.of(List.of(targets), ClientOptions.to("unused", 1, "digest", "test"));
  }

  private static WorkerTarget at(WorkerServer server) {
    return new WorkerTarget.Host("127.0.0.1", server.port());
  }

  private void awaitUp() throws InterruptedException {
    LinkState state;
    do {
      state = states.poll(10, TimeUnit.SECONDS);
      assertThat(state).as("the pool comes up").isNotNull();
    } while (state != LinkState.UP);
  }

  private static List<WorkerStatus> awaitConnections(WorkerPool pool, int wanted) throws Exception {
    while (true) {
      List<WorkerStatus> workers = pool.workers().get(10, TimeUnit.SECONDS);
      if (workers.stream().filter(w -> w.state() == LinkState.UP).count() == wanted) {
        return workers;
      }
      Thread.onSpinWait();
    }
  }

  private static int exitOf(CloudOutcome outcome) {
    assertThat(outcome).isInstanceOf(CloudOutcome.Answered.class);
    return ((CloudOutcome.Answered) outcome).answer().exit();
  }

  private static CloudOutcome ask(WorkerPool pool, long id) throws Exception {
    CompletableFuture<CloudOutcome> outcome = new CompletableFuture<>();
    pool.send(World.request(id, 5 * SECOND), outcome::complete);
    return outcome.get(10, TimeUnit.SECONDS);
  }

  @Test
  void goesOnWithoutAFailedRequestWhenOneOfTwoWorkersDrains() throws Exception {
    WorkerServer first = serve(1);
    try (first;
        WorkerServer second = serve(2);
        WorkerPool pool = WorkerPool.connect(options(at(first), at(second)), ears)) {
      awaitUp();
      awaitConnections(pool, 2);
      for (long id = 1; id <= 50; id++) {
        ask(pool, id);
      }
      CompletableFuture<Boolean> drained =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return first.drain(5 * SECOND);
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      int[] answers = new int[3];
      for (long id = 51; id <= 150; id++) {
        answers[exitOf(ask(pool, id))]++;
      }
      assertThat(drained.get(10, TimeUnit.SECONDS)).isTrue();
      assertThat(answers[2]).isGreaterThanOrEqualTo(50);
      assertThat(pool.state()).isEqualTo(LinkState.UP);
    }
  }

  @Test
  void findsEveryAddressOfANameAndChecksCertificatesAgainstTheName(@TempDir Path folder)
      throws Exception {
    TestKeys keys = new TestKeys(folder, "authority");
    keys.issue("worker", "workers.example");
    ServerSecurity security = ServerSecurity.of(keys.worker("worker"), InstantSource.system());
    try (WorkerServer server = serve(7, security)) {
      PoolOptions plain =
          options(new WorkerTarget.EveryAddress("workers.example", server.port()))
              .withResolver(
                  name -> List.of(InetAddress.getByName("127.0.0.1")), 30 * SECOND, SECOND);
      PoolOptions secure =
          new PoolOptions(
              plain.targets(),
              plain
                  .client()
                  .withSecurity(ClientSecurity.of(keys.trusting(), InstantSource.system())),
              plain.connections(),
              plain.urgentBackoffNanos(),
              plain.calmBackoffNanos(),
              plain.maxBackoffNanos(),
              plain.replaceWithinNanos(),
              plain.slowStartNanos(),
              plain.steadyNanos(),
              plain.maxRetries(),
              plain.retryShare(),
              plain.retryBurst(),
              plain.refreshNanos(),
              plain.refreshDownNanos(),
              plain.resolver());
      try (WorkerPool pool = WorkerPool.connect(secure, ears)) {
        awaitUp();
        assertThat(exitOf(ask(pool, 1))).isEqualTo(7);
        assertThat(pool.workers().get(10, TimeUnit.SECONDS))
            .singleElement()
            .satisfies(w -> assertThat(w.address()).isEqualTo("127.0.0.1:" + server.port()));
      }
    }
  }

  @Test
  void goesOnWhileANameServerDoesNotAnswer() throws Exception {
    CountDownLatch answers = new CountDownLatch(1);
    AddressResolver resolver =
        name -> {
          try {
            answers.await();
          } catch (InterruptedException closed) {
            throw new UnknownHostException(name);
          }
          return List.of(InetAddress.getByName("127.0.0.1"));
        };
    try (WorkerServer named = serve(1);
        WorkerServer plain = serve(2);
        WorkerPool pool =
            WorkerPool.connect(
                options(new WorkerTarget.Host("worker.example", named.port()), at(plain))
                    .withResolver(resolver, 30 * SECOND, SECOND),
                ears)) {
      awaitUp();
      for (long id = 1; id <= 20; id++) {
        assertThat(exitOf(ask(pool, id))).isEqualTo(2);
      }
      answers.countDown();
      awaitConnections(pool, 2);
    }
  }

  @Test
  void tellsHowLongAProbeTookOnTheWorkerInUse() throws Exception {
    BlockingQueue<Integer> probes = new LinkedBlockingQueue<>();
    CountDownLatch up = new CountDownLatch(1);
    ClientListener hears =
        new ClientListener() {
          @Override
          public void onState(LinkState state, String detail) {
            if (state == LinkState.UP) {
              up.countDown();
            }
          }

          @Override
          public void onProbe(int bytes, long elapsedNanos) {
            probes.add(elapsedNanos > 0 ? bytes : -1);
          }
        };
    try (WorkerServer server = serve(1);
        WorkerPool pool = WorkerPool.connect(options(at(server)), hears)) {
      assertThat(up.await(10, TimeUnit.SECONDS)).isTrue();
      pool.probe(5_000);
      assertThat(probes.poll(10, TimeUnit.SECONDS)).isGreaterThanOrEqualTo(5_000);
    }
  }

  @Test
  void givesEveryRequestOneOutcomeWhenItIsClosedAmongThem() throws Exception {
    BlockingQueue<CloudOutcome> outcomes = new LinkedBlockingQueue<>();
    try (WorkerServer first = serve(1);
        WorkerServer second = serve(2)) {
      WorkerPool pool = WorkerPool.connect(options(at(first), at(second)), ears);
      awaitUp();
      for (long id = 1; id <= 500; id++) {
        pool.send(World.request(id, SECOND), outcomes::add);
        if (id == 250) {
          pool.close();
        }
      }
      for (int i = 0; i < 500; i++) {
        assertThat(outcomes.poll(10, TimeUnit.SECONDS)).as("outcome %d", i).isNotNull();
      }
      assertThat(outcomes.poll()).isNull();
      assertThat(pool.workers().get(10, TimeUnit.SECONDS)).isEmpty();
    }
  }
}
