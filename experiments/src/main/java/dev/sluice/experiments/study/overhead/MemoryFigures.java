package dev.sluice.experiments.study.overhead;

import dev.sluice.experiments.report.Interval;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Resident memory of plans, and whether it grows in the long run. Linux only. */
final class MemoryFigures {
  /** Heap that is there from the start, so that it does not count as growth. */
  private static final String HEAP = "256m";

  private MemoryFigures() {}

  /** A reading of the probe's. */
  private record Reading(String work, long done, long kilobytes) {}

  static void measure(Subject shipped, Optional<Subject> mobilenet, Findings findings)
      throws IOException, InterruptedException {
    if (!Files.isReadable(MemoryProbe.STATUS)) {
      findings.say("memory skipped: there is no %s on this system", MemoryProbe.STATUS);
      return;
    }
    if (mobilenet.isPresent()) {
      plans(mobilenet.get(), findings);
    }
    soak(shipped, findings);
  }

  private static void plans(Subject subject, Findings findings)
      throws IOException, InterruptedException {
    List<Reading> readings = probe(subject, findings, "plans");
    long none = readings.get(0).kilobytes();
    long one = readings.get(1).kilobytes();
    long all = readings.get(readings.size() - 1).kilobytes();
    findings.say(
        "%s: the first plan adds %.1f MB, %d further ones %.1f MB",
        subject.name(), (one - none) / 1e3, readings.size() - 2, (all - one) / 1e3);
    double ratio = (double) (all - one) / (one - none);
    findings.claim(
        "memory of nineteen further plans / of the first, " + subject.name(),
        new Interval(ratio, ratio, ratio),
        "ratio",
        "<= 3",
        readings.size());
  }

  private static void soak(Subject subject, Findings findings)
      throws IOException, InterruptedException {
    int inferences = findings.scaled(10_000, 100_000);
    int switches = findings.scaled(100, 1_000);
    List<Reading> readings =
        probe(subject, findings, "soak", Integer.toString(inferences), Integer.toString(switches));
    for (String work : List.of("inferences", "switches")) {
      List<Reading> some = readings.stream().filter(r -> r.work().equals(work)).toList();
      List<Reading> second = some.subList(some.size() / 2, some.size());
      double growth =
          100.0
              * slope(second)
              * (second.get(second.size() - 1).done() - second.get(0).done())
              / second.get(0).kilobytes();
      findings.say(
          "%s: %d KB before, %d KB half-way, %d KB after %d %s",
          subject.name(),
          some.get(0).kilobytes(),
          second.get(0).kilobytes(),
          some.get(some.size() - 1).kilobytes(),
          some.get(some.size() - 1).done(),
          work);
      findings.claim(
          "growth of memory over the second half of %d %s, %s"
              .formatted(some.get(some.size() - 1).done(), work, subject.name()),
          new Interval(growth, growth, growth),
          "%",
          "<= 5",
          second.size());
    }
  }

  /** Kilobytes per piece of work, by least squares. */
  private static double slope(List<Reading> readings) {
    double meanDone = readings.stream().mapToLong(Reading::done).average().orElse(0);
    double meanSize = readings.stream().mapToLong(Reading::kilobytes).average().orElse(0);
    double above = 0;
    double below = 0;
    for (Reading each : readings) {
      above += (each.done() - meanDone) * (each.kilobytes() - meanSize);
      below += (each.done() - meanDone) * (each.done() - meanDone);
    }
    return above / below;
  }

  private static List<Reading> probe(Subject subject, Findings findings, String... task)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xms" + HEAP, "-Xmx" + HEAP, "-XX:+AlwaysPreTouch"));
    command.addAll(List.of("-XX:+UseSerialGC", "-Dai.djl.offline=true"));
    command.add(MemoryProbe.class.getName());
    command.add(task[0]);
    command.add(subject.bundle().source().toString());
    command.addAll(List.of(task).subList(1, task.length));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // ONNX Runtime 1.29 crashes on start where the command line exceeds 4096 bytes: no -cp.
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    Process process = builder.start();
    List<Reading> readings = new ArrayList<>();
    String lastWords = "";
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ", -1);
        if (words[0].equals(MemoryProbe.MARK)) {
          Reading reading =
              new Reading(words[1], Long.parseLong(words[2]), Long.parseLong(words[3]));
          readings.add(reading);
          findings.memory(subject.name(), reading.work(), reading.done(), reading.kilobytes());
        } else {
          lastWords = line;
        }
      }
    } finally {
      process.destroy();
    }
    if (process.waitFor() != 0) {
      throw new IOException("the memory probe failed: " + lastWords);
    }
    return readings;
  }
}
