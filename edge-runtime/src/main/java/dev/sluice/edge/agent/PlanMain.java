package dev.sluice.edge.agent;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The program behind {@code ./sluice plan}: asks the scheduler, without a device or a worker. */
@Command(
    name = "sluice plan",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Asks the scheduler what it would do, without a device or a worker.",
    subcommands = {PlanExplainCommand.class, PlanBudgetCommand.class})
public final class PlanMain implements Program.Debuggable {
  private final PrintStream out;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "show a stack trace when something fails")
  private boolean debug;

  PlanMain(OutputStream out) {
    this.out = new PrintStream(out, true, StandardCharsets.UTF_8);
  }

  /** Runs a subcommand and ends the process with its status. */
  public static void main(String[] arguments) {
    Program.main(new PlanMain(System.out), arguments);
  }

  PrintStream out() {
    return out;
  }

  @Override
  public boolean debug() {
    return debug;
  }

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(), "name a command: " + String.join(", ", spec.subcommands().keySet()));
  }
}
