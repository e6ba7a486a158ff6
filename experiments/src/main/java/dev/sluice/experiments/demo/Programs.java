package dev.sluice.experiments.demo;

import dev.sluice.model.engine.EngineOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How the demo starts worker, link and edge agent: each the program that a person would start, with
 * small heaps, as three JVMs and this one share a machine.
 *
 * @param bundle served by the worker and run by the agent
 * @param goal the agent's objective
 * @param device how long the emulated device takes for the whole network
 * @param precision at which the device computes
 * @param engine what the agent computes with; the worker uses the same provider
 */
record Programs(Path bundle, Goal goal, Duration device, String precision, EngineOptions engine) {
  private static final String LOCAL = "127.0.0.1:0";
  private static final List<String> SMALL =
      List.of(
          "-Xms16m",
          "-Xmx256m",
          "-XX:+UseSerialGC",
          "-Djava.awt.headless=true",
          "-Dai.djl.offline=true");

  /** Ready after 2.7 s instead of 4.3 s on a busy machine; their heavy work is native. */
  private static final String QUICK_START = "-XX:TieredStopAtLevel=1";

  private static final int FIRST_JDK_THAT_ASKS = 23;

  /** The cloud worker, on a free port. */
  ChildProcess.Command worker() {
    return command(
        "cloud worker",
        "dev.sluice.cloud.CloudMain",
        List.of(
            "--bind",
            LOCAL,
            "--models",
            bundle.toString(),
            "--provider",
            engine.provider().toString()),
        "worker ready on ",
        List.of());
  }

  /** The emulated link before a worker; its trace begins on the line {@code start}. */
  ChildProcess.Command link(String workerAddress, Path trace) {
    return command(
        "emulated link",
        "dev.sluice.sim.LinkMain",
        List.of(
            "--listen",
            LOCAL,
            "--to",
            workerAddress,
            "--trace",
            trace.toString(),
            "--start",
            "stdin"),
        "link ready on ",
        List.of(QUICK_START));
  }

  /** The edge agent behind a link, with frames on standard input. */
  ChildProcess.Command agent(String linkAddress, Strategy strategy, Scenario scenario) {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("--bundle", bundle.toString()));
    words.addAll(List.of("--cloud", linkAddress));
    words.addAll(List.of("--objective", goal.text()));
    words.addAll(List.of("--strategy", strategy.name()));
    words.addAll(List.of("--emulate-device", device.toMillis() + "ms"));
    words.addAll(List.of("--threads", Integer.toString(engine.threads())));
    words.addAll(List.of("--provider", engine.provider().toString()));
    words.addAll(List.of("--precision", precision));
    if (strategy.equals(Strategy.FIXED_SPLIT)) {
      double megabits = scenario.meanBytesPerSecond() * 8 / 1e6;
      words.addAll(List.of("--mean-uplink", String.format(Locale.ROOT, "%.4fmbit", megabits)));
      words.addAll(
          List.of(
              "--mean-rtt", String.format(Locale.ROOT, "%.1fms", scenario.meanRoundTripMillis())));
    }
    return command(
        "edge agent",
        "dev.sluice.edge.agent.EdgeMain",
        words,
        "{\"type\":\"ready\"",
        List.of(QUICK_START));
  }

  private static ChildProcess.Command command(
      String name,
      String mainClass,
      List<String> arguments,
      String readyPrefix,
      List<String> jvmOptions) {
    List<String> jvm = new ArrayList<>(SMALL);
    jvm.addAll(jvmOptions);
    if (Runtime.version().feature() >= FIRST_JDK_THAT_ASKS) {
      jvm.add("--enable-native-access=ALL-UNNAMED");
      jvm.add("--sun-misc-unsafe-memory-access=allow");
    }
    return new ChildProcess.Command(name, mainClass, jvm, arguments, readyPrefix);
  }
}
