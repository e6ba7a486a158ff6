package dev.sluice.protocol.security;

import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.Refusal;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * How a worker secures its connections: TLS 1.3 or none, with or without certificates of the
 * devices, with or without tokens. Immutable.
 */
public final class ServerSecurity {
  static final String PROTOCOL = "TLSv1.3";

  private static final ServerSecurity NONE = new ServerSecurity(null, false, TokenSet.NONE);

  private final @Nullable SslContext context;
  private final boolean wantsCertificates;
  private final TokenSet tokens;

  private ServerSecurity(@Nullable SslContext context, boolean wantsCertificates, TokenSet tokens) {
    this.context = context;
    this.wantsCertificates = wantsCertificates;
    this.tokens = tokens;
  }

  /** In the clear, for everybody. */
  public static ServerSecurity none() {
    return NONE;
  }

  /**
   * Reads the files.
   *
   * @param clock tells whether certificates are valid
   * @throws KeyFileException if one cannot be used; the message names it and says what to do
   */
  public static ServerSecurity of(ServerKeyFiles files, InstantSource clock)
      throws KeyFileException {
    TokenSet tokens =
        files.tokens().isPresent()
            ? new TokenSet(Token.readAll(files.tokens().get()))
            : TokenSet.NONE;
    @Nullable SslContext context =
        files.certificate().isPresent()
            ? context(files, files.certificate().get(), clock.instant())
            : null;
    return new ServerSecurity(context, files.clientCa().isPresent(), tokens);
  }

  private static SslContext context(ServerKeyFiles files, Path chainFile, Instant now)
      throws KeyFileException {
    Path keyFile = files.key().orElseThrow();
    List<X509Certificate> chain = PemFiles.certificates(chainFile);
    PrivateKey key = PemFiles.privateKey(keyFile);
    PemFiles.requireFit(keyFile, key, chainFile, chain, now);
    SslContextBuilder builder =
        SslContextBuilder.forServer(key, chain).sslProvider(SslProvider.JDK).protocols(PROTOCOL);
    if (files.clientCa().isPresent()) {
      builder
          .trustManager(PemFiles.certificates(files.clientCa().get()))
          .clientAuth(ClientAuth.REQUIRE);
    }
    try {
      return builder.build();
    } catch (SSLException e) {
      throw new KeyFileException(chainFile, "TLS cannot use it: " + e.getMessage(), e);
    }
  }

  /** Returns whether connections are encrypted. */
  public boolean isEncrypted() {
    return context != null;
  }

  /** Returns whether devices have to show who they are: a certificate, a token, or both. */
  public boolean isAuthenticated() {
    return wantsCertificates || !tokens.isEmpty();
  }

  /** Puts TLS, where it is wanted, in front of a new connection's handlers. */
  public void install(ChannelPipeline pipeline, long timeoutNanos) {
    SslContext tls = context;
    if (tls != null) {
      pipeline.addFirst(new TlsDoor(tls, timeoutNanos));
    }
  }

  /**
   * Returns why a device may not come in, or empty if it may.
   *
   * @param shown the token in its Hello; empty for none
   * @param pipeline of its connection
   */
  public Optional<Refusal> refusal(String shown, ChannelPipeline pipeline) {
    if (context != null && pipeline.get(SslHandler.class) == null) {
      return unauthenticated("this worker takes TLS connections only");
    }
    if (!tokens.isEmpty() && !tokens.holds(shown)) {
      return unauthenticated(
          shown.isEmpty() ? "this worker wants a token" : "this worker does not know the token");
    }
    return Optional.empty();
  }

  private static Optional<Refusal> unauthenticated(String why) {
    return Optional.of(new Refusal(0, ErrorCode.UNAUTHENTICATED, why, 0));
  }

  @Override
  public String toString() {
    return "ServerSecurity["
        + (isEncrypted() ? "TLS 1.3" : "in the clear")
        + (wantsCertificates ? ", certificates of devices" : "")
        + (tokens.isEmpty() ? "" : ", " + tokens.size() + " tokens")
        + "]";
  }
}
