package dev.sluice.experiments;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.study.Studies;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.StudyRun;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The program behind {@code ./sluice experiment}: lists studies and runs them. */
@Command(
    name = "sluice experiment",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Runs a study and leaves its figures, or lists the studies.",
    subcommands = {ExperimentMain.Run.class, ExperimentMain.ListStudies.class})
public final class ExperimentMain implements Callable<Integer>, Failures.Guide {
  @Spec private CommandSpec spec;

  private ExperimentMain() {}

  /** Runs the program and exits with its status. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return Failures.handledBy(new CommandLine(new ExperimentMain()));
  }

  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "name a command: " + instead());
  }

  @Override
  public String instead() {
    return "run NAME --out DIR runs a study (" + Studies.names() + "), list says what each asks";
  }

  /** {@code experiment list}. */
  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists the studies with their questions.")
  static final class ListStudies implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      PrintWriter out = spec.commandLine().getOut();
      for (Study study : Studies.all()) {
        out.printf(Locale.ROOT, "%-12s %s%n", study.name(), study.question());
      }
      out.flush();
      return 0;
    }
  }

  /** {@code experiment run}. */
  @Command(
      name = "run",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Runs a study; leaves run.json, summary.json and raw results in a folder.")
  static final class Run implements Callable<Integer>, Failures.Debuggable {
    private static final long DEFAULT_SEED = 20;

    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "the study; 'list' names them")
    private String name;

    @Option(
        names = "--out",
        paramLabel = "DIR",
        required = true,
        description = "folder for the results; made where it is missing")
    private Path out;

    @Option(
        names = "--quick",
        description = "the same measurement with fewer repeats, two minutes at most")
    private boolean quick;

    @Option(
        names = "--seed",
        paramLabel = "N",
        description = "from which all seeds of the study follow (default: " + DEFAULT_SEED + ")")
    private long seed = DEFAULT_SEED;

    @Option(names = "--debug", description = "show a stack trace when something fails")
    private boolean debug;

    @Override
    public boolean debug() {
      return debug;
    }

    @Override
    public Integer call() throws Exception {
      Study study =
          Studies.find(name)
              .orElseThrow(
                  () ->
                      new ParameterException(
                          spec.commandLine(),
                          "no study is called '%s'; did you mean '%s'? There are %s"
                              .formatted(name, Studies.nearest(name), Studies.names())));
      if (Files.exists(out) && !Files.isDirectory(out)) {
        throw new ParameterException(
            spec.commandLine(), "--out " + out + " is a file; name a folder");
      }
      Files.createDirectories(out);
      StudyContext context = new StudyContext(quick, seed, out, Home.find(), System.out);
      String command =
          "./sluice experiment run %s%s --seed %d --out %s"
              .formatted(name, quick ? " --quick" : "", seed, out);
      List<Claim> claims = StudyRun.of(study, context, command, Clock.systemUTC());
      PrintWriter console = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
      for (Claim claim : claims) {
        console.printf(
            Locale.ROOT,
            "%-6s %s: %.4g %s (wanted %s)%n",
            claim.holds() ? "holds" : "FAILS",
            claim.name(),
            claim.measured(),
            claim.unit(),
            claim.wanted());
      }
      console.println("results in " + out);
      console.flush();
      return 0;
    }
  }
}
