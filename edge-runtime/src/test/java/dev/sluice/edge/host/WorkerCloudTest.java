package dev.sluice.edge.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.edge.host.WorkerCloud.Standing;
import dev.sluice.edge.session.Cloud;
import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudRequest;
import dev.sluice.edge.session.Payload;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.ExitState;
import dev.sluice.protocol.channel.ClientOptions;
import dev.sluice.protocol.channel.LinkTrouble;
import dev.sluice.protocol.channel.ReceiveStamps;
import dev.sluice.protocol.channel.RequestHandler;
import dev.sluice.protocol.channel.Responder;
import dev.sluice.protocol.channel.ServerOptions;
import dev.sluice.protocol.channel.WorkerServer;
import dev.sluice.protocol.frame.Handshake;
import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.ClassScore;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.Hello;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Message;
import dev.sluice.protocol.message.MessageType;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.Welcome;
import dev.sluice.protocol.message.WorkerStamps;
import dev.sluice.protocol.pool.PoolOptions;
import dev.sluice.protocol.pool.WorkerTarget;
import dev.sluice.scheduler.estimate.LinkState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerCloudTest {
  private static final String DIGEST = "ab".repeat(32);
  private static final String OTHER =
      "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";

  private final ThreadLoop loop = new ThreadLoop("test-loop");
  private final LinkedBlockingQueue<Infer> received = new LinkedBlockingQueue<>();
  private final LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private Optional<WorkerServer> server = Optional.empty();
  private Optional<WorkerCloud> cloud = Optional.empty();

  @AfterEach
  void close() throws Exception {
    cloud.ifPresent(WorkerCloud::close);
    if (server.isPresent()) {
      server.get().close();
    }
    loop.close();
  }

  private final class Worker implements RequestHandler {
    @Override
    public Optional<Refusal> onHello(Hello hello) {
      return hello.modelDigest().equals(DIGEST)
          ? Optional.empty()
          : Optional.of(new Refusal(0, ErrorCode.UNKNOWN_MODEL, "not here", 0));
    }

    @Override
    public void onInfer(Infer request, ReceiveStamps stamps, Responder responder) {
      if (!request.modelDigest().equals(DIGEST)) {
        responder.refuse(ErrorCode.UNKNOWN_MODEL, "not here", 0);
        return;
      }
      received.add(request);
      if (request.cut() == 7) {
        responder.refuse(ErrorCode.OVERLOADED, "busy", 5);
        return;
      }
      responder.answer(
          new Answer(
              request.requestId(),
              2,
              List.of(new ClassScore(4, 0.75f)),
              0.75,
              new WorkerStamps(stamps.firstByteNanos(), stamps.lastByteNanos(), 1, 2, 2),
              new LoadReport(3, 0.5, 1.5)));
    }

    @Override
    public LoadReport load() {
      return new LoadReport(0, 0, 1);
    }
  }

  private WorkerCloud connect(String digest) throws Exception {
    WorkerServer bound =
        WorkerServer.bind(ServerOptions.on("127.0.0.1", 0, "the worker"), new Worker());
    server = Optional.of(bound);
    return connect(bound.port(), digest);
  }

  private WorkerCloud connect(int port, String digest) {
    WorkerCloud made =
        new WorkerCloud(loop, ClientOptions.to("127.0.0.1", port, digest, "the test"));
    cloud = Optional.of(made);
    return made;
  }

  private CloudReply send(WorkerCloud to, int cut) throws Exception {
    return submit(to, "", cut).get(10, TimeUnit.SECONDS);
  }

  private CompletableFuture<CloudReply> submit(WorkerCloud to, String model, int cut) {
    CompletableFuture<CloudReply> reply = new CompletableFuture<>();
    CloudRequest request =
        new CloudRequest(
            cut,
            model,
            cut,
            "klt",
            Map.of(1, new ExitPolicy.Top1Above(0.5)),
            ExitState.NONE,
            loop.nanoTime() + 1_000_000_000L,
            new Payload(List.of(ByteBuffer.wrap(new byte[] {1, 2, 3}))));
    loop.execute(() -> to.send(request, reply::complete));
    return reply;
  }

  @Test
  void carriesARequestToTheWorkerAndItsAnswerBack() throws Exception {
    WorkerCloud to = connect(DIGEST);
    assertThat(to.standing().get(10, TimeUnit.SECONDS)).isEqualTo(new Standing.Connected());
    CloudReply.Answered answered = (CloudReply.Answered) send(to, 3);
    assertThat(answered.exit()).isEqualTo(2);
    assertThat(answered.top()).containsExactly(new CloudReply.LabelProbability(4, 0.75));
    assertThat(answered.load().queued()).isEqualTo(3);
    assertThat(answered.times().bytesSent()).isGreaterThan(3);
    assertThat(answered.times().replyReceivedNanos())
        .isGreaterThan(answered.times().submittedNanos());
    Infer infer = received.remove();
    assertThat(infer.cut()).isEqualTo(3);
    assertThat(infer.codec()).isEqualTo("klt");
    assertThat(infer.deadlineRemainingNanos()).isBetween(1L, 1_000_000_000L);
    assertThat(infer.exits().thresholds())
        .containsExactly(new dev.sluice.protocol.message.ExitThreshold(1, 0.5));
    assertThat(infer.payloads().get(0).remaining()).isEqualTo(3);
  }

  @Test
  void makesARefusalAValue() throws Exception {
    CloudReply reply = send(connect(DIGEST), 7);
    assertThat(reply).isEqualTo(new CloudReply.Refused("OVERLOADED", "busy", true, 5));
  }

  private static void say(Socket to, Message message) throws IOException {
    ByteBuf frame = new MessageFrames().write(UnpooledByteBufAllocator.DEFAULT, message);
    frame.readBytes(to.getOutputStream(), frame.readableBytes());
    frame.release();
  }

  private static void awaitInfer(Socket from) throws IOException {
    DataInputStream in = new DataInputStream(from.getInputStream());
    byte type = 0;
    while (type != MessageType.INFER.wireId()) {
      byte[] header = new byte[dev.sluice.protocol.frame.Frame.HEADER_BYTES];
      in.readFully(header);
      type = header[4];
      in.skipNBytes(ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt(0));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", OTHER})
  void tellsOfARefusalThatComesAfterTheCancel(String model) throws Exception {
    try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      WorkerCloud to = connect(listening.getLocalPort(), DIGEST);
      loop.execute(
          () ->
              to.listen(
                  new Cloud.Listener() {
                    @Override
                    public void onLinkState(LinkState state, String detail) {}

                    @Override
                    public void onPong(long roundTripNanos, int paddingBytes, boolean shared) {}

                    @Override
                    public void onLateRefusal(String asked, CloudReply.Refused refusal) {
                      heard.add(asked + " " + refusal.code());
                    }
                  }));
      try (Socket worker = listening.accept()) {
        say(worker, new Welcome(Handshake.VERSION, "scripted", Limits.DEFAULT, LoadReport.IDLE));
        CompletableFuture<CloudReply> reply = submit(to, model, 3);
        awaitInfer(worker);
        loop.execute(() -> to.cancel(3));
        assertThat(reply.get(10, TimeUnit.SECONDS)).isInstanceOf(CloudReply.Cancelled.class);
        say(worker, new Refusal(1, ErrorCode.UNKNOWN_MODEL, "not here", 0));
        assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo(model + " UNKNOWN_MODEL");
      }
    }
  }

  @Test
  void saysThatNobodyListens() throws Exception {
    int closed;
    try (ServerSocket free = new ServerSocket(0)) {
      closed = free.getLocalPort();
    }
    Standing standing = connect(closed, DIGEST).standing().get(10, TimeUnit.SECONDS);
    assertThat(standing).isInstanceOf(Standing.Failed.class);
    assertThat(((Standing.Failed) standing).trouble()).isEqualTo(LinkTrouble.REFUSED);
    assertThat(((Standing.Failed) standing).why()).containsOnlyOnce("127.0.0.1:" + closed);
  }

  @Test
  void saysThatTheWorkerHasNoSuchModel() throws Exception {
    Standing standing = connect("cd".repeat(32)).standing().get(10, TimeUnit.SECONDS);
    assertThat(standing).isInstanceOf(Standing.Failed.class);
    assertThat(((Standing.Failed) standing).trouble()).isEqualTo(LinkTrouble.MODEL_NOT_SERVED);
    assertThat(((Standing.Failed) standing).why()).contains("not here");
  }

  @Test
  void losesWhatIsSentWithoutAWorker() throws Exception {
    int closed;
    try (ServerSocket free = new ServerSocket(0)) {
      closed = free.getLocalPort();
    }
    WorkerCloud to = connect(closed, DIGEST);
    to.standing().get(10, TimeUnit.SECONDS);
    assertThat(send(to, 1)).isInstanceOf(CloudReply.Lost.class);
  }

  @Test
  void tellsWhoListensLaterThatTheLinkIsUpAndHowLongAProbeTook() throws Exception {
    WorkerCloud to = connect(DIGEST);
    to.standing().get(10, TimeUnit.SECONDS);
    loop.execute(
        () ->
            to.listen(
                new Cloud.Listener() {
                  @Override
                  public void onLinkState(LinkState state, String detail) {
                    heard.add(state.name());
                  }

                  @Override
                  public void onPong(long roundTripNanos, int paddingBytes, boolean shared) {
                    if (paddingBytes > 0) {
                      heard.add(paddingBytes >= 5000 && roundTripNanos > 0 ? "probe" : "odd");
                    }
                  }

                  @Override
                  public void onProbeSent(int bytes) {
                    heard.add(bytes >= 5000 ? "sent" : "odd");
                  }
                }));
    await("UP");
    loop.execute(() -> to.probe(5000));
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("sent");
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("probe");
    assertThat(received).as("no probe reaches a model").isEmpty();
  }

  @Test
  void goesOnWithTheOtherOfTwoWorkersAndReportsNoTrouble() throws Exception {
    WorkerServer first = WorkerServer.bind(ServerOptions.on("127.0.0.1", 0, "first"), new Worker());
    try (WorkerServer second =
        WorkerServer.bind(ServerOptions.on("127.0.0.1", 0, "second"), new Worker())) {
      WorkerCloud to =
          new WorkerCloud(
              loop,
              PoolOptions.of(
                  List.of(
                      new WorkerTarget.Host("127.0.0.1", first.port()),
                      new WorkerTarget.Host("127.0.0.1", second.port())),
                  ClientOptions.to("unused", 1, DIGEST, "the test")));
      cloud = Optional.of(to);
      assertThat(to.standing().get(10, TimeUnit.SECONDS)).isEqualTo(new Standing.Connected());
      first.close();
      assertThat(send(to, 3)).isInstanceOf(CloudReply.Answered.class);
    }
  }

  @Test
  void keepsNoConnectionAtRestAndIsThereAgainWhenItWakes() throws Exception {
    WorkerCloud to = resting("");
    long patience = System.nanoTime() + 10_000_000_000L;
    while (server.orElseThrow().connections() > 0 && System.nanoTime() < patience) {
      Thread.sleep(5);
    }
    assertThat(server.orElseThrow().connections()).isZero();
    assertThat(send(to, 1)).isEqualTo(new CloudReply.Lost("the link rests"));
    loop.execute(() -> to.rest(false));
    await("UP");
    assertThat(send(to, 1)).isInstanceOf(CloudReply.Answered.class);
  }

  /** A link that was up, and rests; the states that it told begin with a prefix. */
  private WorkerCloud resting(String prefix) throws Exception {
    WorkerCloud to = connect(DIGEST);
    to.standing().get(10, TimeUnit.SECONDS);
    loop.execute(() -> to.listen(states(prefix)));
    await(prefix + "UP");
    loop.execute(() -> to.rest(true));
    await(prefix + "RESTING");
    return to;
  }

  private void await(String wanted) throws Exception {
    for (String state = ""; !state.equals(wanted); ) {
      state = heard.poll(10, TimeUnit.SECONDS);
      assertThat(state).as("a state").isNotNull();
    }
  }

  @Test
  void wakesForWhoeverListensNext() throws Exception {
    WorkerCloud to = resting("first ");
    loop.execute(() -> to.listen(states("second ")));
    await("second UP");
  }

  @Test
  void canBeClosedAtRest() throws Exception {
    WorkerCloud to = resting("");
    to.close();
    loop.execute(() -> to.rest(false));
    assertThat(send(to, 1)).isInstanceOf(CloudReply.Lost.class);
    assertThat(heard).isEmpty();
  }

  private Cloud.Listener states(String prefix) {
    return new Cloud.Listener() {
      @Override
      public void onLinkState(LinkState state, String detail) {
        heard.add(prefix + state.name());
      }

      @Override
      public void onPong(long roundTripNanos, int paddingBytes, boolean shared) {}
    };
  }
}
