package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleException;
import dev.sluice.model.repository.Bundles;
import dev.sluice.training.data.MissingDataException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What the programs of this module share: errors as one line, and where a bundle comes from. */
final class Programs {
  private static final String DEBUG = "--debug";

  private Programs() {}

  /** Keeps the libraries' chatter out of the programs' output, unless somebody wants it. */
  static void quietLogs() {
    if (System.getProperty("logback.configurationFile") == null) {
      System.setProperty("logback.configurationFile", "dev/sluice/training/logback.xml");
    }
    // Everything that is needed is on the class path: nothing may be fetched while running.
    System.setProperty("ai.djl.offline", "true");
  }

  /**
   * Runs a program: one clear line for wrong use (2) and for failures (1), as docs/commands.md says
   * of all programs.
   *
   * @return 0, 1 after a failure, 2 after wrong use
   */
  static int execute(CommandLine program, String[] arguments, PrintWriter out, PrintWriter err) {
    boolean debug = Arrays.asList(arguments).contains(DEBUG);
    equip(program);
    return program
        .setOut(out)
        .setErr(err)
        .setParameterExceptionHandler(
            (wrong, given) -> {
              String name = wrong.getCommandLine().getCommandSpec().qualifiedName();
              err.println(name + ": " + wrongUse(wrong) + "; see ./" + name + " --help");
              return CommandLine.ExitCode.USAGE;
            })
        .setExecutionExceptionHandler(
            (failed, command, given) -> {
              if (debug) {
                failed.printStackTrace(err);
              }
              String name = command.getCommandSpec().qualifiedName();
              if (failed instanceof MissingDataException) {
                err.println(name + ": " + oneLine(failed) + "; see ./" + name + " --help");
                return CommandLine.ExitCode.USAGE;
              }
              err.println(name + ": " + oneLine(failed));
              return failed instanceof CommandLine.IExitCodeGenerator chosen
                  ? chosen.getExitCode()
                  : CommandLine.ExitCode.SOFTWARE;
            })
        .execute(arguments);
  }

  /** Gives every command what all have. */
  private static void equip(CommandLine program) {
    CommandSpec spec = program.getCommandSpec();
    spec.version("sluice " + System.getProperty("sluice.version", "(not started by ./sluice)"));
    if (spec.findOption(DEBUG) == null) {
      spec.addOption(
          OptionSpec.builder(DEBUG)
              .type(boolean.class)
              .description("show a stack trace when something fails")
              .build());
    }
    program.getSubcommands().values().forEach(Programs::equip);
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

  /** Returns the names of a program's commands. */
  static String commands(CommandLine program) {
    return String.join(", ", program.getSubcommands().keySet());
  }

  /**
   * Opens a bundle by path or address, telling on standard error how fetching goes.
   *
   * @throws ParameterException if the name names nothing
   * @throws IOException if the bundle cannot be had, or is damaged
   */
  static Bundle open(String pathOrAddress, CommandSpec command) throws IOException {
    Path path = locate(pathOrAddress, command);
    try {
      return Bundle.open(path);
    } catch (BundleException e) {
      if (pathOrAddress.endsWith(".onnx")) {
        throw new IOException(
            path
                + ": is no bundle; make one of the network with ./sluice model prepare or"
                + " ./sluice model wrap",
            e);
      }
      throw e;
    }
  }

  /**
   * Returns where a bundle is on this machine, fetched before if it is on a server.
   *
   * @throws ParameterException if the name names nothing
   * @throws IOException if the bundle cannot be had
   */
  static Path locate(String pathOrAddress, CommandSpec command) throws IOException {
    Optional<String> wrong = Bundles.misnamed(pathOrAddress);
    if (wrong.isPresent()) {
      throw new ParameterException(command.commandLine(), wrong.get());
    }
    PrintWriter err = command.commandLine().getErr();
    return Bundles.usual(line -> err.println(command.qualifiedName() + ": " + line))
        .locate(pathOrAddress);
  }

  private static String oneLine(Throwable failed) {
    String message = failed.getMessage();
    if (message == null || message.isBlank()) {
      return "failed unexpectedly (" + failed.getClass().getSimpleName() + "); --debug shows where";
    }
    // Some exceptions name the file alone and leave the rest to their class.
    boolean bare = failed instanceof FileSystemException file && message.equals(file.getFile());
    String text =
        bare
            ? message + ": " + failed.getClass().getSimpleName().replace("Exception", "")
            : message;
    return text.strip().replaceAll("\\s*\\R\\s*", " ");
  }

  /** Returns the commit of the checkout that the launcher started, or "unknown". */
  static String commit() {
    String home = System.getProperty("sluice.home");
    if (home == null) {
      return "unknown";
    }
    Process git = null;
    try {
      git =
          new ProcessBuilder(
                  List.of("git", "-C", Path.of(home).toString(), "rev-parse", "--short=12", "HEAD"))
              .redirectErrorStream(true)
              .start();
      String answer =
          new String(git.getInputStream().readNBytes(200), StandardCharsets.UTF_8).strip();
      return git.waitFor(5, TimeUnit.SECONDS) && git.exitValue() == 0 ? answer : "unknown";
    } catch (IOException e) {
      return "unknown";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "unknown";
    } finally {
      if (git != null) {
        git.destroy();
      }
    }
  }

  /** Returns a path's last name: where things lie on a machine is nobody's business. */
  static String fileName(Path path) {
    Path last = path.toAbsolutePath().normalize().getFileName();
    return last == null ? path.toString() : last.toString();
  }

  /** Returns the SHA-256 of bytes in hexadecimal. */
  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
