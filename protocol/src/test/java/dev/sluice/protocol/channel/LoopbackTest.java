package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.ClassScore;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.Hello;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Ping;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.WorkerStamps;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real client against real server over the loopback interface. */
@Timeout(30)
class LoopbackTest {
  static final String DIGEST = "ab".repeat(32);

  /** Keeps what arrives; the test answers. */
  static final class Inbox implements RequestHandler {
    final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
    final BlockingQueue<Long> cancelled = new LinkedBlockingQueue<>();
    volatile Optional<Refusal> verdict = Optional.empty();
    final BlockingQueue<Hello> hellos = new LinkedBlockingQueue<>();

    /** Hellos are looked at once this is open, so that a request can come before their refusal. */
    volatile CountDownLatch beforeHellos = new CountDownLatch(0);

    record Received(Infer request, ReceiveStamps stamps, Responder responder) {}

    @Override
    public Optional<Refusal> onHello(Hello hello) {
      try {
        beforeHellos.await();
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
      hellos.add(hello);
      return verdict;
    }

    @Override
    public void onInfer(Infer request, ReceiveStamps stamps, Responder responder) {
      received.add(new Received(request, stamps, responder));
    }

    @Override
    public void onCancel(Responder responder) {
      cancelled.add(responder.requestId());
    }

    volatile LoadReport load = new LoadReport(3, 0.5, 2);

    @Override
    public LoadReport load() {
      return load;
    }

    Received take() throws InterruptedException {
      Received next = received.poll(10, TimeUnit.SECONDS);
      assertThat(next).as("a request arrives").isNotNull();
      return next;
    }
  }

  static class Events implements ClientListener {
    final BlockingQueue<LinkState> states = new LinkedBlockingQueue<>();
    final BlockingQueue<LoadReport> loads = new LinkedBlockingQueue<>();
    final BlockingQueue<LoadReport> changes = new LinkedBlockingQueue<>();
    final Map<LinkState, String> details = new ConcurrentHashMap<>();
    final Queue<LinkTrouble> troubles = new ConcurrentLinkedQueue<>();
    final AtomicInteger pingsSent = new AtomicInteger();

    @Override
    public void onPingSent() {
      pingsSent.incrementAndGet();
    }

    @Override
    public void onTrouble(LinkTrouble trouble, String detail) {
      troubles.add(trouble);
    }

    @Override
    public void onState(LinkState state, String detail) {
      details.put(state, detail);
      states.add(state);
    }

    @Override
    public void onPong(long sentNanos, long receivedNanos, int bytesAhead, LoadReport load) {
      assertThat(receivedNanos).isGreaterThanOrEqualTo(sentNanos);
      loads.add(load);
    }

    @Override
    public void onLoad(LoadReport load) {
      changes.add(load);
    }

    void await(LinkState wanted) throws InterruptedException {
      LinkState state;
      do {
        state = states.poll(10, TimeUnit.SECONDS);
        assertThat(state).as("link becomes %s", wanted).isNotNull();
      } while (state != wanted);
    }
  }

  /** Its deadline is far, since the first test on a busy machine takes seconds to begin. */
  static Infer request(long id, byte[]... payloads) {
    List<ByteBuffer> buffers = new ArrayList<>();
    for (byte[] payload : payloads) {
      buffers.add(ByteBuffer.wrap(payload));
    }
    return new Infer(id, DIGEST, 2, "klt-s1.0", ExitRule.NONE, 20_000_000_000L, 0, buffers);
  }

  static Answer answer(long id, ReceiveStamps stamps) {
    return answer(id, stamps, 5);
  }

  static Answer answer(long id, ReceiveStamps stamps, int label) {
    return new Answer(
        id,
        1,
        List.of(new ClassScore(label, 0.75f)),
        0.75,
        new WorkerStamps(
            stamps.firstByteNanos(),
            stamps.lastByteNanos(),
            stamps.lastByteNanos(),
            stamps.lastByteNanos(),
            0),
        LoadReport.IDLE);
  }

