package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.security.ClientKeyFiles;
import dev.sluice.protocol.security.ClientSecurity;
import dev.sluice.protocol.security.ServerKeyFiles;
import dev.sluice.protocol.security.ServerSecurity;
import dev.sluice.protocol.security.TestKeys;
import dev.sluice.protocol.security.Token;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real client against real server, with TLS, with tokens, and with what does not fit together. */
@Timeout(30)
class SecureLoopbackTest {
  private static final InstantSource CLOCK = InstantSource.system();
  private static final long SECOND = 1_000_000_000L;

  @TempDir Path folder;
  private TestKeys keys;

  @BeforeEach
  void makeKeys() throws Exception {
    keys = new TestKeys(folder, "authority");
    keys.issue("worker", "127.0.0.1");
    keys.issue("device", "device.example");
  }

  private static WorkerServer serve(ServerSecurity security, RequestHandler handler)
      throws IOException {
    return WorkerServer.bind(
        ServerOptions.on("127.0.0.1", 0, "worker").withSecurity(() -> security), handler);
  }

  private WorkerServer serve(String name) throws IOException {
    return serve(ServerSecurity.of(keys.worker(name), CLOCK), new LoopbackTest.Inbox());
  }

  private ServerSecurity mutual() throws IOException {
    return ServerSecurity.of(
        new ServerKeyFiles(
            Optional.of(folder.resolve("worker.pem")),
            Optional.of(keys.key("worker")),
            Optional.of(keys.authority()),
            Optional.empty()),
        CLOCK);
  }

  private ServerSecurity tokens() throws IOException {
    return ServerSecurity.of(
        new ServerKeyFiles(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(keys.secret("tokens", "other-token-0123456\n" + TestKeys.TOKEN))),
        CLOCK);
  }

  private static ClientSecurity device(ClientKeyFiles files) throws IOException {
    return ClientSecurity.of(files, CLOCK);
  }

  /** Connects until the link is down, and returns why. */
  private static LinkTrouble troubleOf(int port, ClientSecurity security, String... words)
      throws InterruptedException {
    LoopbackTest.Events events = new LoopbackTest.Events();
    try (WorkerClient client =
        WorkerClient.connect(LoopbackTest.options(port).withSecurity(security), events)) {
      events.await(LinkState.DOWN);
      assertThat(client.state()).isNotEqualTo(LinkState.UP);
      assertThat(events.details.get(LinkState.DOWN))
          .contains("127.0.0.1:" + port)
          .contains(words)
          .doesNotContain(TestKeys.TOKEN);
      LinkTrouble trouble = events.troubles.peek();
      assertThat(trouble).isNotNull();
      return trouble;
    }
  }

  private static void assertRoundTrip(
      WorkerServer server, LoopbackTest.Inbox inbox, ClientSecurity security) throws Exception {
    LoopbackTest.Events events = new LoopbackTest.Events();
    try (WorkerClient client =
        WorkerClient.connect(LoopbackTest.options(server.port()).withSecurity(security), events)) {
      events.await(LinkState.UP);
      for (long id = 1; id <= 3; id++) {
        byte[] payload = new byte[(int) (id * 100_000)];
        payload[payload.length - 1] = (byte) id;
        CompletableFuture<CloudOutcome> outcome = new CompletableFuture<>();
        client.send(LoopbackTest.request(id, payload), outcome::complete);
        LoopbackTest.Inbox.Received received = inbox.take();
        assertThat(received.request().payloads().get(0).get(payload.length - 1))
            .isEqualTo((byte) id);
        received.responder().answer(LoopbackTest.answer(id, received.stamps()));
        assertThat(outcome.get(10, TimeUnit.SECONDS)).isInstanceOf(CloudOutcome.Answered.class);
      }
    }
  }

  @Test
  void carriesRequestsOverTls() throws Exception {
    LoopbackTest.Inbox inbox = new LoopbackTest.Inbox();
    try (WorkerServer server = serve(ServerSecurity.of(keys.worker("worker"), CLOCK), inbox)) {
      assertRoundTrip(server, inbox, device(keys.trusting()));
    }
  }

