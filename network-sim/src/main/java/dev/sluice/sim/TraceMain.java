package dev.sluice.sim;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.sim.trace.LinkKind;
import dev.sluice.sim.trace.LinkTrace;
import dev.sluice.sim.trace.TraceFormat;
import dev.sluice.sim.trace.TraceGenerator;
import dev.sluice.sim.trace.TraceReader;
import dev.sluice.sim.trace.TraceStats;
import dev.sluice.sim.trace.TraceWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The program {@code trace}: says what link traces are like, writes them in another format, and
 * makes new ones. Exits with 2 on wrong use and with 1 if a file cannot be used; statistics of
 * other files are shown all the same.
 */
@Command(
    name = TraceMain.NAME,
    description = "Looks at link traces, converts them and makes new ones.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
public final class TraceMain implements Runnable {
  static final String NAME = "sluice trace";

  private static final double MAX_DOWNLINK_FACTOR = 1e6;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--debug",
      scope = picocli.CommandLine.ScopeType.INHERIT,
      description = "show a stack trace when something fails")
  private boolean debug;

  private TraceMain() {}

  /** Runs and ends the process. */
  public static void main(String[] arguments) {
    System.exit(
        execute(
            arguments,
            new PrintWriter(System.out, false, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8)));
  }

  /** Runs the program without touching the process; returns its exit status. */
  static int execute(String[] arguments, PrintWriter out, PrintWriter err) {
    TraceMain program = new TraceMain();
    int status =
        CommandLines.of(program, NAME, () -> program.debug, out, err)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(arguments);
    out.flush();
    return status;
  }

  @Override
  public void run() {
    throw wrongUse(spec, "name a command: stats, convert or generate");
  }

  @Command(
      name = "stats",
      description = {
        "Shows what traces are like: rates by the second, weighed by time.",
        "A file that is no trace is named on standard error, the others are shown, the status is 1."
      },
      mixinStandardHelpOptions = true)
  int stats(
      @Parameters(arity = "1..*", paramLabel = "FILE") List<Path> files,
      @Mixin ReadingOptions reading,
      @Option(names = "--json", description = "as one JSON object") boolean json)
      throws IOException {
    for (Path file : files) {
      requireFile(file);
    }
    checkFactor(reading.downlinkFactor(), spec);
    List<Path> good = new ArrayList<>();
    List<TraceStats> all = new ArrayList<>();
    for (Path file : files) {
      try {
        all.add(TraceStats.of(read(file, reading)));
        good.add(file);
      } catch (IOException unusable) {
        CommandLines.report(NAME, unusable, debug, err());
      }
    }
    if (json || !good.isEmpty()) {
      out().println(json ? json(good, all) : table(good, all));
    }
    return good.size() == files.size() ? 0 : 1;
  }

  @Command(
      name = "convert",
      description = "Writes a trace in another format.",
      mixinStandardHelpOptions = true)
  int convert(
      @Parameters(paramLabel = "FILE") Path file,
      @Mixin ReadingOptions reading,
      @Option(
              names = "--format",
              required = true,
              paramLabel = "FORMAT",
              description = "steps, throughput, mahimahi or csv")
          TraceFormat format,
      @Option(names = "--out", paramLabel = "FILE", description = "default: standard output")
          @Nullable Path target)
      throws IOException {
    write(read(file, reading), format, target);
    return 0;
  }

  @Command(
      name = "generate",
      description = "Makes a trace with the statistics of a kind of link.",
      mixinStandardHelpOptions = true)
  int generate(
      @Option(
              names = "--kind",
              required = true,
              paramLabel = "KIND",
              description =
                  "3g, lte, lte-fast, lte-weak, 5g-static, 5g-walking, 5g-driving or wifi")
          String kind,
      @Option(
              names = "--seconds",
              defaultValue = "600",
              paramLabel = "N",
              description = "how long it lasts (default: ${DEFAULT-VALUE})")
          int seconds,
      @Option(
              names = "--seed",
              defaultValue = "1",
              paramLabel = "N",
              description = "which of all such traces (default: ${DEFAULT-VALUE})")
          long seed,
      @Option(
              names = "--downlink-factor",
              paramLabel = "FACTOR",
              defaultValue = "1",
              description = "downlink rate over uplink rate (default: ${DEFAULT-VALUE})")
          double downlinkFactor,
      @Option(
              names = "--format",
              defaultValue = "steps",
              paramLabel = "FORMAT",
              description = "steps (default), throughput, mahimahi or csv")
          TraceFormat format,
      @Option(names = "--out", paramLabel = "FILE", description = "default: standard output")
          @Nullable Path target)
      throws IOException {
    checkFactor(downlinkFactor, spec);
    LinkTrace trace;
    try {
      trace = new TraceGenerator(LinkKind.named(kind)).generate(seconds, seed, downlinkFactor);
    } catch (IllegalArgumentException wrong) {
      throw wrongUse(spec, String.valueOf(wrong.getMessage()));
    }
    write(trace, format, target);
    return 0;
  }

  private void write(LinkTrace trace, TraceFormat format, @Nullable Path target)
      throws IOException {
    String text;
    try {
      text = TraceWriter.write(trace, format);
    } catch (IllegalArgumentException cannot) {
      throw new IOException("the trace cannot be written so: " + cannot.getMessage(), cannot);
    }
    if (target == null) {
      out().print(text);
    } else if (Files.isDirectory(target)) {
      throw wrongUse(spec, "--out " + target + " is a directory; name a file");
    } else {
      try {
        Files.writeString(target, text, StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new IOException(
            "cannot write %s (%s); free space there or name another file with --out"
                .formatted(target, e.getMessage()),
            e);
      }
    }
  }

  private static String table(List<Path> files, List<TraceStats> all) {
    String titles =
        String.format(
            Locale.ROOT,
            "%8s %9s %8s %8s %8s %8s %6s %6s %6s %8s %7s  %s",
            "seconds",
            "mean Mb/s",
            "p5",
            "p50",
            "p95",
            "max",
            "CoV",
            "lag-1",
            "out %",
            "longest s",
            "RTT ms",
            "file");
    StringBuilder text = new StringBuilder(titles);
    for (int i = 0; i < files.size(); i++) {
      TraceStats stats = all.get(i);
      TraceStats.Rate up = stats.uplink();
      text.append(
          String.format(
              Locale.ROOT,
              "%n%8.1f %9.3f %8.3f %8.3f %8.3f %8.3f %6.2f %6.2f %6.2f %9.1f %7.1f  %s",
              stats.seconds(),
              up.mean(),
              up.p5(),
              up.p50(),
              up.p95(),
              up.max(),
              up.variation(),
              up.autocorrelation(),
              100 * stats.outageShare(),
              stats.longestOutageSeconds(),
              stats.roundTripMeanMillis(),
              files.get(i)));
    }
    return text.toString();
  }

  private static String json(List<Path> files, List<TraceStats> all) {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ObjectNode root = mapper.createObjectNode();
    ArrayNode traces = root.putArray("traces");
    for (int i = 0; i < files.size(); i++) {
      TraceStats stats = all.get(i);
      ObjectNode node = traces.addObject();
      node.put("file", files.get(i).toString());
      node.put("seconds", stats.seconds()).put("steps", stats.steps());
      rate(node.putObject("uplink_mbit"), stats.uplink());
      rate(node.putObject("downlink_mbit"), stats.downlink());
      node.put("round_trip_ms_mean", stats.roundTripMeanMillis());
      node.put("outage_share", stats.outageShare());
      node.put("outages", stats.outages());
      node.put("longest_outage_s", stats.longestOutageSeconds());
    }
    try {
      return mapper.writeValueAsString(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("numbers and names are always JSON", e);
    }
  }

  private static void rate(ObjectNode node, TraceStats.Rate rate) {
    node.put("mean", rate.mean()).put("min", rate.min()).put("p5", rate.p5());
    node.put("p25", rate.p25()).put("p50", rate.p50()).put("p75", rate.p75());
    node.put("p95", rate.p95()).put("max", rate.max());
    node.put("variation", rate.variation());
    if (Double.isFinite(rate.autocorrelation())) {
      node.put("autocorrelation_1s", rate.autocorrelation());
    } else {
      node.putNull("autocorrelation_1s");
    }
    node.put("dead_share", rate.deadShare());
  }

  private PrintWriter out() {
    return spec(spec).commandLine().getOut();
  }

  private PrintWriter err() {
    return spec(spec).commandLine().getErr();
  }

  private LinkTrace read(Path file, ReadingOptions reading) throws IOException {
    requireFile(file);
    checkFactor(reading.downlinkFactor(), spec);
    return TraceReader.read(file, reading.settings(false));
  }

  private void requireFile(Path file) {
    if (!Files.exists(file)) {
      throw wrongUse(spec, file + ": no such file");
    }
  }

  private static void checkFactor(double factor, @Nullable CommandSpec spec) {
    if (!(factor > 0 && factor <= MAX_DOWNLINK_FACTOR)) {
      throw wrongUse(spec, "--downlink-factor must be positive: " + factor);
    }
  }

  private static ParameterException wrongUse(@Nullable CommandSpec spec, String message) {
    return new ParameterException(spec(spec).commandLine(), message);
  }

  private static CommandSpec spec(@Nullable CommandSpec spec) {
    if (spec == null) {
      throw new IllegalStateException("run it through picocli");
    }
    return spec;
  }
}
