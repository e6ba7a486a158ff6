package dev.sluice.edge.session;

/**
 * What a session has handed to the link since it began, in bytes: what answers frames apart from
 * what the link takes beside that. Handshakes are not counted, nor what the transport sends again.
 *
 * @param requests payloads of requests with their envelopes, also of those that were cancelled on
 *     their way
 * @param audits the same of audits
 * @param pings with headers of TLS, TCP and IP, also those that nobody answered
 * @param probes padding of pings that measure the rate; the pings themselves are among the others
 */
public record UplinkAccount(long requests, long audits, long pings, long probes) {
  /** Nothing was sent. */
  public static final UplinkAccount NONE = new UplinkAccount(0, 0, 0, 0);

  /** Returns what keeps the link up and known. */
  public long upkeep() {
    return pings + probes;
  }

  /** Returns all of it. */
  public long total() {
    return requests + audits + upkeep();
  }
}
