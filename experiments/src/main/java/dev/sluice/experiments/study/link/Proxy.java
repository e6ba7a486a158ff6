package dev.sluice.experiments.study.link;

import dev.sluice.experiments.demo.ChildProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The program {@code link} in a process of its own, with both of its ends here. */
final class Proxy implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Compiled as {@code ./sluice link} has it. */
  private static final List<String> JVM =
      List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  private final ServerSocket server;
  private final ChildProcess process;
  private final int port;

  private Proxy(ServerSocket server, ChildProcess process, int port) {
    this.server = server;
    this.process = process;
    this.port = port;
  }

  /** Starts a link with these options besides its addresses. */
  static Proxy start(List<String> options) throws IOException, InterruptedException {
    ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    List<String> words = new ArrayList<>();
    words.addAll(List.of("--listen", "127.0.0.1:0"));
    words.addAll(List.of("--to", "127.0.0.1:" + server.getLocalPort()));
    words.addAll(options);
    ChildProcess process =
        ChildProcess.start(
            new ChildProcess.Command(
                "emulated link", "dev.sluice.sim.LinkMain", JVM, words, "link ready on "),
            line -> {});
    String address = process.awaitReady(PATIENCE);
    return new Proxy(
        server, process, Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)));
  }

  /** Opens a connection across it. */
  Ends connect() throws IOException {
    Socket client = new Socket(InetAddress.getLoopbackAddress(), port);
    long opened = System.nanoTime();
    client.setTcpNoDelay(true);
    Socket worker = server.accept();
    worker.setTcpNoDelay(true);
    return new Ends(client, worker, opened);
  }

  /** Returns how long the link's process has computed so far, on all cores. */
  Optional<Duration> cpuTime() {
    return process.cpuTime();
  }

  @Override
  public void close() throws IOException {
    process.close();
    server.close();
  }
}
