package dev.sluice.experiments;

import dev.sluice.experiments.report.html.ReportPage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code experiment report}. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description = "Makes report.html anew from what a run has left in its folder.")
final class ReportCommand implements Callable<Integer>, Failures.Debuggable {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "folder of the run")
  private Path folder;

  @Option(names = "--debug", description = "show a stack trace when something fails")
  private boolean debug;

  @Override
  public boolean debug() {
    return debug;
  }

  @Override
  public Integer call() throws Exception {
    if (!Files.isDirectory(folder)) {
      throw new ParameterException(spec.commandLine(), folder + " is no folder");
    }
    spec.commandLine().getOut().println(ReportPage.write(folder));
    spec.commandLine().getOut().flush();
    return 0;
  }
}
