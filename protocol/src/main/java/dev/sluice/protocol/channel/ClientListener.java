package dev.sluice.protocol.channel;

import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.Welcome;

/** Hears about the link. Called on the client's event loop, one call at a time; must not block. */
public interface ClientListener {
  /** Hears nothing. */
  ClientListener NONE = new ClientListener() {};

  /**
   * The state changed.
   *
   * @param detail why, for people; names the address
   */
  default void onState(LinkState state, String detail) {}

  /**
   * An attempt to connect failed, or the connection ended; the state turns {@link LinkState#DOWN}
   * next.
   *
   * @param trouble what kind of failure
   * @param detail the same for people; names the address
   */
  default void onTrouble(LinkTrouble trouble, String detail) {}

  /**
   * The same, with what the worker said about coming back; calls the shorter one unless overridden.
   *
   * @param retryAfterNanos how long the worker asks to be left alone, 0 when it does not
   */
  default void onTrouble(LinkTrouble trouble, String detail, long retryAfterNanos) {
    onTrouble(trouble, detail);
  }

  /**
   * The worker accepted the connection; follows each (re)connect, before the state turns {@link
   * LinkState#UP}.
   */
  default void onWelcome(Welcome welcome) {}

  /** A ping was handed to the socket, also one among data or behind a probe's padding. */
  default void onPingSent() {}

  /**
   * A ping came back.
   *
   * @param sentNanos when the ping was handed to the socket, device's clock
   * @param receivedNanos when the pong was read, device's clock
   * @param bytesAhead payload bytes that were written before the ping and not yet known to have
   *     arrived: the ping waited behind them. With 0 the difference is the bare round trip
   * @param load how busy the worker is
   */
  default void onPong(long sentNanos, long receivedNanos, int bytesAhead, LoadReport load) {}

  /**
   * The padding of a {@link WorkerClient#probe} was handed to the socket; of one that was not sent
   * nothing is heard. The ping behind it is told by {@link #onPingSent}.
   *
   * @param bytes what was sent, frame headers included
   */
  default void onProbeSent(int bytes) {}

  /**
   * The padding of a {@link WorkerClient#probe} has arrived.
   *
   * @param bytes what was sent, frame headers included
   * @param elapsedNanos from its first byte to the pong behind it: a round trip and the time that
   *     the link took for the bytes
   */
  default void onProbe(int bytes, long elapsedNanos) {}

  /**
   * A request was refused that had been cancelled meanwhile. It has its outcome; what the worker
   * says of the model that it asked may hold for the next one, too. Only of the latest cancelled
   * requests this is told.
   *
   * @param modelDigest the model, as the request named it
   * @param refusal of that request
   */
  default void onLateRefusal(String modelDigest, Refusal refusal) {}

  /** The worker's load has changed; answers and pongs carry it too. */
  default void onLoad(LoadReport load) {}
}