  /** Patient with greetings: a machine that stalls is no worker that never greets. */
  static ClientOptions options(int port) {
    return ClientOptions.to("127.0.0.1", port, DIGEST, "test")
        .withReconnect(20_000_000_000L, 5_000_000L, 50_000_000L)
        .withPings(20_000_000L, 5_000_000_000L, 10_000_000_000L);
  }

  static WorkerServer serve(RequestHandler handler) throws IOException {
    return WorkerServer.bind(ServerOptions.on("127.0.0.1", 0, "worker"), handler);
  }

  @Test
  void answersManyRequestsInAnyOrderExactlyOnce() throws Exception {
    Inbox inbox = new Inbox();
    int count = 200;
    Map<Long, AtomicInteger> outcomes = new ConcurrentHashMap<>();
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    Random random = new Random(1);
    try (WorkerServer server = serve(inbox);
        WorkerClient client = WorkerClient.connect(options(server.port()), ClientListener.NONE)) {
      for (long id = 1; id <= count; id++) {
        byte[] payload = new byte[4 + random.nextInt(20_000)];
        random.nextBytes(payload);
        ByteBuffer.wrap(payload).putInt((int) id);
        long requestId = id;
        client.send(
            request(id, payload),
            outcome -> {
              outcomes.computeIfAbsent(requestId, k -> new AtomicInteger()).incrementAndGet();
              done.add(outcome);
            });
      }
      List<Inbox.Received> batch = new ArrayList<>();
      int answered = 0;
      while (answered < count) {
        batch.add(inbox.take());
        inbox.received.drainTo(batch);
        Collections.shuffle(batch, random);
        for (Inbox.Received r : batch) {
          int asked = r.request().payloads().get(0).getInt();
          r.responder().answer(answer(r.request().requestId(), r.stamps(), asked));
          answered++;
        }
        batch.clear();
      }
      for (int i = 0; i < count; i++) {
        CloudOutcome outcome = done.poll(10, TimeUnit.SECONDS);
        assertThat(outcome).isInstanceOf(CloudOutcome.Answered.class);
        CloudOutcome.Answered a = (CloudOutcome.Answered) outcome;
        assertThat(a.answer().top().get(0).label()).isEqualTo((int) (a.answer().requestId()));
        assertThat(a.stamps().firstWriteNanos())
            .isBetween(a.stamps().submittedNanos(), a.stamps().replyReceivedNanos());
        WorkerStamps worker = a.answer().stamps();
        assertThat(worker.lastByteNanos()).isBetween(worker.firstByteNanos(), worker.replyNanos());
        assertThat(a.stamps().bytesReceived()).isBetween(50, 120);
      }
    }
    assertThat(outcomes).hasSize(count);
    assertThat(outcomes.values()).allMatch(n -> n.get() == 1);
    assertThat(done).isEmpty();
  }

  @Test
  void deliversPayloadsOfEverySizeUnchangedAndCountsTheirBytes() throws Exception {
    Inbox inbox = new Inbox();
    Random random = new Random(2);
    try (WorkerServer server = serve(inbox);
        WorkerClient client = WorkerClient.connect(options(server.port()), ClientListener.NONE)) {
      long id = 0;
      for (int bytes : new int[] {0, 1, 4095, 4096, 4097, 70_000, 1_500_000}) {
        byte[] first = new byte[bytes];
        byte[] second = new byte[bytes / 3];
        random.nextBytes(first);
        random.nextBytes(second);
        BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
        client.send(request(++id, first, second), done::add);
        Inbox.Received r = inbox.take();
        assertThat(r.request().modelDigest()).isEqualTo(DIGEST);
        assertThat(r.request().codec()).isEqualTo("klt-s1.0");
        assertThat(r.request().deadlineRemainingNanos()).isBetween(1L, 20_000_000_000L);
        assertThat(r.request().payloads())
            .containsExactly(ByteBuffer.wrap(first), ByteBuffer.wrap(second));
        r.responder().answer(answer(r.request().requestId(), r.stamps()));
        CloudOutcome.Answered a = (CloudOutcome.Answered) done.poll(10, TimeUnit.SECONDS);
        assertThat(a.stamps().bytesSent()).isGreaterThan(bytes + bytes / 3);
        int frames = 3 + (bytes + bytes / 3) / RateMeter.MIN_CHUNK_BYTES;
        assertThat(a.stamps().bytesSent()).isLessThan(bytes + bytes / 3 + 14 * frames + 80);
      }
    }
  }

