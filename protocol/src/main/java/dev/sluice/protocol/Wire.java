package dev.sluice.protocol;

/**
 * Where to start.
 *
 * <ul>
 *   <li>A device opens a {@link dev.sluice.protocol.channel.WorkerClient} and gets exactly one
 *       {@link dev.sluice.protocol.channel.CloudOutcome} for each {@link
 *       dev.sluice.protocol.message.Infer} that it sends.
 *   <li>With several workers it opens a {@link dev.sluice.protocol.pool.WorkerPool} in its place.
 *   <li>{@link dev.sluice.protocol.security.ClientSecurity} and {@link
 *       dev.sluice.protocol.security.ServerSecurity} are TLS and tokens.
 *   <li>A worker opens a {@link dev.sluice.protocol.channel.WorkerServer} with its {@link
 *       dev.sluice.protocol.channel.RequestHandler}.
 *   <li>Payloads are written and read by {@link dev.sluice.protocol.codec.ActivationCodec} and
 *       {@link dev.sluice.protocol.codec.PictureCodec}.
 * </ul>
 */
public final class Wire {
  /** Newest protocol version that this library speaks. */
  public static final int VERSION = dev.sluice.protocol.frame.Handshake.VERSION;

  /** Port that a worker listens on when none is given. */
  public static final int DEFAULT_PORT = 7373;

  private Wire() {}
}
