package dev.sluice.sim;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sluice.sim.link.EmulatedLink;
import dev.sluice.sim.link.EmulatedLink.Start;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.link.LinkStats;
import dev.sluice.sim.link.Route;
import dev.sluice.sim.trace.LinkTrace;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The program {@code link}: a proxy that follows a trace.
 *
 * <p>Prints {@code link ready on HOST:PORT} once it listens (with several workers their addresses
 * with commas between them) and {@code started} once a trace with {@code --start stdin} has begun.
 * With {@code --live} it obeys commands on standard input ({@link LinkCommands}) and answers each
 * with a line: {@code done COMMAND}, or {@code error} and what is wrong. Exits with 2 on wrong use
 * and with 1 if it cannot work.
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
      "mahimahi packet slots; or CSV with a title line. See docs/link-emulation.md."
    })
public final class LinkMain implements Callable<Integer> {
  private static final long SCRIPT_POLL_NANOS = 1_000_000;

  private final InputStream input;
  private final CountDownLatch stopped;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--listen",
      required = true,
      paramLabel = "HOST:PORT",
      description =
          "where devices connect; port 0 for any free one. One for each --to, or one for all: the"
              + " further ones take the ports after it")
  private List<String> listen = new ArrayList<>();

  @Option(
      names = "--to",
      required = true,
      paramLabel = "HOST:PORT",
      description = "where connections go on to, as a rule a cloud worker; several share the link")
  private List<String> to = new ArrayList<>();

  @Mixin private LinkShape shape = new LinkShape();

  @Option(
      names = "--start",
      paramLabel = "WHEN",
      defaultValue = "first-connection",
      description =
          "when the trace begins: first-connection (default), now, or stdin: at a line 'start' on"
              + " standard input, whose end stops the program")
  private String start = "first-connection";

  @Option(
      names = "--live",
      description =
          "obey commands on standard input, such as 'rate 2mbit', 'outage on', 'vanish 1'")
  private boolean live;

  @Option(
      names = "--at",
      paramLabel = "'SECONDS COMMAND'",
      description = "such a command, so long after the trace began; may be repeated")
  private List<String> at = new ArrayList<>();

  @Option(
      names = "--script",
      paramLabel = "FILE",
      description = "lines of that kind; # begins a comment")
  private @Nullable Path script;

  @Option(names = "--debug", description = "show a stack trace when something fails")
  private boolean debug;

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
    return CommandLines.of(program, "sluice link", () -> program.debug, out, err)
        .execute(arguments);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<Route> routes = routes();
    Start when = when();
    LinkTrace trace;
    LinkOptions options;
    LinkScript events;
    try {
      options = shape.options();
      trace = shape.trace();
      events = events();
    } catch (IllegalArgumentException wrong) {
      throw wrongUse(String.valueOf(wrong.getMessage()));
    }
    PrintWriter out = spec().commandLine().getOut();
    WarmUp.run();
    try (EmulatedLink link = EmulatedLink.open(routes, trace, options, when)) {
      out.println("link ready on " + addresses(routes, link));
      out.flush();
      if (when == Start.ON_CALL || live) {
        daemon("link-stdin", () -> obey(link, out, when));
      }
      if (!events.events().isEmpty()) {
        daemon("link-script", () -> play(events, link, out));
      }
      stopped.await();
    }
    return 0;
  }

  private static String addresses(List<Route> routes, EmulatedLink link) {
    List<String> addresses = new ArrayList<>();
    for (int i = 0; i < routes.size(); i++) {
      addresses.add(
          routes.get(i).listen().getHostString() + ":" + link.addresses().get(i).getPort());
    }
    return String.join(",", addresses);
  }

  private static void daemon(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** Obeys the words on standard input; with {@code --start stdin} its end stops the program. */
  private void obey(EmulatedLink link, PrintWriter out, Start when) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String answer = answer(line.strip(), link);
        if (!answer.isEmpty()) {
          out.println(answer);
          out.flush();
        }
      }
    } catch (IOException gone) {
      // The other end of the pipe is gone, which is how its owner says goodbye.
    } finally {
      if (when == Start.ON_CALL) {
        stopped.countDown();
      }
    }
  }

  private String answer(String line, EmulatedLink link) {
    if (line.equals("start")) {
      boolean before = link.started();
      link.start();
      return before ? "" : "started";
    }
    if (line.isEmpty() || !live) {
      return "";
    }
    if (line.equals("stats")) {
      return stats(link);
    }
    try {
      LinkCommands.parse(line).obey(link);
      return "done " + line;
    } catch (IllegalArgumentException wrong) {
      return "error " + CommandLines.oneLine(wrong);
    }
  }

  private static String stats(EmulatedLink link) {
    LinkStats stats = link.stats();
    return JsonNodeFactory.instance
        .objectNode()
        .put("position_s", link.positionNanos() / 1e9)
        .put("connections", stats.connections())
        .put("uplink_bytes", stats.uplinkBytes())
        .put("downlink_bytes", stats.downlinkBytes())
        .put("worst_lateness_ms", stats.worstLatenessNanos() / 1e6)
        .toString();
  }

  /** Obeys the script's commands at their times. */
  private static void play(LinkScript script, EmulatedLink link, PrintWriter out) {
    for (LinkScript.Event event : script.events()) {
      while (!link.started()) {
        LockSupport.parkNanos(SCRIPT_POLL_NANOS);
      }
      for (long left = event.positionNanos() - link.positionNanos();
          left > 0;
          left = event.positionNanos() - link.positionNanos()) {
        LockSupport.parkNanos(left);
      }
      try {
        event.command().obey(link);
        out.println(
            String.format(Locale.ROOT, "done %.3f %s", event.positionNanos() / 1e9, event.text()));
      } catch (IllegalArgumentException wrong) {
        out.println("error " + CommandLines.oneLine(wrong));
      }
      out.flush();
    }
  }

  private LinkScript events() throws IOException {
    List<LinkScript.Event> events =
        at.stream().map(LinkScript::event).collect(Collectors.toCollection(ArrayList::new));
    if (script != null) {
      if (!Files.isRegularFile(script)) {
        throw new IllegalArgumentException("--script " + script + ": no such file");
      }
      events.addAll(LinkScript.read(script));
    }
    return new LinkScript(events);
  }

  private List<Route> routes() {
    if (listen.size() != 1 && listen.size() != to.size()) {
      throw wrongUse(
          "one --listen for all, or one for each of the "
              + to.size()
              + " --to; found "
              + listen.size());
    }
    List<Route> routes = new ArrayList<>();
    for (int i = 0; i < to.size(); i++) {
      InetSocketAddress target = address("--to", to.get(i), 1);
      String text = listen.get(listen.size() == 1 ? 0 : i);
      InetSocketAddress given = address("--listen", text, 0);
      if (given.isUnresolved()) {
        throw wrongUse("--listen " + text + ": unknown host; 127.0.0.1 is this machine");
      }
      int port = given.getPort();
      if (listen.size() == 1 && port > 0) {
        port += i;
      }
      if (port > 65_535) {
        throw wrongUse("--listen " + text + ": no ports left for " + to.size() + " workers");
      }
      routes.add(new Route(new InetSocketAddress(given.getAddress(), port), target));
    }
    return routes;
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
      throw wrongUse(
          option
              + " must be HOST:PORT, e.g. 127.0.0.1:7411, with a port up to 65535, not '"
              + text
              + "'");
    }
    return option.equals("--to")
        ? InetSocketAddress.createUnresolved(host, port)
        : new InetSocketAddress(host, port);
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

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    }
  }
}
