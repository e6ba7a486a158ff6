package dev.sluice.model.stage;

/** The bundle has no such exit, or not in that part of the network. */
public final class NoSuchExitException extends StageRequestException {
  private static final long serialVersionUID = 1L;

  private final int exit;

  /** Makes one. */
  public NoSuchExitException(String message, int exit) {
    super(message);
    this.exit = exit;
  }

  /** Returns the exit at fault. */
  public int exit() {
    return exit;
  }
}
