package dev.sluice.protocol.channel;

import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.Partial;

/** The way back for one request. Thread-safe; the first use counts, later ones are ignored. */
public interface Responder {
  /**
   * Returns a number for the connection, unique within the server's life; request ids repeat across
   * connections.
   */
  long connectionId();

  /** Returns the request's id on its connection. */
  long requestId();

  /** Returns whether the device cancelled the request or went away. */
  boolean isCancelled();

  /**
   * Tells what an exit said that was not sure enough, before the answer. Without effect once the
   * request has its reply, or while the device does not read as fast as it is told.
   *
   * @throws IllegalArgumentException if it is for another request
   */
  default void partial(Partial partial) {}

  /**
   * Sends the answer.
   *
   * @param answer its reply stamp is replaced by the time at which the server writes it
   * @throws IllegalArgumentException if it is for another request
   */
  void answer(Answer answer);

  /**
   * Refuses the request.
   *
   * @param message what to do about it, for people
   * @param retryAfterNanos when trying again may help, 0 when unknown
   */
  void refuse(ErrorCode code, String message, long retryAfterNanos);
}
