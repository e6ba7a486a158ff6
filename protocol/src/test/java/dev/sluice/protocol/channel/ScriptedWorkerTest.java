package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.frame.Frame;
import dev.sluice.protocol.frame.Handshake;
import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Message;
import dev.sluice.protocol.message.MessageType;
import dev.sluice.protocol.message.Ping;
import dev.sluice.protocol.message.Pong;
import dev.sluice.protocol.message.Welcome;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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
  private static final ByteBufAllocator HEAP = new UnpooledByteBufAllocator(false);

  /** Plain blocking sockets on the test's thread. */
  private static final class Peer implements AutoCloseable {
    final ServerSocket listener;
    final MessageFrames frames = new MessageFrames();
    Socket socket = new Socket();
    DataInputStream in = new DataInputStream(java.io.InputStream.nullInputStream());

    Peer() throws IOException {
      listener = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
      listener.setSoTimeout(10_000);
    }

    void accept() throws IOException {
      socket.close();
      socket = listener.accept();
      socket.setSoTimeout(10_000);
      in = new DataInputStream(socket.getInputStream());
      assertThat(read().type()).isEqualTo(MessageType.HELLO.wireId());
    }

    Frame read() throws IOException {
      byte[] header = new byte[Frame.HEADER_BYTES];
      in.readFully(header);
      ByteBuf h = Unpooled.wrappedBuffer(header);
      byte[] body = new byte[h.getIntLE(0)];
      in.readFully(body);
      return new Frame(h.getByte(4), h.getLongLE(6), Unpooled.wrappedBuffer(body), 0, 0);
    }

    /** Answers pings until another frame comes, and returns that. */
    Frame readAnsweringPings() throws Exception {
      while (true) {
        Frame frame = read();
        if (frame.type() != MessageType.PING.wireId()) {
          return frame;
        }
        Ping ping = (Ping) frames.read(MessageType.PING, frame);
        send(new Pong(ping.token(), 0, LoadReport.IDLE));
      }
    }

    void send(Message message) throws IOException {
      ByteBuf out = frames.write(HEAP, message);
      out.readBytes(socket.getOutputStream(), out.readableBytes());
      out.release();
    }

    void welcome() throws IOException {
      send(new Welcome(2, "scripted", Limits.DEFAULT, LoadReport.IDLE));
    }

    @Override
    public void close() throws IOException {
      socket.close();
      listener.close();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "+PONG\r\n+PONG\r\n"
      })
  void tellsAnotherProgramFromAWorker(String words) throws Exception {
    LoopbackTest.Events events = new LoopbackTest.Events();
    try (Peer peer = new Peer();
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
    try (Peer peer = new Peer();
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
    try (Peer peer = new Peer();
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
    try (Peer peer = new Peer();
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
      assertThat(next.requestId()).isEqualTo(5);
      assertThat(peer.readAnsweringPings().body().readableBytes()).isEqualTo(2000);
      peer.send(LoopbackTest.answer(5, new ReceiveStamps(0, 0)));
      assertThat(done.poll(10, TimeUnit.SECONDS)).isInstanceOf(CloudOutcome.Answered.class);
    }
    assertThat(done).isEmpty();
  }

  @Test
  void waitsLongerForAPingBehindAnUploadWhoseRateIsUnknown() throws Exception {
    LoopbackTest.Events events = new LoopbackTest.Events();
    try (Peer peer = new Peer();
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
    try (Peer peer = new Peer();
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
    try (Peer peer = new Peer();
        WorkerClient client =
            WorkerClient.connect(LoopbackTest.options(peer.listener.getLocalPort()), events)) {
      peer.accept();
      peer.welcome();
      client.send(LoopbackTest.request(7, new byte[5]), done::add);
      assertThat(peer.readAnsweringPings().requestId()).isEqualTo(7);
      assertThat(peer.readAnsweringPings().body().readableBytes()).isEqualTo(5);
      peer.send(LoopbackTest.answer(99, new ReceiveStamps(0, 0)));
      peer.send(LoopbackTest.answer(7, new ReceiveStamps(0, 0)));
      peer.send(LoopbackTest.answer(7, new ReceiveStamps(0, 0)));
      CloudOutcome.Answered answered = (CloudOutcome.Answered) done.poll(10, TimeUnit.SECONDS);
      assertThat(answered.answer().requestId()).isEqualTo(7);
      client.send(LoopbackTest.request(8, new byte[5]), done::add);
      assertThat(peer.readAnsweringPings().requestId()).isEqualTo(8);
      assertThat(client.state()).isEqualTo(LinkState.UP);
      assertThat(done).isEmpty();
    }
  }

  @Test
  void answersAPingAndConnectsAgainAfterAGoodbyeOrDamage() throws Exception {
    LoopbackTest.Events events = new LoopbackTest.Events();
    BlockingQueue<CloudOutcome> done = new LinkedBlockingQueue<>();
    try (Peer peer = new Peer();
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
    try (Peer peer = new Peer();
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
    try (Peer peer = new Peer();
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
      assertThat(received).isBetween(4096, SendWindow.FIRST_BYTES + 8192);
      assertThat(done.poll(10, TimeUnit.SECONDS)).isEqualTo(new CloudOutcome.Cancelled());
    }
  }

  private static Frame skipPings(Peer peer) throws IOException {
    Frame frame = peer.read();
    while (frame.type() == MessageType.PING.wireId()) {
      frame = peer.read();
    }
    return frame;
  }
}
