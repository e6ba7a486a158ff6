package dev.sluice.sim.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sim.link.EmulatedLink.Start;
import dev.sluice.sim.trace.LinkTrace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is done to a running link, on real sockets. */
@Timeout(30)
class LinkChangeTest {
  private static final LinkTrace FAST = LinkTrace.constant(20e6, 20e6, Duration.ofMillis(1));
  private static final int SILENCE_MILLIS = 150;
  private static final int PATIENCE_MILLIS = 10_000;

  private ServerSocket first;
  private ServerSocket second;
  private EmulatedLink link;

  @BeforeEach
  void open() throws IOException {
    first = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    second = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    link =
        EmulatedLink.open(
            List.of(new Route(any, at(first)), new Route(any, at(second))),
            FAST,
            LinkOptions.DEFAULT,
            Start.NOW);
  }

  @AfterEach
  void close() throws IOException {
    link.close();
    first.close();
    second.close();
  }

  @Test
  void leadsToEachWorkerByItsOwnAddress() throws IOException {
    assertThat(link.addresses()).hasSize(2).doesNotHaveDuplicates();
    try (Pair one = pair(1);
        Pair other = pair(2)) {
      one.passes();
      other.passes();
    }
  }

  @Test
  void resetsTheConnectionsOfOneWorkerAlone() throws IOException {
    try (Pair one = pair(1);
        Pair other = pair(2)) {
      link.apply(new LinkChange.Reset(1));

      assertReset(one.client);
      assertReset(one.worker);
      other.passes();
    }
    try (Pair again = pair(1)) {
      again.passes();
    }
  }

