package dev.sluice.training;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;

/** What the programs of this module share: errors as one line, and where a bundle comes from. */
final class Programs {
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
   * Runs a program.
   *
   * @return 0, 1 after a failure, 2 after wrong use
   */
  static int execute(
      String name, CommandLine program, String[] arguments, PrintWriter out, PrintWriter err) {
    boolean debug = Arrays.asList(arguments).contains("--debug");
    return program
        .setOut(out)
        .setErr(err)
        .setParameterExceptionHandler(
            (wrong, given) -> {
              err.println(name + ": " + oneLine(wrong) + "; see " + name + " --help");
              return 2;
            })
        .setExecutionExceptionHandler(
            (failed, command, given) -> {
              if (debug) {
                failed.printStackTrace(err);
              }
              err.println(name + ": " + oneLine(failed));
              return 1;
            })
        .execute(arguments);
  }

  private static String oneLine(Throwable failed) {
    String message = failed.getMessage();
    String text =
        message == null || message.isBlank() ? failed.getClass().getSimpleName() : message;
    return text.lines().findFirst().orElse(text);
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
}
