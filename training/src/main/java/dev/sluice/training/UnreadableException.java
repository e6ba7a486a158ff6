package dev.sluice.training;

import java.io.IOException;
import picocli.CommandLine;

/** What a command compares cannot be read: status 2, where 1 means that it differs. */
final class UnreadableException extends IOException implements CommandLine.IExitCodeGenerator {
  private static final long serialVersionUID = 1L;

  UnreadableException(IOException cause) {
    super(cause.getMessage(), cause);
  }

  @Override
  public int getExitCode() {
    return CommandLine.ExitCode.USAGE;
  }
}
