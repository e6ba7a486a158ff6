package dev.sluice.experiments.study.link;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;

/**
 * The two ends of a connection, both in this process, hence on one clock.
 *
 * @param client the device's end
 * @param worker the worker's end
 * @param openedNanos when the client was connected
 */
record Ends(Socket client, Socket worker, long openedNanos) implements AutoCloseable {
  private static final int CHUNK_BYTES = 64 << 10;

  /** Sends from the client's end without pause, until the connection is closed. */
  void flood() {
    Thread sender =
        new Thread(
            () -> {
              byte[] chunk = new byte[CHUNK_BYTES];
              try {
                OutputStream out = client.getOutputStream();
                while (true) {
                  out.write(chunk);
                }
              } catch (IOException over) {
                // The receiver has measured enough.
              }
            },
            "flood");
    sender.setDaemon(true);
    sender.start();
  }

  /**
   * Returns the rate at which bytes arrive at the worker's end, in Mbit/s. Counted from when some
   * have just arrived to when some have, so no packet is counted in part.
   *
   * @param settleNanos how much is left out first
   * @param seconds to count
   * @param begun called when counting begins
   */
  double arrivingMegabits(long settleNanos, double seconds, Runnable begun) throws IOException {
    InputStream in = worker.getInputStream();
    byte[] buffer = new byte[1 << 18];
    long settled = System.nanoTime() + settleNanos;
    long first = 0;
    long bytes = 0;
    while (true) {
      int read = in.read(buffer);
      if (read < 0) {
        throw new IOException("the link closed the connection");
      }
      long now = System.nanoTime();
      if (first == 0) {
        if (now >= settled) {
          first = now;
          begun.run();
        }
      } else {
        bytes += read;
        if (now - first >= seconds * 1e9) {
          return bytes * 8e3 / (now - first);
        }
      }
    }
  }

  /**
   * Sends messages at even distances and returns how much later than wanted each was there as a
   * whole. Open loop: a late one delays none.
   *
   * @param messages to count
   * @param warmUp further ones before them that do not count
   * @param bytes of each, at least 8
   * @param wantedNanos how long one takes
   * @return in milliseconds, in the order of sending
   */
  double[] delayErrorsMillis(
      int messages, int warmUp, int bytes, long periodNanos, double wantedNanos)
      throws IOException, InterruptedException {
    Thread sender = new Thread(() -> send(messages + warmUp, bytes, periodNanos), "probe");
    sender.start();
    DataInputStream in = new DataInputStream(worker.getInputStream());
    byte[] message = new byte[bytes];
    double[] errors = new double[messages];
    for (int i = 0; i < messages + warmUp; i++) {
      in.readFully(message);
      long now = System.nanoTime();
      if (i >= warmUp) {
        errors[i - warmUp] = (now - ByteBuffer.wrap(message).getLong() - wantedNanos) / 1e6;
      }
    }
    sender.join();
    return errors;
  }

  private void send(int messages, int bytes, long periodNanos) {
    try {
      OutputStream out = client.getOutputStream();
      byte[] message = new byte[bytes];
      long next = System.nanoTime();
      for (int i = 0; i < messages; i++) {
        next += periodNanos;
        for (long now = System.nanoTime(); now < next; now = System.nanoTime()) {
          LockSupport.parkNanos(next - now);
        }
        ByteBuffer.wrap(message).putLong(System.nanoTime());
        out.write(message);
      }
    } catch (IOException broken) {
      throw new IllegalStateException("the link broke the connection", broken);
    }
  }

  @Override
  public void close() throws IOException {
    client.close();
    worker.close();
  }
}