  @Test
  void knowsADeviceByItsCertificate() throws Exception {
    LoopbackTest.Inbox inbox = new LoopbackTest.Inbox();
    try (WorkerServer server = serve(mutual(), inbox)) {
      assertRoundTrip(server, inbox, device(keys.showing("device")));
    }
  }

  @Test
  void knowsADeviceByItsToken() throws Exception {
    LoopbackTest.Inbox inbox = new LoopbackTest.Inbox();
    try (WorkerServer server = serve(tokens(), inbox)) {
      assertRoundTrip(server, inbox, ClientSecurity.none().withToken(Token.of(TestKeys.TOKEN)));
      assertThat(inbox.hellos.remove().toString()).doesNotContain(TestKeys.TOKEN);
    }
  }

  @Test
  void refusesAMissingAndAWrongToken() throws Exception {
    LoopbackTest.Inbox inbox = new LoopbackTest.Inbox();
    try (WorkerServer server = serve(tokens(), inbox)) {
      assertThat(troubleOf(server.port(), ClientSecurity.none(), "wants a token"))
          .isEqualTo(LinkTrouble.UNAUTHENTICATED);
      ClientSecurity wrong =
          ClientSecurity.none().withToken(Token.of("wrong-horse-battery-staple"));
      assertThat(troubleOf(server.port(), wrong, "does not know the token"))
          .isEqualTo(LinkTrouble.UNAUTHENTICATED);
      assertThat(inbox.hellos).as("nothing reaches the worker").isEmpty();
    }
  }

  @Test
  void withdrawsATokenForNewConnections() throws Exception {
    ServerSecurity[] now = {tokens()};
    LoopbackTest.Events events = new LoopbackTest.Events();
    ClientSecurity device = ClientSecurity.none().withToken(Token.of(TestKeys.TOKEN));
    try (WorkerServer server =
            WorkerServer.bind(
                ServerOptions.on("127.0.0.1", 0, "worker").withSecurity(() -> now[0]),
                new LoopbackTest.Inbox());
        WorkerClient client =
            WorkerClient.connect(
                LoopbackTest.options(server.port()).withSecurity(device), events)) {
      events.await(LinkState.UP);
      keys.secret("tokens", "only-another-token");
      now[0] =
          ServerSecurity.of(
              new ServerKeyFiles(
                  Optional.empty(),
                  Optional.empty(),
                  Optional.empty(),
                  Optional.of(folder.resolve("tokens"))),
              CLOCK);
      assertThat(troubleOf(server.port(), device, "token")).isEqualTo(LinkTrouble.UNAUTHENTICATED);
      assertThat(client.state()).isEqualTo(LinkState.UP);
    }
  }

  @Test
  void keepsATokenFromAWorkerThatCouldBeListenedTo() throws Exception {
    InetAddress other = anotherAddress();
    org.junit.jupiter.api.Assumptions.assumeTrue(!other.isLoopbackAddress());
    LoopbackTest.Inbox inbox = new LoopbackTest.Inbox();
    try (WorkerServer server = WorkerServer.bind(ServerOptions.on("0.0.0.0", 0, "w"), inbox)) {
      LoopbackTest.Events events = new LoopbackTest.Events();
      ClientOptions options =
          LoopbackTest.options(server.port())
              .at(other.getHostAddress(), server.port())
              .withSecurity(ClientSecurity.none().withToken(Token.of(TestKeys.TOKEN)));
      try (WorkerClient client = WorkerClient.connect(options, events)) {
        events.await(LinkState.DOWN);
        assertThat(client.state()).isNotEqualTo(LinkState.UP);
        assertThat(events.troubles.peek()).isEqualTo(LinkTrouble.TOKEN_IN_CLEAR);
      }
      assertThat(inbox.hellos).isEmpty();
    }
  }

  private static InetAddress anotherAddress() throws IOException {
    return java.net.NetworkInterface.networkInterfaces()
        .flatMap(java.net.NetworkInterface::inetAddresses)
        .filter(a -> a instanceof java.net.Inet4Address && !a.isLoopbackAddress())
        .findFirst()
        .orElse(InetAddress.getLoopbackAddress());
  }

