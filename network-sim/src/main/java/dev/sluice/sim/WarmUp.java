package dev.sluice.sim;

import dev.sluice.sim.link.EmulatedLink;
import dev.sluice.sim.link.EmulatedLink.Start;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.trace.LinkTrace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.slf4j.LoggerFactory;

/** Has the code of a link loaded and compiled before the first connection. */
final class WarmUp {
  private static final int MOST_MESSAGES = 2_000;
  private static final int BYTES = 1_000;

  /** Nobody waits longer for a link than for a program that starts anyhow. */
  private static final long MOST_NANOS = 1_000_000_000L;

  private static final int PATIENCE_MILLIS = 2_000;

  private WarmUp() {}

  /**
   * Passes some bytes through a link of its own, so that loading classes does not delay the first
   * message, which took 300 ms, nor interpreting them every one after it: a link that carries fifty
   * messages a second is compiled after minutes, and adds a third of a millisecond until then.
   */
  static void run() {
    InetAddress here = InetAddress.getLoopbackAddress();
    LinkTrace fast = LinkTrace.constant(10e6, 10e6, Duration.ofMillis(1));
    try (ServerSocket server = new ServerSocket(0, 1, here);
        EmulatedLink link =
            EmulatedLink.open(
                new InetSocketAddress(here, 0),
                new InetSocketAddress(here, server.getLocalPort()),
                fast,
                LinkOptions.DEFAULT,
                Start.NOW);
        Socket client = new Socket(here, link.address().getPort())) {
      server.setSoTimeout(PATIENCE_MILLIS);
      client.setSoTimeout(PATIENCE_MILLIS);
      client.setTcpNoDelay(true);
      try (Socket worker = server.accept()) {
        worker.setSoTimeout(PATIENCE_MILLIS);
        long begun = System.nanoTime();
        for (int i = 0; i < MOST_MESSAGES && System.nanoTime() - begun < MOST_NANOS; i++) {
          client.getOutputStream().write(new byte[BYTES]);
          worker.getOutputStream().write(worker.getInputStream().readNBytes(BYTES));
          client.getInputStream().readNBytes(BYTES);
        }
      }
    } catch (IOException notHere) {
      LoggerFactory.getLogger(WarmUp.class).debug("no warm-up", notHere);
    }
  }
}
