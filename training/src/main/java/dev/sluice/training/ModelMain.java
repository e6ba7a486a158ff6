package dev.sluice.training;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The program behind {@code ./sluice model}: makes bundles of ONNX classifiers and shows them. */
@Command(
    name = "sluice model",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Makes bundles of ONNX classifiers, and shows what is in a bundle.",
    subcommands = {
      PrepareCommand.class,
      WrapCommand.class,
      FitPoliciesCommand.class,
      FitCodecsCommand.class,
      FitThresholdsCommand.class,
      CertifyCommand.class,
      CutCommand.class,
      VerifyCommand.class,
      QuantiseCommand.class,
      CompanionCommand.class,
      InspectCommand.class,
      DiffCommand.class,
      PublishCommand.class
    })
public final class ModelMain implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  private ModelMain() {}

  /** Runs a subcommand and ends the process with its status. */
  public static void main(String[] arguments) {
    Programs.quietLogs();
    System.exit(
        execute(
            arguments,
            new PrintWriter(System.out, true, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8)));
  }

  /** Runs a subcommand without touching the process; returns its exit status. */
  static int execute(String[] arguments, PrintWriter out, PrintWriter err) {
    return Programs.execute(new CommandLine(new ModelMain()), arguments, out, err);
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "name a command: " + Programs.commands(spec.commandLine()));
  }
}