  @Test
  void letsGoOfAVanishedWorkersConnectionWhenItsClientGivesUp() throws IOException {
    try (Pair one = pair(1)) {
      link.apply(new LinkChange.Vanish(1));
      one.client.getOutputStream().write(1);

      one.client.close();

      one.worker.setSoTimeout(PATIENCE_MILLIS);
      assertThat(one.worker.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void leavesAVanishedWorkersConnectionsOpenAndSilent() throws IOException {
    try (Pair one = pair(1);
        Pair other = pair(2)) {
      link.apply(new LinkChange.Vanish(1));

      one.client.getOutputStream().write(7);
      assertSilent(one.client);
      assertSilent(one.worker);
      try (Socket fresh = client(1)) {
        fresh.getOutputStream().write(7);
        assertSilent(fresh);
      }
      other.passes();

      link.apply(new LinkChange.Restore(1));
      assertReset(one.client);
    }
    try (Pair again = pair(1)) {
      again.passes();
    }
  }

  @Test
  void refusesForADeadWorkerUntilItIsBack() throws IOException {
    try (Pair one = pair(1)) {
      link.apply(new LinkChange.Refuse(1));
      assertReset(one.client);
    }
    try (Socket fresh = client(1)) {
      assertReset(fresh);
    }
    link.apply(new LinkChange.Restore(1));
    try (Pair again = pair(1)) {
      again.passes();
    }
  }

  @Test
  void isSilentInAnOutageThatIsCalledForAndLosesNothing() throws IOException {
    try (Pair one = pair(1)) {
      link.apply(new LinkChange.Outage(true));
      one.client.getOutputStream().write(7);
      assertSilent(one.worker);

      link.apply(new LinkChange.Outage(null));
      assertThat(one.worker.getInputStream().read()).isEqualTo(7);
    }
  }

  @Test
  void startsAgainWhenTheRateIsSetFromNothing() throws IOException {
    try (Pair one = pair(1)) {
      link.apply(new LinkChange.Rates(0.0, null));
      one.client.getOutputStream().write(7);
      assertSilent(one.worker);
      one.worker.getOutputStream().write(8);
      assertThat(one.client.getInputStream().read()).isEqualTo(8);

      link.apply(new LinkChange.Rates(1e6, null));
      assertThat(one.worker.getInputStream().read()).isEqualTo(7);
    }
  }

  @Test
  void takesTheRoundTripThatIsSet() throws IOException {
    try (Pair one = pair(1)) {
      link.apply(new LinkChange.RoundTrip(400_000_000L));
      long before = System.nanoTime();
      one.passes();
      // There and back, and never less.
      assertThat(System.nanoTime() - before).isGreaterThan(400_000_000L);
    }
  }

  @Test
  void keepsItsOtherOptionsWhenOnePathIsChanged() {
    PathOptions lossy = PathOptions.CLEAN.withLoss(Loss.random(0.1));
    link.apply(new LinkChange.Path(Direction.DOWNLINK, lossy));
    link.apply(new LinkChange.HandshakeDelay(5));

    assertThat(link.options().downlink()).isEqualTo(lossy);
    assertThat(link.options().uplink()).isEqualTo(PathOptions.CLEAN);
    assertThat(link.options().tcp().handshakeDelayNanos()).isEqualTo(5);
  }

  @Test
  void deliversEveryByteOverALossyLinkWithABuffer() throws Exception {
    PathOptions harsh = new PathOptions(500_000, Loss.bursty(0.05, 3), new Buffer.OfBytes(20_000));
    link.apply(new LinkChange.Path(Direction.UPLINK, harsh));
    link.apply(new LinkChange.Path(Direction.DOWNLINK, harsh));
    byte[] bytes = new byte[400_000];
    new java.util.Random(5).nextBytes(bytes);
    try (Pair one = pair(1)) {
      Thread sender =
          new Thread(
              () -> {
                try {
                  one.client.getOutputStream().write(bytes);
                  one.client.shutdownOutput();
                } catch (IOException gone) {
                  throw new IllegalStateException(gone);
                }
              });
      sender.start();
      assertThat(one.worker.getInputStream().readAllBytes()).isEqualTo(bytes);
      sender.join();
    }
  }

  @Test
  void saysHowManyWorkersThereAre() {
    assertThatThrownBy(() -> link.apply(new LinkChange.Reset(3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there is no worker 3; the link leads to 2");
  }

  @Test
  void refusesChangesOutOfRange() {
    assertThatThrownBy(() -> new LinkChange.Rates(-1.0, null)).hasMessageContaining("rate");
    assertThatThrownBy(() -> new LinkChange.RoundTrip(-1L)).hasMessageContaining("round trip");
    assertThatThrownBy(() -> new LinkChange.HandshakeDelay(-1)).hasMessageContaining("handshake");
  }

  private static InetSocketAddress at(ServerSocket server) {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  private Socket client(int worker) throws IOException {
    InetSocketAddress address = link.addresses().get(worker - 1);
    return new Socket(address.getAddress(), address.getPort());
  }

  /** Opens a connection and lets a byte pass, so that both ends know each other. */
  private Pair pair(int worker) throws IOException {
    Socket client = client(worker);
    client.getOutputStream().write(1);
    Socket accepted = (worker == 1 ? first : second).accept();
    client.setSoTimeout(PATIENCE_MILLIS);
    accepted.setSoTimeout(PATIENCE_MILLIS);
    assertThat(accepted.getInputStream().read()).isEqualTo(1);
    return new Pair(client, accepted);
  }

  private static void assertSilent(Socket socket) throws IOException {
    socket.setSoTimeout(SILENCE_MILLIS);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  private static void assertReset(Socket socket) {
    assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketException.class);
  }

  private record Pair(Socket client, Socket worker) implements AutoCloseable {
    void passes() throws IOException {
      client.getOutputStream().write(42);
      assertThat(worker.getInputStream().read()).isEqualTo(42);
      worker.getOutputStream().write(43);
      assertThat(client.getInputStream().read()).isEqualTo(43);
    }

    @Override
    public void close() throws IOException {
      client.close();
      worker.close();
    }
  }
}