  @Test
  void givesEveryRequestOneOutcomeWhenTheWorkerDiesAndConnectsAgainToTheNext() throws Exception {
    Inbox inbox = new Inbox();
    Events events = new Events();
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    int port;
    WorkerServer server = serve(inbox);
    port = server.port();
    try (WorkerClient client = WorkerClient.connect(options(port), events)) {
      events.await(LinkState.UP);
      for (long id = 1; id <= 100; id++) {
        client.send(request(id, new byte[3000]), done::add);
      }
      inbox.take().responder().answer(answer(1, new ReceiveStamps(0, 0)));
      CloudOutcome first = done.poll(10, TimeUnit.SECONDS);
      server.close();
      int lost = 0;
      for (int i = 1; i < 100; i++) {
        CloudOutcome outcome = done.poll(10, TimeUnit.SECONDS);
        assertThat(outcome).isInstanceOf(CloudOutcome.LinkLost.class);
        lost++;
      }
      assertThat(first).isInstanceOf(CloudOutcome.Answered.class);
      assertThat(lost).isEqualTo(99);
      events.await(LinkState.DOWN);
      try (WorkerServer next =
          WorkerServer.bind(ServerOptions.on("127.0.0.1", port, "next"), inbox)) {
        events.await(LinkState.UP);
        assertThat(next.port()).isEqualTo(port);
        inbox.received.clear();
        client.send(request(500, new byte[10]), done::add);
        Inbox.Received r = inbox.take();
        r.responder().answer(answer(r.request().requestId(), r.stamps()));
        CloudOutcome.Answered last = (CloudOutcome.Answered) done.poll(10, TimeUnit.SECONDS);
        assertThat(last.answer().requestId()).isEqualTo(500);
      }
    }
    assertThat(done).isEmpty();
  }

  @Test
  void ignoresASecondReply() throws Exception {
    Inbox inbox = new Inbox();
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    try (WorkerServer server = serve(inbox);
        WorkerClient client = WorkerClient.connect(options(server.port()), ClientListener.NONE)) {
      client.send(request(1, new byte[10]), done::add);
      Inbox.Received r = inbox.take();
      r.responder().answer(answer(1, r.stamps()));
      r.responder().answer(answer(1, r.stamps()));
      r.responder().refuse(ErrorCode.INTERNAL, "too late", 0);
      assertThat(done.poll(10, TimeUnit.SECONDS)).isInstanceOf(CloudOutcome.Answered.class);
      client.send(request(2, new byte[10]), done::add);
      Inbox.Received next = inbox.take();
      next.responder().refuse(ErrorCode.OVERLOADED, "busy", 7);
      assertThat(done.poll(10, TimeUnit.SECONDS))
          .isEqualTo(new CloudOutcome.Refused(new Refusal(2, ErrorCode.OVERLOADED, "busy", 7)));
      assertThat(done).isEmpty();
    }
  }

