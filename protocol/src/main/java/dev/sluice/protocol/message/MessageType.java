package dev.sluice.protocol.message;

/** The kinds of message, in the order of their class ids on the wire. */
public enum MessageType {
  HELLO(1),
  WELCOME(2),
  INFER(3),
  ANSWER(4),
  REFUSAL(5),
  CANCEL(6),
  PING(7),
  PONG(8),
  GOODBYE(9),
  PARTIAL(10),
  LOAD(11);

  private final int wireId;

  MessageType(int wireId) {
    this.wireId = wireId;
  }

  /** Returns the number of this kind on the wire; it never changes. */
  public int wireId() {
    return wireId;
  }
}
