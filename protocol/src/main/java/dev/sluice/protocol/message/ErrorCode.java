package dev.sluice.protocol.message;

import java.util.Optional;

/** Why a worker refuses a request or a connection. The numbers never change. */
public enum ErrorCode {
  /** The bytes do not follow the protocol. */
  MALFORMED(1),
  /** No common protocol version. */
  UNSUPPORTED_VERSION(2),
  /** The worker has no such model. */
  UNKNOWN_MODEL(3),
  /** The worker has a model of that name with other content. */
  WRONG_DIGEST(4),
  /** The cut has no codec of that name. */
  UNKNOWN_CODEC(5),
  /** The model has no such cut, or nothing follows it. */
  BAD_CUT(6),
  /** A frame or payload is larger than the limits granted in the Welcome. */
  TOO_LARGE(7),
  /** The worker has more to do than it wants to; try later. */
  OVERLOADED(8),
  /** The answer could not have come in time. */
  DEADLINE_PASSED(9),
  /** The request was cancelled before it was answered. */
  CANCELLED(10),
  /** The worker failed; the message says how. */
  INTERNAL(11),
  /** The token is missing or wrong, or the certificate is not one that is trusted. */
  UNAUTHENTICATED(12),
  /** The worker finishes what it has and takes nothing new; try another one, or later. */
  DRAINING(13),
  /** Bytes came so slowly that the worker waits no longer for the rest. */
  TOO_SLOW(14);

  private final int wireId;

  ErrorCode(int wireId) {
    this.wireId = wireId;
  }

  /** Returns the number of this code on the wire. */
  public int wireId() {
    return wireId;
  }

  /** Returns the code with a number, or empty when a newer peer sent one that is unknown here. */
  public static Optional<ErrorCode> ofWireId(int wireId) {
    for (ErrorCode code : values()) {
      if (code.wireId == wireId) {
        return Optional.of(code);
      }
    }
    return Optional.empty();
  }
}
