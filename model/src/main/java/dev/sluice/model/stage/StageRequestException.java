package dev.sluice.model.stage;

/** A request asks for what the bundle has not. The message names it and says what there is. */
public abstract sealed class StageRequestException extends IllegalArgumentException
    permits NoSuchCutException, NoSuchExitException, CodecMisfitException, BeyondLimitException {
  private static final long serialVersionUID = 1L;

  StageRequestException(String message) {
    super(message);
  }

  StageRequestException(String message, Throwable cause) {
    super(message, cause);
  }
}
