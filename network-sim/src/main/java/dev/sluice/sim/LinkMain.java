package dev.sluice.sim;

import dev.sluice.sim.link.EmulatedLink;
import dev.sluice.sim.link.EmulatedLink.Start;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.trace.LinkTrace;
import dev.sluice.sim.trace.TraceReader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The program {@code link}: a proxy that follows a trace.
 *
 * <p>Prints {@code link ready on HOST:PORT} once it listens and {@code started} once a trace with
 * {@code --start stdin} has begun. Exits with 2 on wrong use and with 1 if it cannot work.
 */
@Command(
    name = "sluice link",
    description = "Emulates a link: a TCP proxy whose rate and delay follow a trace.",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "A trace file holds lines 'seconds uplink_mbit downlink_mbit round_trip_ms' (also",
      "'seconds outage' and 'seconds end'); or a throughput log 'seconds mbit'; or",
      "mahimahi packet slots. See docs/link-emulation.md."
    })
public final class LinkMain implements Callable<Integer> {
  private static final int WARM_UP_MESSAGES = 40;
  private static final int WARM_UP_MILLIS = 2_000;

  private final InputStream input;
  private final CountDownLatch stopped;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--listen",
      required = true,
      paramLabel = "HOST:PORT",
      description = "where devices connect; port 0 for any free one")
  private String listen = "";

  @Option(
      names = "--to",
      required = true,
      paramLabel = "HOST:PORT",
      description = "where connections go on to, as a rule a cloud worker")
  private String to = "";

  @ArgGroup(multiplicity = "1")
  private Shape shape = new Shape();

  @Option(
      names = "--round-trip",
      paramLabel = "TIME",
      converter = Amounts.Millis.class,
      defaultValue = "50ms",
      description = "round trip where the trace has none (default: ${DEFAULT-VALUE})")
  private double roundTripMillis = 50;

  @Option(
      names = "--downlink-factor",
      paramLabel = "FACTOR",
      defaultValue = "1",
      description =
          "downlink rate over uplink rate where the trace has one rate (default: ${DEFAULT-VALUE})")
  private double downlinkFactor = 1;

  @Option(names = "--loop", description = "begin the trace again at its end")
  private boolean loop;

  @Option(
      names = "--time-scale",
      paramLabel = "FACTOR",
      defaultValue = "1",
      description = "multiply the trace's times; 0.5 plays it in half the time")
  private double timeScale = 1;

  @Option(
      names = "--start",
      paramLabel = "WHEN",
      defaultValue = "first-connection",
      description =
          "when the trace begins: first-connection (default), now, or stdin: at a line 'start' on"
              + " standard input, whose end stops the program")
  private String start = "first-connection";

  @Option(
      names = "--jitter",
      paramLabel = "TIME",
      converter = Amounts.Millis.class,
      defaultValue = "0",
      description = "most random delay per packet, e.g. 5ms (default: none)")
  private double jitterMillis;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "seed of that delay (default: ${DEFAULT-VALUE})")
  private long seed = 1;

  @Option(
      names = "--wake-up",
      paramLabel = "TIME",
      converter = Amounts.Millis.class,
      defaultValue = "0",
      description = "what waking the radio takes after 10 s of silence (default: none)")
  private double wakeUpMillis;

  @Option(names = "--debug", description = "show a stack trace when something fails")
  private boolean debug;

  private static final class Shape {
    @Option(names = "--trace", paramLabel = "FILE", description = "the trace to follow")
    private @Nullable Path trace;

    @Option(
        names = "--rate",
        paramLabel = "RATE",
        converter = Amounts.Megabits.class,
        description = "no trace: this uplink rate all the time, e.g. 6mbit")
    private @Nullable Double rateMegabits;
  }

  private LinkMain(InputStream input, CountDownLatch stopped) {
    this.input = input;
    this.stopped = stopped;
  }

  /** Runs until it is told to stop. */
  public static void main(String[] arguments) {
    if (System.getProperty("logback.configurationFile") == null) {
      System.setProperty("logback.configurationFile", "dev/sluice/sim/link-logback.xml");
    }
    CountDownLatch stopped = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  stopped.countDown();
                  awaitUninterruptibly(closed);
                },
                "link-shutdown"));
    int status =
        execute(
            arguments,
            System.in,
            new PrintWriter(System.out, true, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8),
            stopped);
    closed.countDown();
    System.exit(status);
  }

  /**
   * Runs the program without touching the process.
   *
   * @param stopped counted down to stop it
   * @return its exit status
   */
  static int execute(
      String[] arguments,
      InputStream input,
      PrintWriter out,
      PrintWriter err,
      CountDownLatch stopped) {
    LinkMain program = new LinkMain(input, stopped);
    CommandLine line = new CommandLine(program);
    line.getCommandSpec()
        .version("sluice " + System.getProperty("sluice.version", "(not started by ./sluice)"));
    return line.setOut(out)
        .setErr(err)
        .setParameterExceptionHandler(
            (wrong, given) -> {
              err.println("sluice link: " + oneLine(wrong) + "; see ./sluice link --help");
              return 2;
            })
        .setExecutionExceptionHandler(
            (failed, command, given) -> {
              if (program.debug) {
                failed.printStackTrace(err);
              }
              err.println("sluice link: " + oneLine(failed));
              return 1;
            })
        .execute(arguments);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    InetSocketAddress listenAddress = address("--listen", listen, 0);
    InetSocketAddress target = address("--to", to, 1);
    Start when = when();
    LinkOptions options = options();
    if (listenAddress.isUnresolved()) {
      throw wrongUse("--listen " + listen + ": unknown host; 127.0.0.1 is this machine");
    }
    LinkTrace trace = trace();
    PrintWriter out = spec().commandLine().getOut();
    warmUp();
    try (EmulatedLink link = EmulatedLink.open(listenAddress, target, trace, options, when)) {
      out.println(
          "link ready on " + listenAddress.getHostString() + ":" + link.address().getPort());
      out.flush();
      if (when == Start.ON_CALL) {
        Thread reader = new Thread(() -> obey(link, out), "link-stdin");
        reader.setDaemon(true);
        reader.start();
      }
      stopped.await();
    }
    return 0;
  }

  /**
   * Passes some bytes through a link of its own, so that loading classes does not delay the first
   * message: that took 300 ms.
   */
  private static void warmUp() {
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
      server.setSoTimeout(WARM_UP_MILLIS);
      client.setSoTimeout(WARM_UP_MILLIS);
      client.setTcpNoDelay(true);
      try (Socket worker = server.accept()) {
        worker.setSoTimeout(WARM_UP_MILLIS);
        for (int i = 0; i < WARM_UP_MESSAGES; i++) {
          client.getOutputStream().write(new byte[4000]);
          worker.getOutputStream().write(worker.getInputStream().readNBytes(4000));
          client.getInputStream().readNBytes(4000);
        }
      }
    } catch (IOException notHere) {
      LoggerFactory.getLogger(LinkMain.class).debug("no warm-up", notHere);
    }
  }

  /** Waits for the word on standard input; its end stops the program. */
  private void obey(EmulatedLink link, PrintWriter out) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.strip().equals("start") && !link.started()) {
          link.start();
          out.println("started");
          out.flush();
        }
      }
    } catch (IOException gone) {
      // The other end of the pipe is gone, which is how its owner says goodbye.
    } finally {
      stopped.countDown();
    }
  }

  private LinkTrace trace() throws IOException {
    TraceReader.Settings settings;
    try {
      settings = new TraceReader.Settings(duration(roundTripMillis), downlinkFactor, loop);
    } catch (IllegalArgumentException wrong) {
      throw wrongUse(String.valueOf(wrong.getMessage()));
    }
    if (!(timeScale > 0 && timeScale <= 1e6)) {
      throw wrongUse("--time-scale must be positive: " + timeScale);
    }
    Path file = shape.trace;
    if (file != null) {
      if (!Files.exists(file)) {
        throw wrongUse("--trace " + file + ": no such file");
      }
      LinkTrace read = TraceReader.read(file, settings);
      try {
        return timeScale == 1 ? read : read.scaled(timeScale);
      } catch (IllegalArgumentException tooShort) {
        throw wrongUse("--time-scale " + timeScale + " makes the trace's steps fall together");
      }
    }
    double bytesPerSecond = Objects.requireNonNull(shape.rateMegabits) * 125_000;
    return LinkTrace.constant(
        bytesPerSecond, bytesPerSecond * downlinkFactor, settings.roundTrip());
  }

  private LinkOptions options() {
    LinkOptions options = LinkOptions.DEFAULT;
    return options
        .withJitter(duration(jitterMillis), seed)
        .withRadio(Duration.ofNanos(options.radioIdleNanos()), duration(wakeUpMillis));
  }

  private Start when() {
    return switch (start.toLowerCase(Locale.ROOT)) {
      case "first-connection" -> Start.FIRST_CONNECTION;
      case "now" -> Start.NOW;
      case "stdin" -> Start.ON_CALL;
      default -> throw wrongUse("--start is first-connection, now or stdin, not '" + start + "'");
    };
  }

  /** IPv6 hosts may stand in brackets. */
  private InetSocketAddress address(String option, String text, int lowestPort) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    int port;
    try {
      port = Integer.parseInt(text.substring(colon + 1));
    } catch (NumberFormatException notOne) {
      port = -1;
    }
    if (host.isEmpty() || port < lowestPort || port > 65_535) {
      throw wrongUse(option + " must be HOST:PORT, e.g. 127.0.0.1:7411, not '" + text + "'");
    }
    return option.equals("--to")
        ? InetSocketAddress.createUnresolved(host, port)
        : new InetSocketAddress(host, port);
  }

  private static Duration duration(double millis) {
    return Duration.ofNanos(Math.round(millis * 1e6));
  }

  private ParameterException wrongUse(String message) {
    return new ParameterException(spec().commandLine(), message);
  }

  private CommandSpec spec() {
    if (spec == null) {
      throw new IllegalStateException("run it through picocli");
    }
    return spec;
  }

  private static String oneLine(Throwable failure) {
    String message = failure.getMessage();
    if (message == null || message.isBlank()) {
      return "failed unexpectedly ("
          + failure.getClass().getSimpleName()
          + "); --debug shows where";
    }
    // Some exceptions name the file alone and leave the rest to their class.
    boolean bare = failure instanceof FileSystemException file && message.equals(file.getFile());
    String text =
        bare
            ? message + ": " + failure.getClass().getSimpleName().replace("Exception", "")
            : message;
    return text.strip().replaceAll("\\s*\\R\\s*", " ");
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    }
  }
}
