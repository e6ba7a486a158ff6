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

/** Has the code of a link loaded before the first connection. */
final class WarmUp {
  private static final int MESSAGES = 40;
  private static final int PATIENCE_MILLIS = 2_000;

  private WarmUp() {}

  /**
   * Passes some bytes through a link of its own, so that loading classes does not delay the first
   * message: that took 300 ms.
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
        for (int i = 0; i < MESSAGES; i++) {
          client.getOutputStream().write(new byte[4000]);
          worker.getOutputStream().write(worker.getInputStream().readNBytes(4000));
          client.getInputStream().readNBytes(4000);
        }
      }
    } catch (IOException notHere) {
      LoggerFactory.getLogger(WarmUp.class).debug("no warm-up", notHere);
    }
  }
}
