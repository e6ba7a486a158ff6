package dev.sluice.experiments.study.link;

import dev.sluice.experiments.report.TextTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The same link by the kernel's {@code tc netem} and by the proxy. The kernel's is laid on the
 * loopback of a network namespace of its own, so that nothing else on the machine feels it; that
 * takes Linux, root, {@code ip} and {@code tc}, and the kernel's module. Elsewhere this part is
 * left out with a message.
 */
final class NetemFigures {
  private static final double MEGABITS = 6;
  private static final int ROUND_TRIP_MILLIS = 50;
  private static final int PATIENCE_SECONDS = 120;

  private NetemFigures() {}

  static void measure(Findings findings) throws IOException, InterruptedException {
    String namespace = "sluice-" + ProcessHandle.current().pid();
    Optional<String> missing = lay(namespace);
    try {
      if (missing.isPresent()) {
        findings.say("tc netem: left out, it cannot be used here: %s", missing.get());
        return;
      }
      double seconds = findings.scaled(5, 10);
      NetemProbe.Path kernel = inNamespace(namespace, seconds);
      NetemProbe.Path ours;
      List<String> options =
          List.of("--rate", MEGABITS + "mbit", "--round-trip", ROUND_TRIP_MILLIS + "ms");
      try (Proxy proxy = Proxy.start(options)) {
        ours = NetemProbe.measure(proxy::connect, seconds);
      }
      TextTable table = new TextTable("6 Mbit/s, 50 ms", "Mbit/s", "round trip ms");
      table.row("tc netem", number(kernel.megabits()), number(kernel.roundTripMillis()));
      table.row("emulated link", number(ours.megabits()), number(ours.roundTripMillis()));
      findings.show(table);
      apart(findings, "rate", ours.megabits(), kernel.megabits());
      apart(findings, "round trip", ours.roundTripMillis(), kernel.roundTripMillis());
    } finally {
      run("ip", "netns", "delete", namespace);
    }
  }

  private static void apart(Findings findings, String what, double ours, double kernel) {
    double percent = apartPercent(ours, kernel);
    findings.claim(
        what + " of the emulated link against tc netem", percent, "%", "<= 5", 1, percent, percent);
  }

  /** Returns by how much one is off the other, either way. */
  static double apartPercent(double ours, double kernel) {
    return 100 * Math.abs(ours / kernel - 1);
  }

  /** Returns what is missing, if anything is. */
  private static Optional<String> lay(String namespace) throws InterruptedException {
    List<String[]> commands =
        List.of(
            new String[] {"ip", "netns", "add", namespace},
            new String[] {"ip", "-n", namespace, "link", "set", "lo", "up"},
            new String[] {
              "tc",
              "-n",
              namespace,
              "qdisc",
              "add",
              "dev",
              "lo",
              "root",
              "netem",
              "delay",
              ROUND_TRIP_MILLIS / 2 + "ms",
              "rate",
              MEGABITS + "mbit"
            });
    for (String[] command : commands) {
      Optional<String> failure = run(command);
      if (failure.isPresent()) {
        return failure;
      }
    }
    return Optional.empty();
  }

  private static NetemProbe.Path inNamespace(String namespace, double seconds)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
    words.add(java.nio.file.Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    words.add(NetemProbe.class.getName());
    words.add(Double.toString(seconds));
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path", ""));
    Said said = said(builder);
    if (said.status != 0) {
      throw new IOException("the probe behind tc netem failed: " + said.output.strip());
    }
    return NetemProbe.Path.in(said.output);
  }

  private record Said(int status, String output) {}

  /** Runs a command; one that does not end in time is ended. */
  private static Said said(ProcessBuilder builder) throws IOException, InterruptedException {
    java.nio.file.Path file = Files.createTempFile("sluice-netem", ".txt");
    try {
      Process process = builder.redirectOutput(file.toFile()).start();
      try {
        boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        String output = Files.readString(file, StandardCharsets.UTF_8);
        return ended
            ? new Said(process.exitValue(), output)
            : new Said(-1, output + " (did not end within " + PATIENCE_SECONDS + " s)");
      } finally {
        process.destroyForcibly();
      }
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /** Runs a command; returns what it says if it fails. */
  private static Optional<String> run(String... command) throws InterruptedException {
    try {
      Said said = said(new ProcessBuilder(command).redirectErrorStream(true));
      return said.status == 0
          ? Optional.empty()
          : Optional.of(String.join(" ", command) + ": " + said.output.strip().replace('\n', ' '));
    } catch (IOException notThere) {
      return Optional.of(command[0] + " is not there");
    }
  }

  private static String number(double value) {
    return Findings.format("%.3f", value);
  }
}
