package dev.sluice.edge.agent;

import dev.sluice.edge.host.BundleProfiler;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.Durable;
import dev.sluice.scheduler.profile.FactsFormatException;
import dev.sluice.scheduler.profile.Profile;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The program behind {@code ./sluice profile}: measures a bundle on this machine, or over ssh on a
 * board, and writes the profile that {@code --device FILE} of other commands takes.
 */
@Command(
    name = "sluice profile",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures how long each part of a bundle takes, here or on a board over ssh.",
      "The board needs Java 17 and about 80 MB; Sluice and the bundle are copied to it once."
    })
public final class ProfileMain implements Program.Debuggable {
  private static final String STANDARD_OUTPUT = "-";

  private final PrintStream out;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "BUNDLE", description = "a bundle's folder or zip")
  private Path bundle = Path.of("");

  @Option(
      names = "--remote",
      paramLabel = "HOST",
      description = "measure on this machine, as ssh names it, such as pi@camera.local")
  private @Nullable String remote;

  @Option(
      names = "--ssh",
      paramLabel = "COMMAND",
      defaultValue = "ssh -o BatchMode=yes",
      description = "how to reach it (default: ${DEFAULT-VALUE})")
  private String ssh = "ssh -o BatchMode=yes";

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = STANDARD_OUTPUT,
      description = "where the profile goes (default: standard output)")
  private String file = STANDARD_OUTPUT;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "threads that compute one operator together (default: ${DEFAULT-VALUE})")
  private int threads = 1;

  @Option(
      names = "--repetitions",
      paramLabel = "N",
      defaultValue = "31",
      description = "measurements per part, of which the median counts (default: ${DEFAULT-VALUE})")
  private int repetitions = 31;

  @Option(names = "--debug", description = "show a stack trace when something fails")
  private boolean debug;

  ProfileMain(OutputStream out) {
    this.out = new PrintStream(out, true, StandardCharsets.UTF_8);
  }

  /** Runs the command and ends the process with its status. */
  public static void main(String[] arguments) {
    Program.main(new ProfileMain(System.out), arguments);
  }

  @Override
  public boolean debug() {
    return debug;
  }

  @Override
  public Integer call() throws Exception {
    if (!Files.exists(bundle)) {
      throw wrongUse(bundle + " does not exist");
    }
    if (threads < 1 || threads > 256 || repetitions < 1 || repetitions > 10_000) {
      throw wrongUse("--threads must be in [1, 256] and --repetitions in [1, 10000]");
    }
    Path folder = Path.of(file).toAbsolutePath().getParent();
    if (!file.equals(STANDARD_OUTPUT) && (folder == null || !Files.isDirectory(folder))) {
      throw wrongUse("--out " + file + ": there is no such folder");
    }
    Bundle opened = Bundle.open(bundle);
    Profile profile = remote == null ? here(opened) : there(opened, remote);
    if (file.equals(STANDARD_OUTPUT)) {
      out.write(profile.toJson());
      out.println();
      out.flush();
    } else {
      Durable.write(Path.of(file), profile.toJson());
      spec.commandLine()
          .getErr()
          .printf(
              "sluice profile: %.2f ms for the network on %s; in %s%n",
              profile.networkNanos() / 1e6, profile.machine(), file);
    }
    return 0;
  }

  private Profile here(Bundle opened) throws IOException {
    return new BundleProfiler(System::nanoTime, repetitions).measure(opened, threads);
  }

  private Profile there(Bundle opened, String host) throws IOException, InterruptedException {
    if (!host.matches("[A-Za-z0-9_@.:%\\[\\]-]+") || host.startsWith("-")) {
      throw wrongUse("--remote is a host as ssh names it, not '" + host + "'");
    }
    SshBoard board =
        new SshBoard(
            List.of(ssh.strip().split("\\s+", -1)),
            host,
            line -> spec.commandLine().getErr().println("sluice profile: " + line));
    byte[] json = board.profile(opened, threads, repetitions);
    try {
      return Profile.fromJson(json);
    } catch (FactsFormatException e) {
      throw new IOException(host + " has answered with something else: " + e.getMessage(), e);
    }
  }

  private ParameterException wrongUse(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