  @Test
  void tellsTheWorkerAboutACancelledRequestAndIgnoresItsAnswer() throws Exception {
    Inbox inbox = new Inbox();
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    try (WorkerServer server = serve(inbox);
        WorkerClient client = WorkerClient.connect(options(server.port()), ClientListener.NONE)) {
      Request request = client.send(request(1, new byte[10]), done::add);
      Inbox.Received r = inbox.take();
      request.cancel();
      request.cancel();
      assertThat(done.poll(10, TimeUnit.SECONDS)).isEqualTo(new CloudOutcome.Cancelled());
      assertThat(inbox.cancelled.poll(10, TimeUnit.SECONDS)).isEqualTo(1);
      assertThat(r.responder().isCancelled()).isTrue();
      r.responder().answer(answer(1, r.stamps()));
      client.send(request(2, new byte[10]), done::add);
      Inbox.Received next = inbox.take();
      next.responder().answer(answer(2, next.stamps()));
      assertThat(done.poll(10, TimeUnit.SECONDS)).isInstanceOf(CloudOutcome.Answered.class);
      assertThat(done).isEmpty();
    }
  }

  @Test
  void givesTheRefusalOfAConnectionToItsRequestsAndSaysWhyInTheState() throws Exception {
    CountDownLatch sent = new CountDownLatch(1);
    Inbox inbox = new Inbox();
    inbox.beforeHellos = sent;
    inbox.verdict =
        Optional.of(new Refusal(0, ErrorCode.UNKNOWN_MODEL, "no such model; have roadsigns", 0));
    Events events = new Events();
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    try (WorkerServer server = serve(inbox);
        WorkerClient client = WorkerClient.connect(options(server.port()), events)) {
      client.send(request(1, new byte[10]), done::add);
      sent.countDown();
      events.await(LinkState.DOWN);
      assertThat(events.details.get(LinkState.DOWN))
          .contains("127.0.0.1:" + server.port())
          .contains("does not serve this model: no such model; have roadsigns");
      assertThat(events.troubles).containsOnly(LinkTrouble.MODEL_NOT_SERVED);
      assertThat(done.poll(10, TimeUnit.SECONDS))
          .isEqualTo(
              new CloudOutcome.Refused(
                  new Refusal(1, ErrorCode.UNKNOWN_MODEL, "no such model; have roadsigns", 0)));
      inbox.verdict = Optional.empty();
      events.await(LinkState.UP);
      assertThat(inbox.hellos.take().modelDigest()).isEqualTo(DIGEST);
    }
  }

  @Test
  void losesRequestsAtOnceWhenNobodyListens() throws Exception {
    int port;
    try (WorkerServer server = serve(new Inbox())) {
      port = server.port();
    }
    Events events = new Events();
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    try (WorkerClient client = WorkerClient.connect(options(port), events)) {
      client.send(request(1, new byte[10]), done::add);
      CloudOutcome.LinkLost lost = (CloudOutcome.LinkLost) done.poll(10, TimeUnit.SECONDS);
      assertThat(lost.why()).containsOnlyOnce("127.0.0.1:" + port);
      assertThat(events.troubles).containsOnly(LinkTrouble.REFUSED);
      events.await(LinkState.DOWN);
    }
  }

  @Test
  void triesAllAddressesOfAHostUntilOneTakesTheConnection() throws Exception {
    Events events = new Events();
    AddressResolver resolver =
        name ->
            List.of(
                InetAddress.getByName("127.0.0.3"), // Nothing listens there: connection refused.
                InetAddress.getByName("127.0.0.2"),
                InetAddress.getByName("127.0.0.1"));
    try (WorkerServer server = serve(new Inbox());
        ClientLoop loop = ClientLoop.start(resolver);
        WorkerClient client =
            WorkerClient.connect(
                ClientOptions.to("worker.example", server.port(), DIGEST, "test"), events, loop)) {
      events.await(LinkState.UP);
      assertThat(events.troubles).isEmpty();
      assertThat(client.state()).isEqualTo(LinkState.UP);
    }
  }

