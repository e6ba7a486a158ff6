package dev.sluice.protocol.channel;

/** Why there is no connection to a worker, as far as its cause decides what to do about it. */
public enum LinkTrouble {
  /** The host has no address. */
  UNKNOWN_HOST,
  /** The host is there, but no program listens on the port. */
  REFUSED,
  /** Nothing answers at the address: host down, network gone, or a firewall that is silent. */
  TIMED_OUT,
  /** The system knows no way to the address, or does not allow it. */
  UNREACHABLE,
  /**
   * Something takes the connection, and closes it or says nothing: another program, or a proxy
   * before a worker that is not there.
   */
  NO_GREETING,
  /** What answers does not speak this protocol. */
  NOT_A_WORKER,
  /** A worker, of a version that has no protocol in common with this one. */
  OTHER_VERSION,
  /** The worker does not serve the model. */
  MODEL_NOT_SERVED,
  /** The worker has all the connections that it takes. */
  FULL,
  /** The worker wants a token, another one, or TLS. */
  UNAUTHENTICATED,
  /** A token is to be shown, but who is on the way there could read it. */
  TOKEN_IN_CLEAR,
  /** What answers does not speak TLS. */
  NOT_TLS,
  /** The worker cannot show that it is the one that was called. */
  UNTRUSTED_CERTIFICATE,
  /** The worker wants a certificate of this device's, or another one. */
  OWN_CERTIFICATE,
  /** TLS did not come to be for another reason. */
  TLS_FAILED,
  /** The worker finishes what it has and takes nothing new. */
  DRAINING,
  /** The worker refuses the connection for another reason. */
  REFUSED_BY_WORKER,
  /** A connection that was good has ended. */
  LOST
}
