package dev.sluice.protocol.channel;

/** What a client knows about its connection. */
public enum LinkState {
  /** A connection is being opened; requests wait. */
  CONNECTING,
  /** The worker has welcomed the client and is heard. */
  UP,
  /**
   * Connected, but pings stay unanswered: probably an outage. Requests wait; nothing new is
   * written.
   */
  SILENT,
  /**
   * No connection; the next attempt is scheduled. Requests are answered with {@link
   * CloudOutcome.LinkLost} at once.
   */
  DOWN
}
