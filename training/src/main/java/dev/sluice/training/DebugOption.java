package dev.sluice.training;

import picocli.CommandLine.Option;

/** The option that {@link Programs} looks for among the arguments, to be mixed into commands. */
final class DebugOption {
  @Option(names = "--debug", description = "show a stack trace when something fails")
  @SuppressWarnings("UnusedVariable") // Programs looks for it among the arguments.
  private boolean debug;
}
