package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.frame.Frame;
import dev.sluice.protocol.frame.FrameType;
import dev.sluice.protocol.message.ClassScore;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.Goodbye;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.InferHeader;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.Load;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.MessageType;
import dev.sluice.protocol.message.Partial;
import dev.sluice.protocol.message.Ping;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.Welcome;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client sends when, as a worker sees it that says what the test wants. */
@Timeout(30)
class ClientLinkTest {
  private final BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private final LoopbackTest.Events events =
      new LoopbackTest.Events() {
        @Override
        public void onLoad(LoadReport load) {
          heard.add("load " + load.queued());
        }

        @Override
        public void onProbeSent(int bytes) {
          heard.add("probes " + bytes);
        }

        @Override
        public void onProbe(int bytes, long elapsedNanos) {
          heard.add("probe " + bytes);
        }

        @Override
        public void onLateRefusal(String modelDigest, Refusal refusal) {
          assertThat(modelDigest).isEqualTo(LoopbackTest.DIGEST);
          heard.add("late " + refusal.requestId() + " " + refusal.code());
        }
      };
  private ScriptedPeer peer;
  private WorkerClient client;

  @BeforeEach
  void listen() throws Exception {
    peer = new ScriptedPeer();
  }

  @AfterEach
  void close() throws Exception {
    client.close();
    peer.close();
  }

  private void connect(Limits limits, ClientOptions options) throws Exception {
    client = WorkerClient.connect(options, events);
    peer.accept();
    peer.send(new Welcome(2, "scripted", limits, LoadReport.IDLE));
    events.await(LinkState.UP);
  }

  private void connect(Limits limits) throws Exception {
    connect(limits, options());
  }

  private ClientOptions options() {
    return LoopbackTest.options(peer.port());
  }

  private void send(long id, int bytes, int priority) {
    client.send(
        new Infer(
            id,
            LoopbackTest.DIGEST,
            2,
            "f32",
            ExitRule.NONE,
            0,
            priority,
            List.of(ByteBuffer.allocate(bytes))),
        done::add);
  }

  private CloudOutcome outcome() throws InterruptedException {
    CloudOutcome outcome = done.poll(10, TimeUnit.SECONDS);
    assertThat(outcome).as("an outcome").isNotNull();
    return outcome;
  }

  @Test
  void tellsEveryRequestThatComesAfterTheEndThatThereIsNoLink() throws Exception {
    connect(Limits.DEFAULT);
    client.close();
    for (long id = 1; id <= 3; id++) {
      send(id, 10, 0);
      assertThat(outcome()).isEqualTo(new CloudOutcome.LinkLost("client is closed"));
    }
  }

  @Test
  void tellsNothingOfAProbeThatARequestLeavesNoRoomFor() throws Exception {
    connect(Limits.DEFAULT);
    send(1, 1 << 20, 0);
    assertThat(peer.read(MessageType.INFER).requestId()).isEqualTo(1);
    peer.readUntilQuiet();
    client.probe(3_000);
    peer.readUntilQuiet();
    assertThat(heard).isEmpty();
  }

  @Test
  void letsWhatIsUrgentOrSmallOvertakeAMegabyteBetweenTwoChunks() throws Exception {
    connect(Limits.DEFAULT);
    send(1, 1 << 20, 0);
    assertThat(peer.read(MessageType.INFER).requestId()).isEqualTo(1);
    // No ping is answered, so the window closes after its first bytes: all three meet it closed.
    List<Frame> pings = peer.readUntilQuiet();
    send(2, 200_000, 1);
    send(3, 100, 0);
    send(4, 100, 1);
    for (Frame ping : pings) {
      peer.pong(ping, 0);
    }
    Map<Long, Integer> arrived = new HashMap<>();
    StringBuilder order = new StringBuilder();
    while (order.length() < 3) {
      Frame frame = peer.readAnsweringPings();
      arrived.merge(frame.requestId(), frame.body().readableBytes(), Integer::sum);
      if (frame.type() == MessageType.INFER.wireId()) {
        InferHeader header = peer.frames.readInfer(frame);
        order.append(header.totalBytes() == 100 ? header.priority() == 1 ? "u" : "s" : "m");
      }
    }
    // Small and urgent first, then the urgent one; the small one before the rest of the megabyte.
    assertThat(order).hasToString("ums");
    assertThat(arrived.get(1L)).isLessThan(1 << 19);
  }

