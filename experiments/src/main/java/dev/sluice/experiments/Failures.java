package dev.sluice.experiments;

import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import picocli.CommandLine;

/** One line for a person when something fails; a stack trace only where it is asked for. */
final class Failures {
  private Failures() {}

  /** A command that can show a stack trace. */
  interface Debuggable {
    /** Whether a failure shows its stack trace. */
    boolean debug();
  }

  static CommandLine handledBy(CommandLine commandLine, String program) {
    commandLine.setParameterExceptionHandler(
        (e, args) -> {
          PrintWriter err = e.getCommandLine().getErr();
          err.println(program + ": " + firstLine(e) + " (see ./" + program + " --help)");
          err.flush();
          return CommandLine.ExitCode.USAGE;
        });
    commandLine.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          PrintWriter err = command.getErr();
          err.println(program + ": " + firstLine(e));
          if (command.getCommand() instanceof Debuggable failed && failed.debug()) {
            e.printStackTrace(err);
          }
          err.flush();
          return CommandLine.ExitCode.SOFTWARE;
        });
    return commandLine;
  }

  private static String firstLine(Exception e) {
    String message = e.getMessage();
    if (message == null || message.isBlank()) {
      return e.toString();
    }
    String line = message.lines().findFirst().orElse(message);
    return e instanceof FileSystemException
        ? e.getClass().getSimpleName().replace("Exception", "") + ": " + line
        : line;
  }
}
