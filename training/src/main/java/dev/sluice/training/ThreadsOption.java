package dev.sluice.training;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How many processors a program of this module may use, to be mixed into its command. */
final class ThreadsOption {
  private static final int MOST = 256;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  @Option(names = "--threads", paramLabel = "N", description = "default: all processors")
  private int threads = Runtime.getRuntime().availableProcessors();

  /**
   * Returns the number, at least 1.
   *
   * @throws ParameterException if another was given
   */
  int checked() {
    if (threads < 1 || threads > MOST) {
      String wrong = "--threads must be in [1, " + MOST + "], not " + threads;
      throw spec == null
          ? new IllegalStateException(wrong)
          : new ParameterException(spec.commandLine(), wrong);
    }
    return threads;
  }
}
