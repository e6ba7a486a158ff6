package dev.sluice.protocol.security;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * How a device secures its connections: TLS 1.3 or none, with or without a token. Immutable.
 *
 * <p>Over TLS the worker's certificate must come from a trusted authority and be made for the name
 * (or address) under which the worker is called. Nothing, and so no token, is sent before that is
 * checked.
 */
public final class ClientSecurity {
  private static final ClientSecurity NONE =
      new ClientSecurity(null, Optional.empty(), false, Optional.empty());

  private final @Nullable SslContext context;
  private final Optional<Token> token;
  private final boolean insecure;
  private final Optional<String> expectedName;

  private ClientSecurity(
      @Nullable SslContext context,
      Optional<Token> token,
      boolean insecure,
      Optional<String> expectedName) {
    this.context = context;
    this.token = token;
    this.insecure = insecure;
    this.expectedName = expectedName;
  }

  /** In the clear, without a token. */
  public static ClientSecurity none() {
    return NONE;
  }

  /**
   * Reads the files.
   *
   * @param clock tells whether certificates are valid
   * @throws KeyFileException if one cannot be used; the message names it and says what to do
   */
  public static ClientSecurity of(ClientKeyFiles files, InstantSource clock)
      throws KeyFileException {
    Optional<Token> token =
        files.token().isPresent() ? Optional.of(Token.read(files.token().get())) : Optional.empty();
    @Nullable SslContext context = files.tls() ? context(files, clock.instant()) : null;
    return new ClientSecurity(context, token, files.insecure(), Optional.empty());
  }

  private static SslContext context(ClientKeyFiles files, Instant now) throws KeyFileException {
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .sslProvider(SslProvider.JDK)
            .protocols(ServerSecurity.PROTOCOL)
            .endpointIdentificationAlgorithm("HTTPS");
    if (files.trusted().isPresent()) {
      builder.trustManager(PemFiles.certificates(files.trusted().get()));
    }
    if (files.certificate().isPresent()) {
      Path chainFile = files.certificate().get();
      Path keyFile = files.key().orElseThrow();
      List<X509Certificate> chain = PemFiles.certificates(chainFile);
      PrivateKey key = PemFiles.privateKey(keyFile);
      PemFiles.requireFit(keyFile, key, chainFile, chain, now);
      builder.keyManager(key, chain);
    }
    try {
      return builder.build();
    } catch (SSLException e) {
      throw new IllegalStateException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }

  /** Returns the same with a token to show. */
  public ClientSecurity withToken(Token shown) {
    return new ClientSecurity(context, Optional.of(shown), insecure, expectedName);
  }

  /**
   * Returns the same for a worker that is called by its address, while its certificate is made for
   * a name.
   */
  public ClientSecurity expecting(String name) {
    return new ClientSecurity(context, token, insecure, Optional.of(name));
  }

  /** Returns whether connections are encrypted. */
  public boolean isEncrypted() {
    return context != null;
  }

  /** Returns what the worker's certificate must be made for, if that is not how it is called. */
  public Optional<String> expectedName() {
    return expectedName;
  }

  /** Returns the token to show, if there is one. */
  public Optional<Token> token() {
    return token;
  }

  /**
   * Returns whether a token may be sent to this address: over TLS to all, in the clear to this
   * machine alone unless more was allowed.
   */
  public boolean mayShowToken(SocketAddress remote) {
    return isEncrypted()
        || insecure
        || (remote instanceof InetSocketAddress at
            && at.getAddress() != null
            && at.getAddress().isLoopbackAddress());
  }

  /**
   * Puts TLS in front of a new connection's handlers. What they write waits until the worker has
   * been recognised; if it is not, they see an {@link SSLException}, which {@link TlsFailure}
   * explains.
   *
   * @param host name or address by which the worker is called
   */
  public void install(ChannelPipeline pipeline, String host, int port, long timeoutNanos) {
    SslContext tls = context;
    if (tls == null) {
      return;
    }
    SslHandler handler =
        tls.newHandler(pipeline.channel().alloc(), expectedName.orElse(host), port);
    handler.setHandshakeTimeout(timeoutNanos, TimeUnit.NANOSECONDS);
    pipeline.addFirst(handler);
  }

  @Override
  public String toString() {
    return "ClientSecurity["
        + (isEncrypted() ? "TLS 1.3" : "in the clear")
        + (token.isPresent() ? ", with a token" : "")
        + "]";
  }
}