  @Test
  void keepsToTheCreditThatTheWorkerGrants() throws Exception {
    connect(new Limits(4_096, 5_000, 8, 9_000));
    send(1, 4_000, 0);
    send(2, 4_000, 0);
    send(3, 4_000, 0);
    int bytes = 0;
    while (bytes < 8_000) {
      Frame frame = peer.readAnsweringPings();
      assertThat(frame.requestId()).isLessThan(3);
      bytes += frame.type() == FrameType.DATA ? frame.body().readableBytes() : 0;
    }
    peer.send(LoopbackTest.answer(2, new ReceiveStamps(0, 0)));
    Frame third = peer.readAnsweringPings();
    assertThat(third.type()).isEqualTo(MessageType.INFER.wireId());
    assertThat(third.requestId()).isEqualTo(3);
    assertThat(outcome()).isInstanceOf(CloudOutcome.Answered.class);
  }

  /** The worker begins to get a request, which is then cancelled. */
  private void sendAndCancel(long id) throws Exception {
    send(id, 10, 0);
    while (peer.readAnsweringPings().type() != MessageType.INFER.wireId()) {
      // The rest of the one before.
    }
    client.cancel(id);
    assertThat(outcome()).isEqualTo(new CloudOutcome.Cancelled());
  }

  /** What the listener hears until it hears of this load. */
  private List<String> heardUntilLoad(int queued) throws Exception {
    peer.send(new Load(new LoadReport(queued, 0, 1)));
    List<String> all = new ArrayList<>();
    while (!all.contains("load " + queued)) {
      String next = heard.poll(10, TimeUnit.SECONDS);
      assertThat(next).as("something heard").isNotNull();
      all.add(next);
    }
    all.remove("load " + queued);
    return all;
  }

  @Test
  void tellsOnceOfARefusalThatComesAfterTheCancel() throws Exception {
    connect(Limits.DEFAULT);
    sendAndCancel(71);
    sendAndCancel(72);
    peer.send(new Refusal(2, ErrorCode.UNKNOWN_MODEL, "not here", 0));
    peer.send(new Refusal(2, ErrorCode.INTERNAL, "not again", 0));
    peer.send(new Refusal(9, ErrorCode.UNKNOWN_MODEL, "never sent", 0));
    assertThat(heardUntilLoad(3)).containsExactly("late 72 UNKNOWN_MODEL");
    assertThat(done).as("each has its outcome already").isEmpty();
  }

  @Test
  void remembersOnlyTheLatestOfManyCancelledRequests() throws Exception {
    connect(Limits.DEFAULT);
    int many = ClientConnection.MAX_WITHDRAWN + 3;
    for (long id = 1; id <= many; id++) {
      sendAndCancel(id);
    }
    for (long id = 1; id <= many; id++) {
      peer.send(new Refusal(id, ErrorCode.UNKNOWN_MODEL, "not here", 0));
    }
    assertThat(heardUntilLoad(3))
        .hasSize(ClientConnection.MAX_WITHDRAWN)
        .startsWith("late 4 UNKNOWN_MODEL");
  }

  @Test
  void refusesHereWhatMayNotWaitHere() throws Exception {
    ClientOptions.Sending usual = ClientOptions.Sending.USUAL;
    connect(
        new Limits(4_096, 5_000, 1),
        options()
            .withSending(
                new ClientOptions.Sending(
                    usual.socketBufferBytes(),
                    usual.unsentBytes(),
                    usual.queueTargetNanos(),
                    2,
                    usual.maxWaitingBytes())));
    send(1, 10, 0);
    assertThat(peer.readAnsweringPings().requestId()).isEqualTo(1);
    send(2, 10, 0);
    send(3, 10, 0);
    send(4, 10, 0);
    CloudOutcome.Refused refused = (CloudOutcome.Refused) outcome();
    assertThat(refused.refusal().requestId()).isEqualTo(4);
    assertThat(refused.refusal().code()).isEqualTo(ErrorCode.OVERLOADED);
    client.cancel(2);
    assertThat(outcome()).isEqualTo(new CloudOutcome.Cancelled());
    send(5, 10, 0);
    peer.send(LoopbackTest.answer(1, new ReceiveStamps(0, 0)));
    assertThat(outcome()).isInstanceOf(CloudOutcome.Answered.class);
    assertThat(done).isEmpty();
  }