  @Test
  void doesNotTrustAWorkerOfAnotherAuthority() throws Exception {
    TestKeys foreign = new TestKeys(folder, "foreign");
    try (WorkerServer server = serve("worker")) {
      assertThat(troubleOf(server.port(), device(foreign.trusting()), "authority"))
          .isEqualTo(LinkTrouble.UNTRUSTED_CERTIFICATE);
    }
  }

  @Test
  void doesNotTrustAWorkerOfAnotherName() throws Exception {
    keys.issue("elsewhere", "elsewhere.example");
    try (WorkerServer server = serve("elsewhere")) {
      assertThat(troubleOf(server.port(), device(keys.trusting()), "another name"))
          .isEqualTo(LinkTrouble.UNTRUSTED_CERTIFICATE);
    }
  }

  @Test
  void trustsAWorkerByTheNameThatItIsExpectedToHave() throws Exception {
    keys.issue("named", "worker.example");
    LoopbackTest.Inbox inbox = new LoopbackTest.Inbox();
    try (WorkerServer server = serve(ServerSecurity.of(keys.worker("named"), CLOCK), inbox)) {
      assertRoundTrip(server, inbox, device(keys.trusting()).expecting("worker.example"));
    }
  }

  @Test
  void doesNotTrustACertificateThatHasExpired() throws Exception {
    Instant then = Instant.now().minus(Duration.ofDays(9));
    keys.issue("old", "127.0.0.1", then, Duration.ofDays(3));
    ServerSecurity old =
        ServerSecurity.of(keys.worker("old"), InstantSource.fixed(then.plusSeconds(60)));
    try (WorkerServer server = serve(old, new LoopbackTest.Inbox())) {
      assertThat(troubleOf(server.port(), device(keys.trusting()), "expired"))
          .isEqualTo(LinkTrouble.UNTRUSTED_CERTIFICATE);
    }
  }

  @Test
  void refusesADeviceWithoutACertificateAndOneOfAnotherAuthority() throws Exception {
    TestKeys foreign = new TestKeys(folder, "foreign");
    foreign.issue("stranger", "stranger.example");
    ClientKeyFiles stranger =
        new ClientKeyFiles(
            true,
            Optional.of(keys.authority()),
            Optional.of(folder.resolve("stranger.pem")),
            Optional.of(keys.key("stranger")),
            Optional.empty(),
            false);
    LoopbackTest.Inbox inbox = new LoopbackTest.Inbox();
    try (WorkerServer server = serve(mutual(), inbox)) {
      assertThat(troubleOf(server.port(), device(keys.trusting()), "certificate"))
          .isEqualTo(LinkTrouble.OWN_CERTIFICATE);
      assertThat(troubleOf(server.port(), device(stranger), "certificate"))
          .isEqualTo(LinkTrouble.OWN_CERTIFICATE);
      assertThat(inbox.hellos).isEmpty();
    }
  }

  @Test
  void refusesAPlainDeviceInWordsThatItUnderstands() throws Exception {
    LoopbackTest.Inbox inbox = new LoopbackTest.Inbox();
    try (WorkerServer server = serve(ServerSecurity.of(keys.worker("worker"), CLOCK), inbox)) {
      assertThat(troubleOf(server.port(), ClientSecurity.none(), "TLS connections only"))
          .isEqualTo(LinkTrouble.UNAUTHENTICATED);
      assertThat(inbox.hellos).isEmpty();
    }
  }

  @Test
  void tellsAPlainWorkerFromOneThatSpeaksTls() throws Exception {
    LoopbackTest.Inbox inbox = new LoopbackTest.Inbox();
    try (WorkerServer server = LoopbackTest.serve(inbox)) {
      assertThat(troubleOf(server.port(), device(keys.trusting()), "does not speak TLS"))
          .isEqualTo(LinkTrouble.NOT_TLS);
      assertThat(inbox.hellos).isEmpty();
    }
  }

