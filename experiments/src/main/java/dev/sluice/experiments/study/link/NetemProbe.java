package dev.sluice.experiments.study.link;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Optional;

/**
 * Measures what is between two sockets: the rate under full load, and the time of a small message
 * there and back. Also a program, which measures the loopback of the network namespace that it is
 * started in: argument seconds; prints {@link Path#line}.
 */
final class NetemProbe {
  private static final String READY = "measured ";
  private static final long SETTLE_NANOS = 2_000_000_000L;
  private static final int PINGS = 60;
  private static final int PING_PAUSE_MILLIS = 20;

  private NetemProbe() {}

  /**
   * What was found.
   *
   * @param megabits payload that arrives under full load, Mbit/s
   * @param roundTripMillis median time of a byte there and back, without load
   */
  record Path(double megabits, double roundTripMillis) {
    Path {
      for (double value : new double[] {megabits, roundTripMillis}) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
          throw new IllegalArgumentException("nothing was measured: " + value);
        }
      }
    }

    /**
     * Finds what the program printed, among whatever else a JVM says.
     *
     * @throws IOException if it printed nothing of the kind
     */
    static Path in(String output) throws IOException {
      Optional<String> found = output.lines().filter(line -> line.startsWith(READY)).findFirst();
      if (found.isEmpty()) {
        throw new IOException("the probe behind tc netem said nothing: " + output.strip());
      }
      String[] numbers = found.get().substring(READY.length()).strip().split(" ", -1);
      try {
        if (numbers.length == 2) {
          return new Path(Double.parseDouble(numbers[0]), Double.parseDouble(numbers[1]));
        }
      } catch (IllegalArgumentException none) {
        throw new IOException("the probe behind tc netem measured nothing: " + found.get(), none);
      }
      throw new IOException(
          "the probe behind tc netem says no rate and round trip: " + found.get());
    }

    /** Returns it as the program prints it. */
    String line() {
      return READY + megabits + " " + roundTripMillis;
    }
  }

  /** Opens connections across what is measured. */
  interface Connector {
    Ends connect() throws IOException, InterruptedException;
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    InetAddress here = InetAddress.getLoopbackAddress();
    try (ServerSocket server = new ServerSocket(0, 1, here)) {
      Path path =
          measure(
              () -> {
                long opened = System.nanoTime();
                Socket client = new Socket(here, server.getLocalPort());
                Socket worker = server.accept();
                client.setTcpNoDelay(true);
                worker.setTcpNoDelay(true);
                return new Ends(client, worker, opened);
              },
              Double.parseDouble(arguments[0]));
      System.out.println(path.line());
    }
  }

  static Path measure(Connector connector, double seconds)
      throws IOException, InterruptedException {
    double roundTrip;
    try (Ends ends = connector.connect()) {
      roundTrip = roundTripMillis(ends);
    }
    try (Ends ends = connector.connect()) {
      ends.flood();
      return new Path(ends.arrivingMegabits(SETTLE_NANOS, seconds, () -> {}), roundTrip);
    }
  }

  private static double roundTripMillis(Ends ends) throws IOException, InterruptedException {
    double[] millis = new double[PINGS];
    DataInputStream there = new DataInputStream(ends.worker().getInputStream());
    DataInputStream back = new DataInputStream(ends.client().getInputStream());
    for (int i = 0; i < PINGS; i++) {
      long before = System.nanoTime();
      ends.client().getOutputStream().write(i);
      ends.worker().getOutputStream().write(there.readByte());
      back.readByte();
      millis[i] = (System.nanoTime() - before) / 1e6;
      Thread.sleep(PING_PAUSE_MILLIS);
    }
    Arrays.sort(millis);
    return millis[PINGS / 2];
  }
}
