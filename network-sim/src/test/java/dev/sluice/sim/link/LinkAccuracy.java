package dev.sluice.sim.link;

import dev.sluice.sim.link.EmulatedLink.Start;
import dev.sluice.sim.trace.LinkTrace;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * Measures how closely {@link EmulatedLink} keeps to its model on this machine. A program, not a
 * test: it takes time and wants the machine for itself. Optional argument: seconds per rate (10).
 */
final class LinkAccuracy {
  private static final double[] MEGABITS = {0.064, 0.25, 1, 6, 20, 50, 100, 200};
  private static final Duration ROUND_TRIP = Duration.ofMillis(50);
  private static final int PROBE_BYTES = 100;
  private static final long PROBE_PERIOD_NANOS = 20_000_000;
  private static final int WARM_UP_PROBES = 50;

  private LinkAccuracy() {}

  public static void main(String[] arguments) throws Exception {
    double seconds = arguments.length > 0 ? Double.parseDouble(arguments[0]) : 10;
    rate(100, 3);
    delayErrors(100, 200);
    System.out.println(
        "| set Mbit/s | measured Mbit/s | error % | delay error p50 ms | p99 ms | worst ms"
            + " | bare timer p99 ms |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
    for (double megabits : MEGABITS) {
      double measured = rate(megabits, seconds);
      BareTimer bareTimer = new BareTimer();
      bareTimer.start();
      double[] errors = delayErrors(megabits, (int) Math.round(seconds * 50));
      bareTimer.interrupt();
      bareTimer.join();
      System.out.printf(
          Locale.ROOT,
          "| %.3f | %.4f | %+.2f | %.3f | %.3f | %.3f | %.3f |%n",
          megabits,
          measured,
          (measured / megabits - 1) * 100,
          errors[errors.length / 2],
          percentile99(errors),
          errors[errors.length - 1],
          percentile99(bareTimer.sortedErrors()));
    }
  }

  /** Sends without pause and times what arrives after slow start. */
  private static double rate(double megabits, double seconds) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        EmulatedLink link = open(megabits, server);
        Socket client = client(link);
        Socket worker = server.accept()) {
      OutputStream out = client.getOutputStream();
      Thread sender =
          new Thread(
              () -> {
                byte[] chunk = new byte[4096];
                try {
                  while (true) {
                    out.write(chunk);
                  }
                } catch (IOException over) {
                  // The receiver has measured enough.
                }
              });
      sender.setDaemon(true);
      sender.start();
      byte[] buffer = new byte[1 << 16];
      long settled = System.nanoTime() + 2_000_000_000L;
      long first = 0;
      long bytes = 0;
      while (true) {
        int read = worker.getInputStream().read(buffer);
        long now = System.nanoTime();
        if (first == 0) {
          first = now >= settled ? now : 0;
        } else {
          bytes += read;
          if (now - first >= seconds * 1e9) {
            return bytes * 8e3 / (now - first);
          }
        }
      }
    }
  }

  /** Sends small messages over an idle link; returns the sorted errors in ms. */
  private static double[] delayErrors(double megabits, int probes) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        EmulatedLink link = open(megabits, server);
        Socket client = client(link);
        Socket worker = server.accept()) {
      worker.setTcpNoDelay(true);
      Thread sender =
          new Thread(
              () -> {
                try {
                  DataOutputStream out = new DataOutputStream(client.getOutputStream());
                  long next = System.nanoTime();
                  for (int i = 0; i < probes + WARM_UP_PROBES; i++) {
                    next += PROBE_PERIOD_NANOS;
                    for (long now = System.nanoTime(); now < next; now = System.nanoTime()) {
                      LockSupport.parkNanos(next - now);
                    }
                    byte[] message = new byte[PROBE_BYTES];
                    ByteBuffer.wrap(message).putLong(System.nanoTime());
                    out.write(message);
                  }
                } catch (IOException over) {
                  throw new IllegalStateException(over);
                }
              });
      sender.start();
      DataInputStream in = new DataInputStream(worker.getInputStream());
      byte[] message = new byte[PROBE_BYTES];
      double wanted = ROUND_TRIP.toNanos() / 2.0 + PROBE_BYTES * 8e3 / megabits;
      double[] errors = new double[probes];
      for (int i = 0; i < probes + WARM_UP_PROBES; i++) {
        in.readFully(message);
        long sent = ByteBuffer.wrap(message).getLong();
        if (i >= WARM_UP_PROBES) {
          errors[i - WARM_UP_PROBES] = (System.nanoTime() - sent - wanted) / 1e6;
        }
      }
      sender.join();
      Arrays.sort(errors);
      return errors;
    }
  }

  private static double percentile99(double[] sorted) {
    return sorted[(int) Math.ceil(sorted.length * 0.99) - 1];
  }

  /** What the machine itself adds at the same time: how late a thread wakes that parks for 5 ms. */
  private static final class BareTimer extends Thread {
    private static final long PERIOD_NANOS = 5_000_000;
    private final List<Double> errors = new ArrayList<>();

    @Override
    public void run() {
      while (!isInterrupted()) {
        long due = System.nanoTime() + PERIOD_NANOS;
        LockSupport.parkNanos(PERIOD_NANOS);
        errors.add((System.nanoTime() - due) / 1e6);
      }
    }

    double[] sortedErrors() {
      return errors.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    }
  }

  private static EmulatedLink open(double megabits, ServerSocket server) throws IOException {
    double bytesPerSecond = megabits * 125_000;
    return EmulatedLink.open(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        (InetSocketAddress) server.getLocalSocketAddress(),
        LinkTrace.constant(bytesPerSecond, bytesPerSecond, ROUND_TRIP),
        LinkOptions.DEFAULT,
        Start.NOW);
  }

  private static Socket client(EmulatedLink link) throws IOException {
    Socket client = new Socket(link.address().getAddress(), link.address().getPort());
    client.setTcpNoDelay(true);
    return client;
  }
}