  @Test
  void refusesADeviceThatKnowsOlderTlsOnly() throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new Trusting()}, new SecureRandom());
    try (WorkerServer server = serve("worker");
        SSLSocket socket =
            (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", server.port())) {
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      org.assertj.core.api.Assertions.assertThatThrownBy(socket::startHandshake)
          .isInstanceOf(SSLException.class)
          .hasMessageContaining("protocol_version");
    }
  }

  @Test
  void endsAHandshakeThatNeverFinishes() throws Exception {
    ServerSecurity security = ServerSecurity.of(keys.worker("worker"), CLOCK);
    ServerOptions options =
        ServerOptions.on("127.0.0.1", 0, "worker")
            .withTimeouts(SECOND / 5, 10 * SECOND)
            .withSecurity(() -> security);
    byte[][] beginnings = {
      {}, {22}, {22, 3, 1}, {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xFC, 3, 3, 0, 0}
    };
    try (WorkerServer server = WorkerServer.bind(options, new LoopbackTest.Inbox())) {
      for (byte[] beginning : beginnings) {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
          socket.setSoTimeout(10_000);
          socket.getOutputStream().write(beginning);
          assertThat(drained(socket.getInputStream())).as("closed by the worker").isTrue();
        }
      }
      assertThat(server.connections()).isZero();
    }
  }

  @Test
  void endsAHandshakeThatClaimsALargeMessage() throws Exception {
    try (WorkerServer server = serve("worker");
        Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.setSoTimeout(10_000);
      byte[] record = new byte[5 + 16_384];
      record[0] = 22;
      record[1] = 3;
      record[2] = 1;
      record[3] = 0x40;
      // A client hello of 16 MiB less one byte, of which record follows record.
      record[5] = 1;
      record[6] = (byte) 0xFF;
      record[7] = (byte) 0xFF;
      record[8] = (byte) 0xFF;
      try {
        for (int i = 0; i < 64; i++) {
          socket.getOutputStream().write(record);
        }
      } catch (IOException closed) {
        return;
      }
      assertThat(drained(socket.getInputStream())).isTrue();
    }
  }

  @Test
  void reportsAWorkerThatNeverAnswersTheHandshake() throws Exception {
    try (java.net.ServerSocket mute =
        new java.net.ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
      LoopbackTest.Events events = new LoopbackTest.Events();
      ClientOptions options =
          LoopbackTest.options(mute.getLocalPort())
              .withReconnect(SECOND / 5, SECOND, SECOND)
              .withSecurity(device(keys.trusting()));
      try (WorkerClient client = WorkerClient.connect(options, events)) {
        events.await(LinkState.DOWN);
        assertThat(client.state()).isEqualTo(LinkState.DOWN);
        assertThat(events.troubles.peek()).isIn(LinkTrouble.NOT_TLS, LinkTrouble.NO_GREETING);
      }
    }
  }

  @Test
  void losesARequestUnderWayWhenTheWorkerGoes() throws Exception {
    LoopbackTest.Inbox inbox = new LoopbackTest.Inbox();
    LoopbackTest.Events events = new LoopbackTest.Events();
    CompletableFuture<CloudOutcome> outcome = new CompletableFuture<>();
    WorkerServer server = serve(ServerSecurity.of(keys.worker("worker"), CLOCK), inbox);
    try (server;
        WorkerClient client =
            WorkerClient.connect(
                LoopbackTest.options(server.port()).withSecurity(device(keys.trusting())),
                events)) {
      events.await(LinkState.UP);
      client.send(LoopbackTest.request(1, new byte[50]), outcome::complete);
      inbox.take();
      server.close();
      assertThat(outcome.get(10, TimeUnit.SECONDS)).isNotInstanceOf(CloudOutcome.Answered.class);
    }
  }

  private static boolean drained(InputStream in) throws IOException {
    try {
      while (in.read() >= 0) {
        continue;
      }
      return true;
    } catch (java.net.SocketException reset) {
      return true;
    }
  }

  /** Trusts all: what is tested is the worker's side. */
  private static final class Trusting implements X509TrustManager {
    @Override
    public void checkClientTrusted(java.security.cert.X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(java.security.cert.X509Certificate[] chain, String type) {}

    @Override
    public java.security.cert.X509Certificate[] getAcceptedIssuers() {
      return new java.security.cert.X509Certificate[0];
    }
  }
}
