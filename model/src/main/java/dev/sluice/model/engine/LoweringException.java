package dev.sluice.model.engine;

/** A network that the engine runs cannot be had in its rewritten form; it must be run whole. */
public final class LoweringException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LoweringException(String why) {
    super(why);
  }

  LoweringException(Throwable cause) {
    super(cause.getMessage(), cause);
  }
}
