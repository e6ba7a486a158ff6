package dev.sluice.protocol.message;

/**
 * The peer's fault: bytes that do not follow the protocol. Carries no stack trace, since the
 * reader's own position says nothing about the sender's mistake and hostile input must be cheap to
 * refuse.
 */
public class ProtocolException extends Exception {
  private static final long serialVersionUID = 1;

  /** How far the damage reaches. */
  public enum Scope {
    /** One request fails; the connection goes on. */
    REQUEST,
    /** The byte stream cannot be trusted any more; the connection ends. */
    CONNECTION
  }

  private final ErrorCode code;
  private final Scope scope;

  /**
   * @param code what to tell the peer
   * @param scope how far the damage reaches
   * @param message what was wrong and what to do about it
   */
  public ProtocolException(ErrorCode code, Scope scope, String message) {
    super(message, null, false, false);
    this.code = code;
    this.scope = scope;
  }

  /** Returns a fault that ends the connection: the bytes are not what the protocol says. */
  public static ProtocolException malformedConnection(String message) {
    return new ProtocolException(ErrorCode.MALFORMED, Scope.CONNECTION, message);
  }

  /** Returns a fault that ends one request: its payload is not what was announced. */
  public static ProtocolException malformedRequest(String message) {
    return new ProtocolException(ErrorCode.MALFORMED, Scope.REQUEST, message);
  }

  /** Returns a fault that ends the connection: something is larger than the limit granted. */
  public static ProtocolException tooLarge(String message) {
    return new ProtocolException(ErrorCode.TOO_LARGE, Scope.CONNECTION, message);
  }

  public ErrorCode code() {
    return code;
  }

  public Scope scope() {
    return scope;
  }
}
