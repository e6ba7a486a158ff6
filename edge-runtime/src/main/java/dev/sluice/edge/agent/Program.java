package dev.sluice.edge.agent;

import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Runs the commands of this package: one clear line for wrong use (status 2) and for failures (1),
 * as docs/commands.md says of all programs. Only an objective that cannot be understood is shown in
 * two lines more.
 */
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
    line.getCommandSpec()
        .version("sluice " + System.getProperty("sluice.version", "(not started by ./sluice)"));
    return line.setErr(err)
        .setParameterExceptionHandler(
            (wrong, given) -> {
              String name = wrong.getCommandLine().getCommandSpec().qualifiedName();
              err.println(name + ": " + wrongUse(wrong) + "; see ./" + name + " --help");
              if (wrong.getCause() instanceof ObjectiveSyntaxException objective) {
                objective.excerpt().forEach(err::println);
              }
              return CommandLine.ExitCode.USAGE;
            })
        .setExecutionExceptionHandler(
            (failed, at, given) -> {
              if (command.debug()) {
                failed.printStackTrace(err);
              }
              err.println(at.getCommandSpec().qualifiedName() + ": " + oneLine(failed));
              return CommandLine.ExitCode.SOFTWARE;
            })
        .execute(arguments);
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

  /** Returns what a command throws whose {@code --objective} cannot be understood. */
  static ParameterException wrongObjective(CommandLine command, ObjectiveSyntaxException wrong) {
    return new ParameterException(
        command,
        "--objective, at character " + (wrong.position() + 1) + ": " + wrong.problem(),
        wrong);
  }

  /** Returns what went wrong as one line. */
  static String oneLine(Throwable failure) {
    String message = failure.getMessage();
    if (message == null || message.isBlank() || message.equals("null")) {
      message =
          "failed unexpectedly (" + failure.getClass().getSimpleName() + "); --debug shows where";
    } else if (failure instanceof FileSystemException file && message.equals(file.getFile())) {
      message = message + ": " + trouble(file);
    }
    return message.strip().replaceAll("\\s*\\R\\s*", " ");
  }

  /** These exceptions name the file and leave the rest to their class. */
  private static String trouble(FileSystemException failure) {
    return failure instanceof NoSuchFileException
        ? "no such file or folder"
        : failure instanceof AccessDeniedException
            ? "permission denied"
            : failure.getClass().getSimpleName().replace("Exception", "");
  }
}
