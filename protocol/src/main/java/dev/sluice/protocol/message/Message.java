package dev.sluice.protocol.message;

/** What one side tells the other in a control frame. All messages are immutable. */
public sealed interface Message
    permits Hello, Welcome, Infer, Answer, Refusal, Cancel, Ping, Pong, Goodbye, Partial, Load {

  /** Returns the kind of this message, which is also the type byte of its frame. */
  MessageType type();

  /** Returns the request this message belongs to, or 0 when it concerns the whole connection. */
  default long requestId() {
    return 0;
  }
}
