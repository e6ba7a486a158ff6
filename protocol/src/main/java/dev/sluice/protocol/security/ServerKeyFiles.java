package dev.sluice.protocol.security;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files that secure a worker.
 *
 * @param certificate PEM: the worker's certificate, then those between it and its authority; with
 *     it the worker takes TLS connections only
 * @param key PEM: the private key of that certificate, PKCS #8, not encrypted
 * @param clientCa PEM: authorities, one of which must have signed the certificate that each device
 *     then has to show
 * @param tokens one token a line, one of which each device then has to show
 */
public record ServerKeyFiles(
    Optional<Path> certificate,
    Optional<Path> key,
    Optional<Path> clientCa,
    Optional<Path> tokens) {
  /** No files at all: in the clear, for everybody. */
  public static final ServerKeyFiles NONE =
      new ServerKeyFiles(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  public ServerKeyFiles {
    if (certificate.isPresent() != key.isPresent()) {
      throw new IllegalArgumentException("a certificate needs its key, and a key its certificate");
    }
    if (clientCa.isPresent() && certificate.isEmpty()) {
      throw new IllegalArgumentException(
          "clients show certificates over TLS only, which needs a certificate of the worker's own");
    }
  }

  List<Path> all() {
    return Stream.of(certificate, key, clientCa, tokens).flatMap(Optional::stream).toList();
  }
}
