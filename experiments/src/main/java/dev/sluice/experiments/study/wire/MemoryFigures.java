package dev.sluice.experiments.study.wire;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.protocol.channel.ClientListener;
import dev.sluice.protocol.channel.ClientOptions;
import dev.sluice.protocol.channel.WorkerClient;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What connections hold in memory: many idle ones at a worker, such as flood it and never read its
 * answers, and a client whose worker never reads.
 *
 * <p>The worker is a process of its own, so the devices' ends of the connections do not count.
 */
final class MemoryFigures {
  private static final int IDLE_CONNECTIONS = 2_000;
  private static final int FLOODS = 16;
  private static final int SPARE_FILES = 300;
  private static final double MIB = 1 << 20;

  private static final int CLIENT_REQUESTS = 1_000;
  private static final int CLIENT_PAYLOAD_BYTES = 64 << 10;

  private final Findings findings;
  private final List<List<Object>> rows = new ArrayList<>();
  private final TextTable table =
      new TextTable("who holds it", "heap MiB", "Netty MiB", "JVM direct MiB", "together MiB");

  private MemoryFigures(Findings findings) {
    this.findings = findings;
  }

  static void measure(EchoProcess worker, Findings findings)
      throws IOException, InterruptedException {
    MemoryFigures figures = new MemoryFigures(findings);
    figures.idle(worker);
    figures.floods(worker);
    figures.client();
    findings.show(figures.table);
    findings
        .context()
        .csv(
            "memory.csv",
            List.of("what", "heap_bytes", "netty_bytes", "jvm_direct_bytes"),
            figures.rows);
  }

  private void idle(EchoProcess worker) throws InterruptedException {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
        && system.getMaxFileDescriptorCount() < IDLE_CONNECTIONS + SPARE_FILES) {
      findings.say(
          "idle connections skipped: a process may open %d files here; run 'ulimit -n %d' first",
          system.getMaxFileDescriptorCount(), IDLE_CONNECTIONS + SPARE_FILES);
      return;
    }
    Memory before = worker.memory();
    try (RawDevices devices = RawDevices.connect(worker.ports().sluice(), IDLE_CONNECTIONS)) {
      Memory more = worker.memory().less(before);
      row("worker, " + IDLE_CONNECTIONS + " idle connections", more);
      findings.claim(
          "connections that were lost of " + IDLE_CONNECTIONS + " idle ones",
          (double) devices.lost(),
          "connections",
          "= 0",
          IDLE_CONNECTIONS);
      findings.claim(
          "worker's memory for " + IDLE_CONNECTIONS + " idle connections",
          more.mebibytes(),
          "MiB",
          "<= 100",
          IDLE_CONNECTIONS);
    }
  }

  private void floods(EchoProcess worker) throws InterruptedException {
    Memory before = worker.memory();
    try (RawDevices devices = RawDevices.connect(worker.ports().sluice(), FLOODS)) {
      devices.flood();
      Thread.sleep(findings.scaled(2_000, 10_000));
      long half = devices.floodedBytes();
      Memory first = worker.memory().less(before);
      Thread.sleep(findings.scaled(2_000, 10_000));
      Memory second = worker.memory().less(before);
      row("worker, " + FLOODS + " devices that flood and never read", first);
      row("the same, as long again", second);
      findings.say(
          "%d devices flooded with %.1f MiB of requests, %.1f of them in the second half",
          FLOODS, devices.floodedBytes() / MIB, (devices.floodedBytes() - half) / MIB);
      findings.claim(
          "worker's memory per device that floods and never reads",
          second.mebibytes() / FLOODS,
          "MiB",
          "<= 1",
          FLOODS);
      findings.claim(
          "its growth from the first to the second half of the flood, per device",
          second.less(first).mebibytes() / FLOODS,
          "MiB",
          "<= 0.1",
          FLOODS);
    }
  }

  /** The payload is one buffer for all requests: what counts is what the client adds to it. */
  private void client() throws InterruptedException {
    ByteBuffer payload = ByteBuffer.allocateDirect(CLIENT_PAYLOAD_BYTES);
    try (SilentWorker worker = new SilentWorker()) {
      Memory before = Memory.afterCollection();
      try (WorkerClient client =
          SluiceEcho.open(
              ClientOptions.to("127.0.0.1", worker.port(), SluiceEcho.DIGEST, "unread"),
              ClientListener.NONE)) {
        for (int id = 1; id <= CLIENT_REQUESTS; id++) {
          client.send(SluiceEcho.request(id, payload), outcome -> {});
        }
        Thread.sleep(findings.scaled(2_000, 5_000));
        Memory more = Memory.afterCollection().less(before);
        row("client, " + CLIENT_REQUESTS + " requests to a worker that never reads", more);
        findings.claim(
            "client's memory for %d requests to a worker that never reads, payloads aside"
                .formatted(CLIENT_REQUESTS),
            more.mebibytes(),
            "MiB",
            "<= 8",
            CLIENT_REQUESTS);
      }
    }
  }

  private void row(String what, Memory memory) {
    rows.add(List.of(what, memory.heapBytes(), memory.nettyBytes(), memory.directBytes()));
    table.row(
        what,
        mebibytes(memory.heapBytes()),
        mebibytes(memory.nettyBytes()),
        mebibytes(memory.directBytes()),
        mebibytes(memory.total()));
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%.2f", bytes / MIB);
  }
}
