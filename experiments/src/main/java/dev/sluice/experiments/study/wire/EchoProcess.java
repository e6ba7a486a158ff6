package dev.sluice.experiments.study.wire;

import dev.sluice.experiments.demo.ChildProcess;
import dev.sluice.experiments.demo.DemoException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An {@link EchoWorker} that runs. */
final class EchoProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String HEAP = "-Xmx1g";

  private final ChildProcess process;
  private final BlockingQueue<String> lines;
  private final EchoWorker.Ports ports;

  private EchoProcess(ChildProcess process, BlockingQueue<String> lines, EchoWorker.Ports ports) {
    this.process = process;
    this.lines = lines;
    this.ports = ports;
  }

  static EchoProcess start() throws InterruptedException {
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    ChildProcess process =
        ChildProcess.start(
            new ChildProcess.Command(
                "echo worker",
                EchoWorker.class.getName(),
                List.of(HEAP),
                List.of(),
                EchoWorker.READY),
            lines::add);
    return new EchoProcess(process, lines, EchoWorker.Ports.parse(process.awaitReady(PATIENCE)));
  }

  EchoWorker.Ports ports() {
    return ports;
  }

  /** Returns what the worker's process holds now. */
  Memory memory() throws InterruptedException {
    process.tell(EchoWorker.MEMORY);
    String line;
    do {
      line = lines.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      if (line == null) {
        process.check();
        throw new DemoException("the echo worker does not tell its memory");
      }
    } while (!line.startsWith(EchoWorker.MEMORY));
    return Memory.parse(line.substring(EchoWorker.MEMORY.length()));
  }

  @Override
  public void close() {
    process.close();
  }
}
