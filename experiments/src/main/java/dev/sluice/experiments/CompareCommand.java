package dev.sluice.experiments;

import dev.sluice.experiments.report.Json;
import dev.sluice.experiments.report.RunFolder;
import dev.sluice.experiments.report.compare.Comparison;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code experiment compare}: a gate for continuous integration. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Says what got better or worse beyond noise from one run of a study to another.",
      "Exit status 1 where something got worse or is not claimed any more."
    })
final class CompareCommand implements Callable<Integer>, Failures.Debuggable {
  private static final int REGRESSION = 1;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "BEFORE", description = "folder of the run to hold on to")
  private Path before;

  @Parameters(index = "1", paramLabel = "AFTER", description = "folder of the run to judge")
  private Path after;

  @Option(
      names = "--margin",
      paramLabel = "SHARE",
      description = "relative change that is put up with, such as 0.02 (default: 0)")
  private double margin;

  @Option(names = "--json", description = "one JSON object in place of the table")
  private boolean json;

  @Option(names = "--debug", description = "show a stack trace when something fails")
  private boolean debug;

  @Override
  public boolean debug() {
    return debug;
  }

  @Override
  public Integer call() throws Exception {
    for (Path folder : List.of(before, after)) {
      if (!Files.isDirectory(folder)) {
        throw new ParameterException(spec.commandLine(), folder + " is no folder");
      }
    }
    if (!(margin >= 0 && margin <= 1)) {
      throw new ParameterException(spec.commandLine(), "--margin must be in [0, 1], not " + margin);
    }
    Comparison comparison = Comparison.of(RunFolder.read(before), RunFolder.read(after), margin);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.print(Json.text(comparison.json()));
    } else {
      comparison.lines().forEach(out::println);
    }
    out.flush();
    return comparison.isRegression() ? REGRESSION : 0;
  }
}
