package dev.sluice.cloud;

import dev.sluice.protocol.security.ReloadedSecurity;
import dev.sluice.protocol.security.ServerKeyFiles;
import dev.sluice.protocol.security.ServerSecurity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** How the worker knows its devices, and they it. */
final class SecurityArguments {
  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description =
          "PEM: the worker's certificate, then those up to its authority; connections then are TLS"
              + " 1.3 only")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "PEM: the private key of --tls-cert")
  private @Nullable Path key;

  @Option(
      names = "--tls-client-ca",
      paramLabel = "FILE",
      description = "PEM: take only devices with a certificate of one of these authorities")
  private @Nullable Path clientCa;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "take only devices that show one of these tokens, one a line")
  private @Nullable Path tokens;

  @Option(
      names = "--insecure",
      description =
          "listen on more than this machine although requests are not encrypted, or devices not"
              + " known")
  private boolean insecure;

  /** Checks what needs no more than to look whether files are there. */
  void check(Function<String, ParameterException> wrongUse) {
    if ((certificate == null) != (key == null)) {
      throw wrongUse.apply("--tls-cert and --tls-key go together");
    }
    if (clientCa != null && certificate == null) {
      throw wrongUse.apply("--tls-client-ca needs TLS: --tls-cert and --tls-key");
    }
    Map<String, Optional<Path>> files = new LinkedHashMap<>();
    files.put("--tls-cert", Optional.ofNullable(certificate));
    files.put("--tls-key", Optional.ofNullable(key));
    files.put("--tls-client-ca", Optional.ofNullable(clientCa));
    files.put("--token-file", Optional.ofNullable(tokens));
    files.forEach(
        (option, file) -> {
          if (file.isPresent() && !Files.exists(file.get())) {
            throw wrongUse.apply(option + " " + file.get() + ": no such file");
          }
        });
  }

  /** Reads the files, and follows them whenever the result is asked to look. */
  ReloadedSecurity read(Consumer<String> log) throws IOException {
    return new ReloadedSecurity(
        new ServerKeyFiles(
            Optional.ofNullable(certificate),
            Optional.ofNullable(key),
            Optional.ofNullable(clientCa),
            Optional.ofNullable(tokens)),
        InstantSource.system(),
        log);
  }

  /** Returns why a worker with this security must not listen on more than this machine. */
  Optional<String> objection(ServerSecurity security) {
    if (insecure || (security.isEncrypted() && security.isAuthenticated())) {
      return Optional.empty();
    }
    return Optional.of(
        security.isEncrypted()
            ? "would serve whoever can reach it; say who may with --token-file or --tls-client-ca, or"
                + " add --insecure if the network is trusted"
            : security.isAuthenticated()
                ? "would let tokens and requests be read on the way; add --tls-cert and --tls-key, or"
                    + " --insecure if the network is trusted"
                : "would serve other machines without encryption or authentication; add --tls-cert,"
                    + " --tls-key and --token-file (docs/security.md), or --insecure if the network"
                    + " is trusted");
  }
}
