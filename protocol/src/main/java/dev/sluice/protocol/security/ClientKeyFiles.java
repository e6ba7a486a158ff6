package dev.sluice.protocol.security;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How a device secures its connections.
 *
 * @param tls whether to speak TLS
 * @param trusted PEM: the authorities that workers' certificates must come from; empty for those
 *     that the Java installation trusts
 * @param certificate PEM: the device's own certificate, for workers that want one
 * @param key PEM: its private key, PKCS #8, not encrypted
 * @param token holds the token for workers that want one
 * @param insecure whether a token may be sent in the clear to another machine
 */
public record ClientKeyFiles(
    boolean tls,
    Optional<Path> trusted,
    Optional<Path> certificate,
    Optional<Path> key,
    Optional<Path> token,
    boolean insecure) {
  /** In the clear, without a token. */
  public static final ClientKeyFiles NONE =
      new ClientKeyFiles(
          false, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), false);

  public ClientKeyFiles {
    if (certificate.isPresent() != key.isPresent()) {
      throw new IllegalArgumentException("a certificate needs its key, and a key its certificate");
    }
    if (!tls && (trusted.isPresent() || certificate.isPresent())) {
      throw new IllegalArgumentException("certificates and authorities need TLS");
    }
  }
}
