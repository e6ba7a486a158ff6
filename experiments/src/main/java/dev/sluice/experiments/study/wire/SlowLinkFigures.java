package dev.sluice.experiments.study.wire;

import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.protocol.channel.ClientListener;
import dev.sluice.protocol.channel.ClientOptions;
import dev.sluice.protocol.channel.CloudOutcome;
import dev.sluice.protocol.channel.WorkerClient;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.sim.link.EmulatedLink;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.trace.LinkTrace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * How long pings and small requests take while a megabyte goes up a slow, emulated link.
 *
 * <p>Wanted is that none waits for more than a round trip, the chunk that is being written and the
 * next one, and {@link #FIRST_BYTES}, which a device may write before it knows the link; and that
 * half of them wait for no more queue than the device aims at.
 */
final class SlowLinkFigures {
  private static final Duration ROUND_TRIP = Duration.ofMillis(40);
  private static final double BITS_PER_BYTE = 8;
  private static final double DOWNLINK_BYTES_PER_SECOND = 2e6 / BITS_PER_BYTE;
  private static final int UPLOAD_BYTES = 1 << 20;
  private static final int SMALL_BYTES = 256;

  /** A chunk is what the link carries in this time, but no less than so many bytes. */
  private static final double CHUNK_SECONDS = 0.025;

  private static final int LEAST_CHUNK_BYTES = 512 + 14;
  private static final int FIRST_BYTES = 4 << 10;
  private static final long QUEUE_TARGET_MILLIS = 50;

  /** A small request with its headers. */
  private static final int SMALL_ON_LINK_BYTES = SMALL_BYTES + 64;

  private static final long QUIET_MILLIS = 1_000;
  private static final long SMALL_EVERY_MILLIS = 500;

  private final Findings findings;
  private final List<List<Object>> rows = new ArrayList<>();
  private final TextTable table =
      new TextTable("uplink", "what", "count", "median ms", "longest ms", "a chunk ms");

  private SlowLinkFigures(Findings findings) {
    this.findings = findings;
  }

  static void measure(EchoWorker.Ports ports, Findings findings)
      throws IOException, InterruptedException {
    SlowLinkFigures figures = new SlowLinkFigures(findings);
    figures.upload("64 kbit/s", 64e3 / BITS_PER_BYTE, ports.sluice(), findings.scaled(15, 60));
    figures.upload("1 Mbit/s", 1e6 / BITS_PER_BYTE, ports.sluice(), findings.scaled(8, 9));
    findings.show(figures.table);
    findings.context().csv("slow-links.csv", List.of("uplink", "what", "ms"), figures.rows);
  }

  private void upload(String name, double bytesPerSecond, int port, int seconds)
      throws IOException, InterruptedException {
    List<Double> pings = Collections.synchronizedList(new ArrayList<>());
    List<Double> smalls = Collections.synchronizedList(new ArrayList<>());
    ClientListener listener =
        new ClientListener() {
          @Override
          public void onPong(long sentNanos, long receivedNanos, int bytesAhead, LoadReport load) {
            if (bytesAhead > 0) {
              pings.add((receivedNanos - sentNanos) / 1e6);
            }
          }
        };
    LinkTrace trace = LinkTrace.constant(bytesPerSecond, DOWNLINK_BYTES_PER_SECOND, ROUND_TRIP);
    int sent = 0;
    try (EmulatedLink link =
        EmulatedLink.open(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
            trace,
            LinkOptions.DEFAULT,
            EmulatedLink.Start.NOW)) {
      ClientOptions options =
          ClientOptions.to("127.0.0.1", link.address().getPort(), SluiceEcho.DIGEST, "slow");
      try (WorkerClient client = SluiceEcho.open(options, listener)) {
        Thread.sleep(QUIET_MILLIS);
        CountDownLatch uploaded = new CountDownLatch(1);
        client.send(
            SluiceEcho.request(1, ByteBuffer.allocate(UPLOAD_BYTES)),
            outcome -> uploaded.countDown());
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        List<Long> begun = new ArrayList<>();
        while (System.nanoTime() < end
            && !uploaded.await(SMALL_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
          long submitted = System.nanoTime();
          begun.add(submitted);
          client.send(
              SluiceEcho.request(1L + begun.size(), ByteBuffer.allocate(SMALL_BYTES)),
              outcome -> {
                // What is still waiting at the end is cancelled, and has waited at least so long.
                if (outcome instanceof CloudOutcome.Answered
                    || outcome instanceof CloudOutcome.Cancelled) {
                  smalls.add((System.nanoTime() - submitted) / 1e6);
                }
              });
        }
        sent = begun.size();
        for (long id = 1; id <= 1L + sent; id++) {
          client.cancel(id);
        }
        Thread.sleep(ROUND_TRIP.toMillis());
      }
    }
    double chunkMillis = 1e3 * Math.max(CHUNK_SECONDS, LEAST_CHUNK_BYTES / bytesPerSecond);
    double usual = ROUND_TRIP.toMillis() + 2 * chunkMillis;
    double own = 1e3 * SMALL_ON_LINK_BYTES / bytesPerSecond;
    double first = 1e3 * FIRST_BYTES / bytesPerSecond;
    tell(name, "ping", pings, usual, first, chunkMillis);
    tell(name, "small request", smalls, usual + own, first, chunkMillis);
    findings.claim(
        "small requests without an outcome during an upload at " + name,
        sent - smalls.size(),
        "requests",
        "= 0",
        sent);
  }

  private void tell(
      String name,
      String what,
      List<Double> waits,
      double usual,
      double first,
      double chunkMillis) {
    double[] millis;
    synchronized (waits) {
      millis = waits.stream().mapToDouble(Double::doubleValue).toArray();
    }
    double longest = Double.NaN;
    double median = Double.NaN;
    if (millis.length > 0) {
      median = Interval.median(millis);
      longest = java.util.Arrays.stream(millis).max().getAsDouble();
    }
    for (double each : millis) {
      rows.add(List.of(name, what, each));
    }
    table.row(
        name,
        what,
        Integer.toString(millis.length),
        String.format(Locale.ROOT, "%.0f", median),
        String.format(Locale.ROOT, "%.0f", longest),
        String.format(Locale.ROOT, "%.0f", chunkMillis));
    findings.claim(
        "median time of a %s during an upload of 1 MiB at %s".formatted(what, name),
        median,
        "ms",
        String.format(Locale.ROOT, "<= %.0f", usual + QUEUE_TARGET_MILLIS),
        millis.length);
    findings.claim(
        "longest time of a %s during an upload of 1 MiB at %s".formatted(what, name),
        longest,
        "ms",
        String.format(Locale.ROOT, "<= %.0f", usual + first),
        millis.length);
  }
}
