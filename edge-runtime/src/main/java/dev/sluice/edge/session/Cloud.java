package dev.sluice.edge.session;

import dev.sluice.scheduler.estimate.LinkState;
import java.util.function.Consumer;

/** The worker at the other end of a link. All methods are called, and call back, on the loop. */
public interface Cloud {

  /**
   * Sends a request. Bytes that are not on the link yet may be dropped when it is cancelled.
   *
   * @param request what to finish
   * @param done called once with the outcome; never for trouble only by an exception
   */
  void send(CloudRequest request, Consumer<CloudReply> done);

  /** Tells the worker, and the queue before it, that nobody waits for an answer any more. */
  void cancel(long id);

  /**
   * Sends a ping that carries some bytes, to learn about a link that no request uses. The listener
   * hears that it went out; a link that has something better to do leaves it.
   *
   * @param bytes size of the padding; 0 for a bare ping
   */
  void probe(int bytes);

  /**
   * Lets the link rest, or wakes it up again. At rest it is {@link LinkState#RESTING}, sends
   * nothing and keeps no connection; a request is lost at once. Said only while no frame is at the
   * cloud. A cloud that has nothing to rest from may ignore it; what it is already it stays.
   */
  default void rest(boolean resting) {}

  /** Names who is told about the link; replaces an earlier one. Wakes a link that rests. */
  void listen(Listener listener);

  /** Is told about the link, on the loop. */
  interface Listener {

    /** The link is up, down, at rest, or not known. */
    void onLinkState(LinkState state, String detail);

    /**
     * A ping came back.
     *
     * @param roundTripNanos how long it took
     * @param paddingBytes the padding that it carried, 0 for a bare ping
     * @param shared whether it waited behind requests, so that it tells no bare round trip
     */
    void onPong(long roundTripNanos, int paddingBytes, boolean shared);

    /** A ping was sent, with or without padding, on whichever connection. */
    default void onPingSent() {}

    /**
     * The padding of a probe was sent. Of a probe that the link did not take nothing is told.
     *
     * @param bytes of it
     */
    default void onProbeSent(int bytes) {}

    /**
     * A request was refused that had been cancelled before. Its outcome was given then; what the
     * worker says of the model may hold for the next request, too.
     *
     * @param model as in {@link CloudRequest#model}
     */
    default void onLateRefusal(String model, CloudReply.Refused refusal) {}

    /** The worker told how busy it is, by itself or with a pong; answers tell it too. */
    default void onLoad(CloudReply.WorkerLoad load) {}
  }
}
