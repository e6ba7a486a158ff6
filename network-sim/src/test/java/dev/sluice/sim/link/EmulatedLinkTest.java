package dev.sluice.sim.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sim.link.EmulatedLink.Start;
import dev.sluice.sim.trace.LinkTrace;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EmulatedLinkTest {
  private static final LinkTrace RESTLESS =
      LinkTrace.builder()
          .phase(Duration.ofMillis(60), 40, 80, Duration.ofMillis(6))
          .outage(Duration.ofMillis(80))
          .phase(Duration.ofMillis(50), 4, 8, Duration.ofMillis(20))
          .phase(Duration.ofMillis(40), 90, 50, Duration.ofMillis(2))
          .outage(Duration.ofMillis(30))
          .build()
          .looped();
  private static final LinkTrace FAST = LinkTrace.constant(20e6, 20e6, Duration.ofMillis(1));

  private ExecutorService threads;
  private ServerSocket target;

  @BeforeEach
  void listen() throws IOException {
    threads = Executors.newCachedThreadPool();
    target = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void stop() throws IOException {
    target.close();
    threads.shutdownNow();
  }

  @Test
  void deliversEveryByteInOrderBothWaysThroughOutagesAndRateChanges() throws Exception {
    byte[] request = randomBytes(700_000, 1);
    byte[] reply = randomBytes(900_000, 2);
    try (EmulatedLink link = open(RESTLESS, Start.FIRST_CONNECTION);
        Socket client = connect(link);
        Socket worker = target.accept()) {
      Future<?> sent = threads.submit(() -> write(client, request));
      Future<?> replied = threads.submit(() -> write(worker, reply));
      Future<byte[]> atWorker = threads.submit(() -> worker.getInputStream().readAllBytes());
      byte[] atClient = client.getInputStream().readAllBytes();

      assertThat(atWorker.get()).isEqualTo(request);
      assertThat(atClient).isEqualTo(reply);
      sent.get();
      replied.get();
      assertThat(link.stats().uplinkBytes()).isEqualTo(request.length);
      assertThat(link.stats().downlinkBytes()).isEqualTo(reply.length);
      assertThat(link.stats().connections()).isEqualTo(1);
    }
  }

  @Test
  void waitsForASlowReaderThatHasClosedItsOwnSide() throws Exception {
    byte[] reply = randomBytes(3_000_000, 4);
    try (EmulatedLink link = open(FAST, Start.NOW);
        Socket client = connect(link)) {
      client.getOutputStream().write(1);
      client.shutdownOutput();
      try (Socket worker = target.accept()) {
        assertThat(worker.getInputStream().readAllBytes()).hasSize(1);
        Future<?> replied = threads.submit(() -> write(worker, reply));
        // More than the client's socket takes has arrived before it begins to read.
        while (link.stats().downlinkBytes() < 1_000_000) {
          Thread.sleep(5);
        }
        assertThat(client.getInputStream().readAllBytes()).isEqualTo(reply);
        replied.get();
      }
    }
  }

  @Test
  void carriesConnectionsSideBySide() throws Exception {
    threads.submit(
        () -> {
          while (true) {
            Socket worker = target.accept();
            threads.submit(() -> echo(worker));
          }
        });
    try (EmulatedLink link = open(RESTLESS, Start.NOW)) {
      List<Future<byte[]>> replies = new ArrayList<>();
      List<byte[]> requests = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        byte[] request = randomBytes(60_000 + 1000 * i, i);
        requests.add(request);
        replies.add(threads.submit(() -> exchange(link, request)));
      }
      for (int i = 0; i < replies.size(); i++) {
        assertThat(replies.get(i).get()).as("connection %d", i).isEqualTo(requests.get(i));
      }
    }
  }

  @Test
  void holdsTheSenderBackDuringAnOutage() throws Exception {
    LinkTrace out =
        LinkTrace.builder().outage(Duration.ofHours(1)).wifi(Duration.ofSeconds(1)).build();
    try (EmulatedLink link = open(out, Start.NOW);
        Socket client = new Socket()) {
      client.setSendBufferSize(16 << 10);
      client.connect(link.address());
      Future<?> sent = threads.submit(() -> write(client, new byte[4 << 20]));

      assertThatThrownBy(() -> sent.get(300, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      assertThat(link.stats().uplinkBytes()).isZero();
    }
  }

  @Test
  void waitsForTheCallThatStartsTheTrace() throws Exception {
    LinkTrace outFirst =
        LinkTrace.builder().outage(Duration.ofMillis(20)).wifi(Duration.ofSeconds(1)).build();
    try (EmulatedLink link = open(outFirst, Start.ON_CALL);
        Socket client = connect(link)) {
      client.getOutputStream().write(7);
      assertThat(link.started()).isFalse();
      assertThat(link.positionNanos()).isZero();

      link.start();
      link.start();

      assertThat(link.started()).isTrue();
      try (Socket worker = target.accept()) {
        assertThat(worker.getInputStream().read()).isEqualTo(7);
        assertThat(link.positionNanos()).isGreaterThanOrEqualTo(20_000_000L);
      }
    }
  }

  @Test
  void closesTheClientWhenTheTargetCannotBeReachedAndServesTheNext() throws Exception {
    int port = target.getLocalPort();
    target.close();
    try (EmulatedLink link =
        EmulatedLink.open(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
            FAST,
            LinkOptions.DEFAULT,
            Start.NOW)) {
      try (Socket client = connect(link)) {
        assertThat(client.getInputStream().read()).isEqualTo(-1);
      }
      target = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
      threads.submit(() -> echo(target.accept()));
      assertThat(exchange(link, new byte[] {1, 2, 3})).containsExactly(1, 2, 3);
    }
  }

  @Test
  void tellsTheClientWhenTheWorkerDies() throws Exception {
    try (EmulatedLink link = open(FAST, Start.NOW);
        Socket client = connect(link)) {
      client.getOutputStream().write(1);
      try (Socket worker = target.accept()) {
        worker.getInputStream().read();
        worker.setSoLinger(true, 0);
      }
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void tellsTheWorkerWhenTheClientDies() throws Exception {
    try (EmulatedLink link = open(FAST, Start.NOW)) {
      Socket client = connect(link);
      client.getOutputStream().write(1);
      try (Socket worker = target.accept()) {
        assertThat(worker.getInputStream().read()).isEqualTo(1);
        client.setSoLinger(true, 0);
        client.close();
        assertThat(worker.getInputStream().read()).isEqualTo(-1);
      }
    }
  }

  @Test
  void closesItsConnectionsWithItself() throws Exception {
    EmulatedLink link = open(FAST, Start.NOW);
    try (Socket client = connect(link)) {
      client.getOutputStream().write(1);
      try (Socket worker = target.accept()) {
        assertThat(worker.getInputStream().read()).isEqualTo(1);
        link.close();
        assertThat(endOf(client)).isTrue();
        assertThat(endOf(worker)).isTrue();
      }
    }
    link.close();
  }

  @Test
  void saysWhichAddressIsTaken() {
    assertThatThrownBy(
            () ->
                EmulatedLink.open(
                    (InetSocketAddress) target.getLocalSocketAddress(),
                    new InetSocketAddress("127.0.0.1", 9),
                    FAST,
                    LinkOptions.DEFAULT,
                    Start.NOW))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot listen on")
        .hasMessageContaining(":" + target.getLocalPort());
  }

  private EmulatedLink open(LinkTrace trace, Start start) throws IOException {
    return EmulatedLink.open(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        (InetSocketAddress) target.getLocalSocketAddress(),
        trace,
        LinkOptions.DEFAULT,
        start);
  }

  private static Socket connect(EmulatedLink link) throws IOException {
    return new Socket(link.address().getAddress(), link.address().getPort());
  }

  private static boolean endOf(Socket socket) {
    try {
      return socket.getInputStream().read() == -1;
    } catch (IOException reset) {
      return true;
    }
  }

  private static Void write(Socket socket, byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.shutdownOutput();
    return null;
  }

  private byte[] exchange(EmulatedLink link, byte[] request) throws Exception {
    try (Socket client = connect(link)) {
      Future<?> sent = threads.submit(() -> write(client, request));
      byte[] reply = client.getInputStream().readAllBytes();
      sent.get();
      return reply;
    }
  }

  private static Void echo(Socket socket) throws IOException {
    try (socket;
        InputStream in = socket.getInputStream();
        OutputStream out = socket.getOutputStream()) {
      in.transferTo(out);
    }
    return null;
  }

  private static byte[] randomBytes(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