  @Test
  void refusesWhatIsLargerThanGrantedAndSendsNothingOfIt() throws Exception {
    Inbox inbox = new Inbox();
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    ServerOptions small =
        ServerOptions.on("127.0.0.1", 0, "small").withLimits(new Limits(1024, 5000, 2), 4);
    try (WorkerServer server = WorkerServer.bind(small, inbox);
        WorkerClient client = WorkerClient.connect(options(server.port()), ClientListener.NONE)) {
      client.send(request(1, new byte[5001]), done::add);
      CloudOutcome.Refused refused = (CloudOutcome.Refused) done.poll(10, TimeUnit.SECONDS);
      assertThat(refused.refusal().code()).isEqualTo(ErrorCode.TOO_LARGE);
      // Never more than two are under way, whatever is submitted.
      for (long id = 2; id <= 9; id++) {
        client.send(request(id, new byte[4000]), done::add);
      }
      for (long id = 2; id <= 9; id++) {
        Inbox.Received r = inbox.take();
        assertThat(r.request().requestId()).isEqualTo(id - 1);
        r.responder().answer(answer(id - 1, r.stamps()));
        assertThat(done.poll(10, TimeUnit.SECONDS)).isInstanceOf(CloudOutcome.Answered.class);
      }
    }
  }

  @Test
  void reportsRoundTripsAndTheWorkersLoad() throws Exception {
    Events events = new Events();
    try (WorkerServer server = serve(new Inbox());
        WorkerClient client = WorkerClient.connect(options(server.port()), events)) {
      assertThat(events.loads.poll(10, TimeUnit.SECONDS)).isEqualTo(new LoadReport(3, 0.5, 2));
      assertThat(events.loads.poll(10, TimeUnit.SECONDS)).isNotNull();
      assertThat(client.state()).isEqualTo(LinkState.UP);
    }
  }

  @Test
  void cancelsWhatIsUnderWayWhenTheDeviceLeaves() throws Exception {
    Inbox inbox = new Inbox();
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    try (WorkerServer server = serve(inbox)) {
      WorkerClient client = WorkerClient.connect(options(server.port()), ClientListener.NONE);
      client.send(request(1, new byte[10]), done::add);
      inbox.take();
      client.close();
      client.close();
      assertThat(done.poll(10, TimeUnit.SECONDS)).isInstanceOf(CloudOutcome.LinkLost.class);
      assertThat(inbox.cancelled.poll(10, TimeUnit.SECONDS)).isEqualTo(1);
      client.send(request(2, new byte[10]), done::add);
      assertThat(done.poll(10, TimeUnit.SECONDS)).isInstanceOf(CloudOutcome.LinkLost.class);
    }
  }

