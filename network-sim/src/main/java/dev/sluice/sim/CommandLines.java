package dev.sluice.sim;

import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.util.Set;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** How the programs of this module speak of what went wrong: one line, and the exit status. */
final class CommandLines {
  private CommandLines() {}

  /**
   * Prepares a command line: status 2 on wrong use, 1 on failure.
   *
   * @param name as typed, such as {@code sluice link}
   * @param debug whether a failure shows its stack trace
   */
  static CommandLine of(
      Object program, String name, BooleanSupplier debug, PrintWriter out, PrintWriter err) {
    CommandLine line = new CommandLine(program);
    line.getCommandSpec()
        .version("sluice " + System.getProperty("sluice.version", "(not started by ./sluice)"));
    return line.setOut(out)
        .setErr(err)
        .setParameterExceptionHandler(
            (wrong, given) -> {
              err.println(name + ": " + wrongUse(wrong) + "; see ./" + name + " --help");
              return 2;
            })
        .setExecutionExceptionHandler(
            (failed, command, given) -> {
              report(name, failed, debug.getAsBoolean(), err);
              return 1;
            });
  }

  /** Says what has failed, in one line. */
  static void report(String name, Throwable failed, boolean debug, PrintWriter err) {
    if (debug) {
      failed.printStackTrace(err);
    }
    err.println(name + ": " + oneLine(failed));
  }

  /** Says of a word that nothing takes which option or command was perhaps meant. */
  private static String wrongUse(ParameterException wrong) {
    if (wrong instanceof MissingParameterException
        && !wrong.getCommandLine().getUnmatchedArguments().isEmpty()) {
      /* What is missing may be there, mistyped. */
      return wrongUse(
          new UnmatchedArgumentException(
              wrong.getCommandLine(), wrong.getCommandLine().getUnmatchedArguments()));
    }
    if (!(wrong instanceof UnmatchedArgumentException unmatched)) {
      return oneLine(wrong);
    }
    String word = unmatched.getUnmatched().get(0);
    if (unmatched.isUnknownOption()) {
      return "unknown option '"
          + word
          + unmatched.getSuggestions().stream()
              .findFirst()
              .map(option -> "' (did you mean '" + option + "'?)")
              .orElse("'");
    }
    Set<String> commands = wrong.getCommandLine().getSubcommands().keySet();
    if (commands.isEmpty()) {
      return "unexpected argument '" + word + "'";
    }
    return "unknown command '"
        + word
        + unmatched.getSuggestions().stream()
            .findFirst()
            .map(command -> "'; did you mean '" + command + "'? Commands: ")
            .orElse("'; commands: ")
        + String.join(", ", commands);
  }

  static String oneLine(Throwable failure) {
    String message = failure.getMessage();
    if (message == null || message.isBlank()) {
      return "failed unexpectedly ("
          + failure.getClass().getSimpleName()
          + "); --debug shows where";
    }
    // Some exceptions name the file alone and leave the rest to their class.
    boolean bare = failure instanceof FileSystemException file && message.equals(file.getFile());
    String text =
        bare
            ? message + ": " + failure.getClass().getSimpleName().replace("Exception", "")
            : message;
    return text.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
