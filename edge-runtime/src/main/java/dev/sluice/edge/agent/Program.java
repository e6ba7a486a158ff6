package dev.sluice.edge.agent;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/** Runs the commands of this package: one clear line for wrong use (2) and for failures (1). */
final class Program {
  private static final String LOG_PROPERTY = "logback.configurationFile";

  private Program() {}

  /** What a command tells of itself. */
  interface Debuggable extends Callable<Integer> {
    /** Whether a failure shows its stack trace. */
    boolean debug();
  }

  /** Runs a command as this process, and ends the process. */
  static void main(Debuggable command, String... arguments) {
    if (System.getProperty(LOG_PROPERTY) == null) {
      System.setProperty(LOG_PROPERTY, "dev/sluice/edge/agent/logback.xml");
    }
    System.exit(
        execute(command, new PrintWriter(System.err, true, StandardCharsets.UTF_8), arguments));
  }

  /**
   * Runs a command.
   *
   * @param err gets the line that says what is wrong
   * @return the exit status
   */
  static int execute(Debuggable command, PrintWriter err, String... arguments) {
    CommandLine line = new CommandLine(command);
    String name = line.getCommandName();
    return line.setErr(err)
        .setParameterExceptionHandler(
            (wrong, given) -> {
              err.println(name + ": " + oneLine(wrong) + "; see ./sluice " + name + " --help");
              return 2;
            })
        .setExecutionExceptionHandler(
            (failed, at, given) -> {
              if (command.debug()) {
                failed.printStackTrace(err);
              }
              err.println(name + ": " + oneLine(failed));
              return 1;
            })
        .execute(arguments);
  }

  private static String oneLine(Throwable failure) {
    String message = failure.getMessage();
    String text =
        message == null || message.isBlank() || message.equals("null")
            ? "failed unexpectedly ("
                + failure.getClass().getSimpleName()
                + "); --debug shows where"
            : message;
    return text.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
