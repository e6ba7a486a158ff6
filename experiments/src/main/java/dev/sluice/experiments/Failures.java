package dev.sluice.experiments;

import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.util.Set;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** One line for a person when something fails; a stack trace only where it is asked for. */
final class Failures {
  private static final Pattern FULL_DISK =
      Pattern.compile("No space left on device|not enough space|Disk quota exceeded");

  private Failures() {}

  /** A command that can show a stack trace. */
  interface Debuggable {
    /** Whether a failure shows its stack trace. */
    boolean debug();
  }

  /** A command that can say more where a subcommand is given that it has not. */
  interface Guide {
    /** What there is instead; follows the names of the subcommands. */
    String instead();
  }

  static CommandLine handledBy(CommandLine commandLine) {
    version(commandLine);
    commandLine.setParameterExceptionHandler(
        (e, args) -> {
          PrintWriter err = e.getCommandLine().getErr();
          String name = e.getCommandLine().getCommandSpec().qualifiedName();
          err.println(name + ": " + wrongUse(e) + "; see ./" + name + " --help");
          showObjective(e, err);
          err.flush();
          return CommandLine.ExitCode.USAGE;
        });
    commandLine.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          PrintWriter err = command.getErr();
          if (command.getCommand() instanceof Debuggable failed && failed.debug()) {
            e.printStackTrace(err);
          }
          err.println(command.getCommandSpec().qualifiedName() + ": " + oneLine(e));
          showObjective(e, err);
          err.flush();
          return CommandLine.ExitCode.SOFTWARE;
        });
    return commandLine;
  }

  /** Shows the place in an objective that could not be understood, if that is what failed. */
  private static void showObjective(Throwable failed, PrintWriter err) {
    for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
      if (cause instanceof ObjectiveSyntaxException objective) {
        objective.excerpt().forEach(err::println);
        return;
      }
    }
  }

  private static void version(CommandLine program) {
    program
        .getCommandSpec()
        .version("sluice " + System.getProperty("sluice.version", "(not started by ./sluice)"));
    program.getSubcommands().values().forEach(Failures::version);
  }

  /** Says of a word that nothing takes which option or command was perhaps meant. */
  private static String wrongUse(ParameterException e) {
    if (e instanceof MissingParameterException
        && !e.getCommandLine().getUnmatchedArguments().isEmpty()) {
      /* What is missing may be there, mistyped. */
      return wrongUse(
          new UnmatchedArgumentException(
              e.getCommandLine(), e.getCommandLine().getUnmatchedArguments()));
    }
    if (!(e instanceof UnmatchedArgumentException unmatched)) {
      return oneLine(e);
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
    Set<String> commands = e.getCommandLine().getSubcommands().keySet();
    if (commands.isEmpty()) {
      return "unexpected argument '" + word + "'";
    }
    return "unknown command '"
        + word
        + unmatched.getSuggestions().stream()
            .findFirst()
            .map(command -> "'; did you mean '" + command + "'? Commands: ")
            .orElse("'; commands: ")
        + String.join(", ", commands)
        + (e.getCommandLine().getCommand() instanceof Guide guide ? "; " + guide.instead() : "");
  }

  private static String oneLine(Exception e) {
    String message = e.getMessage();
    if (message == null || message.isBlank()) {
      return "failed unexpectedly (" + e.getClass().getSimpleName() + "); --debug shows where";
    }
    // Some exceptions name the file alone and leave the rest to their class.
    boolean bare = e instanceof FileSystemException file && message.equals(file.getFile());
    String line =
        (bare ? message + ": " + e.getClass().getSimpleName().replace("Exception", "") : message)
            .strip()
            .replaceAll("\\s*\\R\\s*", " ");
    return line + advice(line);
  }

  /** What to do about a full disk where whoever wrote did not say: the system's words lack it. */
  private static String advice(String line) {
    boolean full = FULL_DISK.matcher(line).find();
    return full && !line.contains("free space")
        ? "; free space or choose another folder, then run the same command again"
        : "";
  }
}