  @Test
  void refusesAnIdThatIsInUseAsTheCallersMistake() throws Exception {
    Inbox inbox = new Inbox();
    try (WorkerServer server = serve(inbox);
        WorkerClient client = WorkerClient.connect(options(server.port()), ClientListener.NONE)) {
      client.send(request(1, new byte[10]), outcome -> {});
      assertThatThrownBy(() -> client.send(request(1, new byte[10]), outcome -> {}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1");
    }
  }

  @Test
  void answersInternalWhenTheHandlerThrows() throws Exception {
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    RequestHandler broken =
        (request, stamps, responder) -> {
          throw new IllegalStateException("model fell over");
        };
    try (WorkerServer server = serve(broken);
        WorkerClient client = WorkerClient.connect(options(server.port()), ClientListener.NONE)) {
      client.send(request(1, new byte[10]), done::add);
      CloudOutcome.Refused refused = (CloudOutcome.Refused) done.poll(10, TimeUnit.SECONDS);
      assertThat(refused.refusal().code()).isEqualTo(ErrorCode.INTERNAL);
      assertThat(refused.refusal().message()).isEqualTo("worker failed; see its log");
    }
  }

  @Test
  void namesTheAddressThatIsTaken() throws Exception {
    try (WorkerServer server = serve(new Inbox())) {
      assertThatThrownBy(
              () ->
                  WorkerServer.bind(
                      ServerOptions.on("127.0.0.1", server.port(), "second"), new Inbox()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("127.0.0.1:" + server.port());
    }
  }

  @Test
  void saysThatAHostToListenOnIsUnknown() {
    assertThatThrownBy(
            () ->
                WorkerServer.bind(
                    ServerOptions.on("no.such.host.invalid", 0, "nowhere"), new Inbox()))
        .isInstanceOf(IOException.class)
        .hasMessage("cannot listen on no.such.host.invalid:0: unknown host");
  }

  @Test
  void closesAPeerThatAsksWithoutEndAndNeverReads() throws Exception {
    ServerOptions impatient =
        ServerOptions.on("127.0.0.1", 0, "impatient").withTimeouts(5_000_000_000L, 200_000_000L);
    MessageFrames frames = new MessageFrames();
    ByteBufAllocator heap = new UnpooledByteBufAllocator(false);
    try (WorkerServer server = WorkerServer.bind(impatient, new Inbox());
        Socket peer = new Socket("127.0.0.1", server.port())) {
      ByteBuf pings = heap.buffer();
      ByteBuf hello = frames.write(heap, new Hello(2, "greedy", DIGEST));
      hello.readBytes(peer.getOutputStream(), hello.readableBytes());
      for (int i = 0; i < 1_000; i++) {
        pings.writeBytes(frames.write(heap, new Ping(i)));
      }
      byte[] flood = ByteBufUtil.getBytes(pings);
      // Each side's buffers fill up, then the worker reads no more, then it closes.
      assertThatThrownBy(
              () -> {
                while (true) {
                  peer.getOutputStream().write(flood);
                }
              })
          .isInstanceOf(IOException.class);
      while (server.connections() > 0) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void tellsOfLoadWhenItChanges() throws Exception {
    Inbox inbox = new Inbox();
    Events events = new Events();
    try (WorkerServer server = serve(inbox);
        WorkerClient client =
            WorkerClient.connect(
                options(server.port()).withPings(60_000_000_000L, 1_000_000_000L, 1_000_000_000L),
                events)) {
      client.send(request(1, new byte[10]), outcome -> {});
      inbox.take();
      inbox.load = new LoadReport(30, 1, 2);
      assertThat(events.changes.poll(10, TimeUnit.SECONDS)).isEqualTo(inbox.load);
    }
  }

  @Test
  void answersWhatIsUnderWayAndWelcomesNobodyWhileItDrains() throws Exception {
    Inbox inbox = new Inbox();
    Events events = new Events();
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    try (WorkerServer server = serve(inbox);
        WorkerClient client = WorkerClient.connect(options(server.port()), events)) {
      client.send(request(1, new byte[10]), done::add);
      Inbox.Received r = inbox.take();
      BlockingQueue<Boolean> drained = new LinkedBlockingQueue<>();
      Thread draining =
          new Thread(
              () -> {
                try {
                  drained.add(server.drain(20_000_000_000L));
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      draining.start();
      events.await(LinkState.DOWN);
      assertThat(events.troubles).startsWith(LinkTrouble.DRAINING);
      assertThat(drained).isEmpty();
      r.responder().answer(answer(r.request().requestId(), r.stamps()));
      assertThat(done.poll(10, TimeUnit.SECONDS)).isInstanceOf(CloudOutcome.Answered.class);
      assertThat(drained.poll(10, TimeUnit.SECONDS)).isTrue();
      assertThat(server.connections()).isZero();
    }
  }

  @Test
  void keepsPingsShortWhileAMegabyteIsSent() throws Exception {
    Inbox inbox = new Inbox();
    CountDownLatch pongs = new CountDownLatch(20);
    ClientListener counting =
        new ClientListener() {
          @Override
          public void onPong(long sent, long received, int bytesAhead, LoadReport load) {
            assertThat(bytesAhead).isLessThanOrEqualTo(SendWindow.MAX_BYTES + 8192);
            pongs.countDown();
          }
        };
    try (WorkerServer server = serve(inbox);
        WorkerClient client = WorkerClient.connect(options(server.port()), counting)) {
      client.send(request(1, new byte[1 << 20]), outcome -> {});
      inbox.take();
      assertThat(pongs.await(10, TimeUnit.SECONDS)).as("pings among the data").isTrue();
    }
  }
}
