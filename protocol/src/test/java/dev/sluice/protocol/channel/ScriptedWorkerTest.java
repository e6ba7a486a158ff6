package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.frame.Frame;
import dev.sluice.protocol.frame.Handshake;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.MessageType;
import dev.sluice.protocol.message.Ping;
import dev.sluice.protocol.message.Pong;
import dev.sluice.protocol.message.Welcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real client against a worker that misbehaves as told. */
@Timeout(30)
class ScriptedWorkerTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "+PONG\r\n+PONG\r\n"
      })
  void tellsAnotherProgramFromAWorker(String words) throws Exception {
    LoopbackTest.Events events = new LoopbackTest.Events();
    try (ScriptedPeer peer = new ScriptedPeer();
        WorkerClient client =
            WorkerClient.connect(LoopbackTest.options(peer.listener.getLocalPort()), events)) {
      peer.accept();
      peer.socket.getOutputStream().write(words.getBytes(StandardCharsets.US_ASCII));
      events.await(LinkState.DOWN);
      assertThat(events.troubles.peek()).isEqualTo(LinkTrouble.NOT_A_WORKER);
      assertThat(events.details.get(LinkState.DOWN)).contains("no Sluice worker");
      assertThat(client.state()).isNotEqualTo(LinkState.UP);
    }
  }

  @Test
  void tellsAWorkerOfAnotherVersion() throws Exception {
    LoopbackTest.Events events = new LoopbackTest.Events();
    try (ScriptedPeer peer = new ScriptedPeer();
        WorkerClient client =
            WorkerClient.connect(LoopbackTest.options(peer.listener.getLocalPort()), events)) {
      peer.accept();
      peer.send(new Welcome(Handshake.VERSION + 1, "newer", Limits.DEFAULT, LoadReport.IDLE));
      events.await(LinkState.DOWN);
      assertThat(events.troubles.peek()).isEqualTo(LinkTrouble.OTHER_VERSION);
      assertThat(client.state()).isNotEqualTo(LinkState.UP);
    }
  }

  @Test
  void tellsThatTheConnectionIsClosedWithoutAGreeting() throws Exception {
    LoopbackTest.Events events = new LoopbackTest.Events();
    try (ScriptedPeer peer = new ScriptedPeer();
        WorkerClient client =
            WorkerClient.connect(LoopbackTest.options(peer.listener.getLocalPort()), events)) {
      peer.accept();
      peer.socket.close();
      events.await(LinkState.DOWN);
      assertThat(events.troubles.peek()).isEqualTo(LinkTrouble.NO_GREETING);
      assertThat(client.state()).isNotEqualTo(LinkState.UP);
    }
  }

  @Test
  void tellsThatNoHostHasThatName() throws Exception {
    LoopbackTest.Events events = new LoopbackTest.Events();
    ClientOptions options = ClientOptions.to("no-such-host.invalid", 7411, "", "test");
    try (WorkerClient client = WorkerClient.connect(options, events)) {
      events.await(LinkState.DOWN);
      assertThat(events.troubles.peek()).isEqualTo(LinkTrouble.UNKNOWN_HOST);
      assertThat(events.details.get(LinkState.DOWN)).contains("no-such-host.invalid");
      assertThat(client.state()).isNotEqualTo(LinkState.UP);
    }
  }

  private static ClientOptions impatient(int port) {
    return LoopbackTest.options(port).withPings(20_000_000L, 150_000_000L, 20_000_000_000L);
  }

  @Test
  void noticesSilenceAndAfterItSendsOnlyWhatIsStillWanted() throws Exception {
    LoopbackTest.Events events = new LoopbackTest.Events();
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    try (ScriptedPeer peer = new ScriptedPeer();
        WorkerClient client =
            WorkerClient.connect(impatient(peer.listener.getLocalPort()), events)) {
      peer.accept();
      peer.welcome();
      events.await(LinkState.UP);
      // The peer answers nothing now.
      events.await(LinkState.SILENT);
      for (long id = 1; id <= 5; id++) {
        client.send(LoopbackTest.request(id, new byte[2000]), done::add);
      }
      for (long id = 1; id <= 4; id++) {
        client.cancel(id);
        assertThat(done.poll(10, TimeUnit.SECONDS)).isEqualTo(new CloudOutcome.Cancelled());
      }
      Frame next = peer.readAnsweringPings();
      events.await(LinkState.UP);
      assertThat(next.type()).isEqualTo(MessageType.INFER.wireId());
      assertThat(next.requestId()).isEqualTo(1);
      assertThat(peer.readDataOf(1, 2000)).hasSize(2000);
      peer.send(LoopbackTest.answer(1, new ReceiveStamps(0, 0)));
      CloudOutcome.Answered last = (CloudOutcome.Answered) done.poll(10, TimeUnit.SECONDS);
      assertThat(last.answer().requestId()).isEqualTo(5);
    }
    assertThat(done).isEmpty();
  }

  @Test
  void waitsLongerForAPingBehindAnUploadWhoseRateIsUnknown() throws Exception {
    LoopbackTest.Events events = new LoopbackTest.Events();
    try (ScriptedPeer peer = new ScriptedPeer();
        WorkerClient client =
            WorkerClient.connect(
                LoopbackTest.options(peer.listener.getLocalPort())
                    .withPings(10_000_000_000L, 150_000_000L, 20_000_000_000L),
                events)) {
      peer.accept();
      peer.welcome();
      events.await(LinkState.UP);
      client.send(LoopbackTest.request(1, new byte[100_000]), outcome -> {});
      // The ping of the welcome is answered, those among the data are not.
      assertThat(peer.readAnsweringPings().requestId()).isEqualTo(1);
      long begunNanos = System.nanoTime();
      events.await(LinkState.SILENT);
      assertThat(System.nanoTime() - begunNanos).isGreaterThan(300_000_000L);
    }
  }

  @Test
  void doesNotReportRoundTripsThatASilenceStretched() throws Exception {
    List<Long> roundTrips = new ArrayList<>();
    AtomicBoolean silent = new AtomicBoolean();
    BlockingQueue<Long> after = new LinkedBlockingQueue<>();
    LoopbackTest.Events events =
        new LoopbackTest.Events() {
          @Override
          public void onPong(long sent, long received, int bytesAhead, LoadReport load) {
            roundTrips.add(received - sent);
            if (silent.get()) {
              after.add(received - sent);
            }
          }
        };
    try (ScriptedPeer peer = new ScriptedPeer();
        WorkerClient client =
            WorkerClient.connect(impatient(peer.listener.getLocalPort()), events)) {
      peer.accept();
      peer.welcome();
      events.await(LinkState.SILENT);
      silent.set(true);
      Frame marker;
      BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
      client.send(LoopbackTest.request(1, new byte[1]), done::add);
      marker = peer.readAnsweringPings();
      assertThat(marker.requestId()).isEqualTo(1);
      assertThat(peer.readAnsweringPings().requestId()).isEqualTo(1);
      client.send(LoopbackTest.request(2, new byte[1]), done::add);
      assertThat(peer.readAnsweringPings().requestId()).isEqualTo(2);
      // Pings that waited out the silence took at least its 150 ms.
      assertThat(after).allMatch(nanos -> nanos < 150_000_000L);
    }
  }

  @Test
  void ignoresAnswersToRequestsThatNobodyMade() throws Exception {
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    LoopbackTest.Events events = new LoopbackTest.Events();
    try (ScriptedPeer peer = new ScriptedPeer();
        WorkerClient client =
            WorkerClient.connect(LoopbackTest.options(peer.listener.getLocalPort()), events)) {
      peer.accept();
      peer.welcome();
      client.send(LoopbackTest.request(7, new byte[5]), done::add);
      assertThat(peer.readAnsweringPings().requestId()).isEqualTo(1);
      peer.send(LoopbackTest.answer(1, new ReceiveStamps(0, 0)));
      assertThat(peer.readDataOf(1, 5)).hasSize(5);
      peer.send(LoopbackTest.answer(99, new ReceiveStamps(0, 0)));
      peer.send(LoopbackTest.answer(1, new ReceiveStamps(0, 0)));
      peer.send(LoopbackTest.answer(1, new ReceiveStamps(0, 0)));
      CloudOutcome.Answered answered = (CloudOutcome.Answered) done.poll(10, TimeUnit.SECONDS);
      assertThat(answered.answer().requestId()).isEqualTo(7);
      client.send(LoopbackTest.request(8, new byte[5]), done::add);
      assertThat(peer.readAnsweringPings().requestId()).isEqualTo(2);
      assertThat(client.state()).isEqualTo(LinkState.UP);
      assertThat(done).isEmpty();
    }
  }

  @Test
  void answersAPingAndConnectsAgainAfterAGoodbyeOrDamage() throws Exception {
    LoopbackTest.Events events = new LoopbackTest.Events();
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    try (ScriptedPeer peer = new ScriptedPeer();
        WorkerClient client =
            WorkerClient.connect(LoopbackTest.options(peer.listener.getLocalPort()), events)) {
      peer.accept();
      peer.welcome();
      peer.send(new Ping(42));
      Frame pong = peer.readAnsweringPings();
      assertThat(((Pong) peer.frames.read(MessageType.PONG, pong)).token()).isEqualTo(42);
      peer.send(new dev.sluice.protocol.message.Goodbye("maintenance"));
      events.await(LinkState.DOWN);
      assertThat(events.details.get(LinkState.DOWN)).contains("maintenance");

      peer.accept();
      peer.welcome();
      events.await(LinkState.UP);
      client.send(LoopbackTest.request(1, new byte[5]), done::add);
      assertThat(peer.readAnsweringPings().requestId()).isEqualTo(1);
      peer.socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes("US-ASCII"));
      events.await(LinkState.DOWN);
      assertThat(done.poll(10, TimeUnit.SECONDS)).isInstanceOf(CloudOutcome.LinkLost.class);

      peer.accept();
      peer.welcome();
      events.await(LinkState.UP);
    }
  }

  @Test
  void givesUpOnAWorkerThatNeverWelcomes() throws Exception {
    LoopbackTest.Events events = new LoopbackTest.Events();
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    try (ScriptedPeer peer = new ScriptedPeer();
        WorkerClient client =
            WorkerClient.connect(
                LoopbackTest.options(peer.listener.getLocalPort())
                    .withReconnect(100_000_000L, 5_000_000L, 50_000_000L),
                events)) {
      peer.accept();
      client.send(LoopbackTest.request(1, new byte[5]), done::add);
      assertThat(done.poll(10, TimeUnit.SECONDS)).isInstanceOf(CloudOutcome.LinkLost.class);
      events.await(LinkState.DOWN);
      assertThat(events.details.get(LinkState.DOWN)).contains("says nothing");
      assertThat(events.troubles).containsOnly(LinkTrouble.NO_GREETING);
    }
  }

  @Test
  void stopsAPayloadHalfWayWhenItIsCancelled() throws Exception {
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    LoopbackTest.Events events = new LoopbackTest.Events();
    try (ScriptedPeer peer = new ScriptedPeer();
        WorkerClient client =
            WorkerClient.connect(LoopbackTest.options(peer.listener.getLocalPort()), events)) {
      peer.accept();
      peer.welcome();
      events.await(LinkState.UP);
      // No ping is answered, so the window closes after its first bytes.
      client.send(LoopbackTest.request(1, new byte[1 << 20]), done::add);
      Frame infer = skipPings(peer);
      assertThat(infer.type()).isEqualTo(MessageType.INFER.wireId());
      Frame data = skipPings(peer);
      client.cancel(1);
      int received = 0;
      while (data.type() != MessageType.CANCEL.wireId()) {
        received += data.body().readableBytes();
        data = skipPings(peer);
      }
      assertThat(data.requestId()).isEqualTo(1);
      assertThat(received).isBetween(RateMeter.MIN_CHUNK_BYTES, SendWindow.FIRST_BYTES + 8192);
      assertThat(done.poll(10, TimeUnit.SECONDS)).isEqualTo(new CloudOutcome.Cancelled());
    }
  }

  private static Frame skipPings(ScriptedPeer peer) throws IOException {
    Frame frame = peer.read();
    while (frame.type() == MessageType.PING.wireId()) {
      frame = peer.read();
    }
    return frame;
  }

  @Test
  void anIdleLinkWithRarePingsHasOneBeforeEachRequestThatComesAfterAPause() throws Exception {
    LoopbackTest.Events events = new LoopbackTest.Events();
    try (ScriptedPeer peer = new ScriptedPeer();
        WorkerClient client =
            WorkerClient.connect(
                LoopbackTest.options(peer.listener.getLocalPort())
                    .withPings(20_000_000L, 5_000_000_000L, 20_000_000_000L)
                    .withIdlePings(3_600_000_000_000L),
                events)) {
      peer.accept();
      peer.welcome();
      events.await(LinkState.UP);
      peer.pong(peer.read(), 0);
      for (long id = 1; id <= 3; id++) {
        // A ping that was due with the request before may still be under way.
        boolean drained = peer.isQuietFor(40) || peer.isQuietFor(40);
        assertThat(drained && peer.isQuietFor(100)).as("no ping without a request").isTrue();
        client.send(LoopbackTest.request(id, new byte[100]), outcome -> {});
        Frame ping = peer.read();
        assertThat(ping.type()).isEqualTo(MessageType.PING.wireId());
        peer.pong(ping, 0);
        assertThat(peer.readAnsweringPings().type()).isEqualTo(MessageType.INFER.wireId());
        assertThat(peer.readDataOf(id, 100)).hasSize(100);
        peer.send(LoopbackTest.answer(id, new ReceiveStamps(0, 0)));
      }
      assertThat(events.pingsSent.get()).as("pings told of").isGreaterThanOrEqualTo(4);
    }
  }

  /** By a clock that stands still the last ping was never long enough ago. */
  @Test
  void usualPingsComeAtEveryTickThoughTimersMayBeEarly() throws Exception {
    LoopbackTest.Events events = new LoopbackTest.Events();
    try (ScriptedPeer peer = new ScriptedPeer();
        WorkerClient client =
            WorkerClient.connect(
                impatient(peer.listener.getLocalPort())
                    .withChance(new Random(1), () -> 1_000_000_000L),
                events)) {
      peer.accept();
      peer.welcome();
      for (int i = 0; i < 5; i++) {
        Frame ping = peer.read();
        assertThat(ping.type()).isEqualTo(MessageType.PING.wireId());
        peer.pong(ping, 0);
      }
      assertThat(client.state()).isEqualTo(LinkState.UP);
    }
  }
}
