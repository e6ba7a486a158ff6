package dev.sluice.experiments;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.experiments.demo.DemoException;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.RunFolder;
import dev.sluice.experiments.report.html.ReportPage;
import dev.sluice.experiments.study.FolderLock;
import dev.sluice.experiments.study.Studies;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.StudyFileException;
import dev.sluice.experiments.study.StudyRun;
import dev.sluice.experiments.study.grid.StudyFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
    description =
        "Runs a study and leaves its figures, shows and compares runs, lists the studies.",
    subcommands = {
      ExperimentMain.Run.class,
      ExperimentMain.ListStudies.class,
      ReportCommand.class,
      CompareCommand.class
    })
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
    return "run NAME --out DIR runs a study ("
        + Studies.names()
        + "), list says what each asks, report DIR shows a run, compare A B judges two";
  }

  /** {@code experiment list}. */
  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description =
          "Lists the studies with their questions; those with --config behind them take conditions"
              + " of your own.")
  static final class ListStudies implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      PrintWriter out = spec.commandLine().getOut();
      int widest = Studies.all().stream().mapToInt(study -> study.name().length()).max().orElse(0);
      for (Study study : Studies.all()) {
        out.println(
            study.name()
                + " ".repeat(widest + 2 - study.name().length())
                + study.question()
                + (study.configurable() ? " (--config)" : ""));
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
      description =
          "Runs a study; leaves report.html, run.json, summary.json and raw results in a folder.")
  static final class Run implements Callable<Integer>, Failures.Debuggable {
    private static final long DEFAULT_SEED = 20;

    /** What the launcher hands on to Java; system properties among it may narrow a study. */
    private static final String JAVA_OPTIONS = "SLUICE_JAVA_OPTS";

    @Spec private CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "the study; 'list' names them")
    private @Nullable String name;

    @Option(
        names = "--out",
        paramLabel = "DIR",
        description = "folder for the results; made where it is missing")
    private @Nullable Path out;

    @Option(
        names = "--resume",
        paramLabel = "DIR",
        description =
            "go on with the run in this folder, in place of NAME, --out, --quick and --seed; cells"
                + " that are finished there are not measured again")
    private @Nullable Path resumed;

    @Option(
        names = "--quick",
        description = "the same measurement with fewer repeats, a few minutes at most")
    private boolean quick;

    @Option(
        names = "--seed",
        paramLabel = "N",
        description = "from which all seeds of the study follow (default: " + DEFAULT_SEED + ")")
    private @Nullable Long seed;

    @Option(
        names = "--config",
        paramLabel = "FILE",
        description =
            "YAML with the study's conditions instead of its own, for the studies that 'list'"
                + " marks; begin with the study.yaml that a run leaves")
    private @Nullable Path config;

    @Option(names = "--debug", description = "show a stack trace when something fails")
    private boolean debug;

    /** What is to be run. */
    private record Order(Study study, Path out, boolean quick, long seed) {}

    @Override
    public boolean debug() {
      return debug;
    }

    @Override
    public Integer call() throws Exception {
      Order order = resumed == null ? fresh() : again(resumed);
      Path conditions = conditions(order);
      if (conditions != null && !order.study().configurable()) {
        throw wrongUse(
            "the study %s takes no --config; these do: %s"
                .formatted(order.study().name(), Studies.configurable()));
      }
      if (conditions != null && !Files.isRegularFile(conditions)) {
        throw wrongUse(
            "--config "
                + conditions
                + " is no file; './sluice experiment list' marks the"
                + " studies that take one, and a run leaves its own as "
                + StudyFile.COPY);
      }
      boolean existed = Files.exists(order.out());
      Files.createDirectories(order.out());
      FolderLock lock =
          FolderLock.of(order.out())
              .orElseThrow(() -> new DemoException("another run is using " + order.out()));
      boolean misfit = false;
      try {
        return run(order, conditions);
      } catch (StudyFileException e) {
        misfit = true;
        throw e;
      } finally {
        lock.close();
        if (misfit && !existed) {
          Files.deleteIfExists(order.out());
        }
      }
    }

    private int run(Order order, @Nullable Path conditions) throws Exception {
      StudyContext context =
          new StudyContext(order.quick(), order.seed(), order.out(), Home.find(), System.out);
      if (conditions != null) {
        context.withConfig(conditions);
      }
      String command = command(order, conditions);
      List<Claim> claims = StudyRun.of(order.study(), context, command, Clock.systemUTC());
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
      console.println(
          "results in %s; look at %s".formatted(order.out(), order.out().resolve(ReportPage.FILE)));
      console.flush();
      return 0;
    }

    /** What makes the same run, to be pasted into a shell. */
    private static String command(Order order, @Nullable Path conditions) {
      List<String> words = new ArrayList<>();
      words.addAll(List.of("./sluice", "experiment", "run", order.study().name()));
      if (order.quick()) {
        words.add("--quick");
      }
      if (conditions != null) {
        words.addAll(List.of("--config", conditions.toString()));
      }
      words.addAll(List.of("--seed", String.valueOf(order.seed())));
      words.addAll(List.of("--out", order.out().toString()));
      String options = System.getenv(JAVA_OPTIONS);
      return options == null || options.isBlank()
          ? ShellWords.of(words)
          : JAVA_OPTIONS + "=" + ShellWords.of(List.of(options)) + " " + ShellWords.of(words);
    }

    /** The file that is named, or where a run goes on, the copy of what it began with. */
    private @Nullable Path conditions(Order order) {
      Path begun = order.out().resolve(StudyFile.COPY);
      boolean known = resumed != null && order.study().configurable() && Files.exists(begun);
      return config == null && known ? begun : config;
    }

    private Order fresh() {
      if (name == null) {
        throw wrongUse("name a study (" + Studies.names() + "), or --resume DIR");
      }
      if (out == null) {
        throw wrongUse("say with --out DIR where the results go");
      }
      if (Files.exists(out) && !Files.isDirectory(out)) {
        throw wrongUse("--out " + out + " is a file; name a folder");
      }
      return new Order(study(name), out, quick, seed == null ? DEFAULT_SEED : seed);
    }

    private Order again(Path folder) throws IOException {
      if (name != null || out != null || quick || seed != null) {
        throw wrongUse("--resume takes study, --quick, --seed and --out from its folder");
      }
      if (!Files.isDirectory(folder)) {
        throw wrongUse("--resume " + folder + " is no folder");
      }
      ObjectNode record = RunFolder.record(folder);
      return new Order(
          study(record.path("study").asText()),
          folder,
          record.path("quick").asBoolean(),
          record.path("seed").asLong(DEFAULT_SEED));
    }

    private Study study(String wanted) {
      return Studies.find(wanted)
          .orElseThrow(
              () ->
                  wrongUse(
                      "no study is called '%s'; did you mean '%s'? There are %s"
                          .formatted(wanted, Studies.nearest(wanted), Studies.names())));
    }

    private ParameterException wrongUse(String message) {
      return new ParameterException(spec.commandLine(), message);
    }
  }
}