  @Test
  void sendsWhenWithTheClocksOffsetOnceAPingIsBack() throws Exception {
    connect(Limits.DEFAULT);
    assertThat(peer.read(MessageType.PING)).isNotNull();
    send(1, 1, 0);
    InferHeader before = peer.frames.readInfer(peer.read(MessageType.INFER));
    assertThat(before.sent().isKnown()).isFalse();
    for (int pings = 0; pings < 3; ) {
      Frame frame = peer.read();
      if (frame.type() == MessageType.PING.wireId()) {
        peer.pong(frame, System.nanoTime() + 5_000_000_000L);
        pings++;
      }
    }
    peer.send(new Ping(9));
    peer.read(MessageType.PONG);
    send(2, 1, 0);
    InferHeader after = peer.frames.readInfer(peer.read(MessageType.INFER));
    assertThat(after.sent().isKnown()).isTrue();
    long ahead = after.sent().workerNanos() - System.nanoTime();
    assertThat(ahead).isLessThanOrEqualTo(5_000_000_000L + after.sent().errorNanos());
  }

  @Test
  void takesRequestsElsewhereThatADrainingWorkerHasNotLookedAt() throws Exception {
    connect(Limits.DEFAULT);
    send(101, 10, 0);
    send(102, 10, 0);
    while (peer.readAnsweringPings().requestId() < 2) {
      // until the second has begun
    }
    ScriptedPeer.Line old = peer.keep();
    old.send(new Goodbye("deploy", 1, 5_000_000_000L));
    peer.accept();
    peer.welcome();
    assertThat(peer.readAnsweringPings().type()).isEqualTo(MessageType.INFER.wireId());
    peer.send(LoopbackTest.answer(1, new ReceiveStamps(0, 0)));
    assertThat(((CloudOutcome.Answered) outcome()).answer().requestId()).isEqualTo(102);
    old.send(LoopbackTest.answer(1, new ReceiveStamps(0, 0)));
    assertThat(((CloudOutcome.Answered) outcome()).answer().requestId()).isEqualTo(101);
    old.close();
    assertThat(events.troubles).containsExactly(LinkTrouble.DRAINING);
    assertThat(client.state()).isEqualTo(LinkState.UP);
    assertThat(done).isEmpty();
  }

  @Test
  void losesOnlyWhatADrainingWorkerHadWhenThatDies() throws Exception {
    connect(Limits.DEFAULT);
    send(101, 10, 0);
    assertThat(peer.readDataOf(1, 10)).hasSize(10);
    ScriptedPeer.Line old = peer.keep();
    old.send(new Goodbye("deploy", 1, 5_000_000_000L));
    peer.accept();
    peer.welcome();
    old.close();
    assertThat(outcome()).isInstanceOf(CloudOutcome.LinkLost.class);
    send(102, 10, 0);
    assertThat(peer.readDataOf(1, 10)).hasSize(10);
    peer.send(LoopbackTest.answer(1, new ReceiveStamps(0, 0)));
    assertThat(outcome()).isInstanceOf(CloudOutcome.Answered.class);
  }

  @Test
  void tellsPartialAnswersToWhoAskedForThem() throws Exception {
    connect(Limits.DEFAULT);
    BlockingQueue<Partial> partials = new LinkedBlockingQueue<>();
    client.send(LoopbackTest.request(40, new byte[3]).withPartials(), done::add, partials::add);
    assertThat(peer.frames.readInfer(peer.read(MessageType.INFER)).partials()).isTrue();
    peer.readDataOf(1, 3);
    Partial partial = new Partial(1, 3, List.of(new ClassScore(4, 0.5f)), 0.5);
    peer.send(partial);
    peer.send(LoopbackTest.answer(1, new ReceiveStamps(0, 0)));
    assertThat(outcome()).isInstanceOf(CloudOutcome.Answered.class);
    assertThat(partials).containsExactly(partial.forRequest(40));
  }

  @Test
  void hearsOfLoadAndOfProbes() throws Exception {
    connect(Limits.DEFAULT);
    peer.send(new Load(new LoadReport(6, 1, 1)));
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("load 6");
    client.probe(3_000);
    Frame padding = peer.readAnsweringPings();
    assertThat(padding.type()).isEqualTo(FrameType.DATA);
    assertThat(padding.requestId()).isZero();
    Thread answering =
        new Thread(
            () -> {
              try {
                while (true) {
                  peer.readAnsweringPings();
                }
              } catch (Exception closed) {
                heard.add("closed");
              }
            });
    answering.start();
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("probes 3014");
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("probe 3014");
    client.close();
    answering.join(10_000);
  }

  @Test
  void endsAConnectionWhoseWorkerPingsAndNeverReads() throws Exception {
    connect(Limits.DEFAULT);
    try {
      for (int i = 0; i < 2_000_000; i++) {
        peer.send(new Ping(i));
      }
    } catch (java.io.IOException ended) {
      heard.add("ended");
    }
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("ended");
    events.await(LinkState.DOWN);
  }
}
