package dev.sluice.experiments.study.wire;

/** One connection to the {@link EchoWorker}, over which requests of a fixed size are sent. */
interface Caller extends AutoCloseable {
  /** Gets what becomes of a request. */
  interface Reply {
    /** The whole reply is there. */
    void arrived();

    /** There will be none. */
    void failed(String why);
  }

  /**
   * Sends one request.
   *
   * @param reply called once, on the connection's event loop, where it may call again
   */
  void call(Reply reply);

  @Override
  void close();
}
