package dev.sluice.edge.agent;

import dev.sluice.protocol.pool.PoolOptions;
import dev.sluice.protocol.pool.WorkerTarget;
import dev.sluice.protocol.security.ClientKeyFiles;
import dev.sluice.protocol.security.ClientSecurity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * What every program of this package is told of workers: where they are, and how they are known.
 */
final class CloudArguments {
  private static final int NAME_BYTES = 6;
  private static final int MOST_NAME_CHARACTERS = 60;

  @Option(
      names = "--cloud",
      paramLabel = "HOST:PORT",
      split = ",",
      converter = Words.Target.class,
      description =
          "the worker, or several with commas between them; dns:NAME:PORT means one at every address"
              + " of a name (default: none, everything is computed here)")
  private List<WorkerTarget> cloud = List.of();

  @Option(
      names = "--tls",
      description = "talk to the worker over TLS 1.3; --tls-ca and --tls-cert imply it")
  private boolean tls;

  @Option(
      names = "--tls-ca",
      paramLabel = "FILE",
      description =
          "PEM: the authorities that the worker's certificate must come from (default: those that"
              + " Java trusts)")
  private @Nullable Path trusted;

  @Option(
      names = "--tls-name",
      paramLabel = "NAME",
      description =
          "what the worker's certificate must be made for (default: the host of --cloud; another"
              + " one where a tunnel or an emulated link is between)")
  private @Nullable String expectedName;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "PEM: this device's certificate, for workers that want one")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "PEM: the private key of --tls-cert")
  private @Nullable Path key;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "holds the token to show to the worker")
  private @Nullable Path token;

  @Option(
      names = "--insecure",
      description = "show the token to a worker on another machine without TLS, too")
  private boolean insecure;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description =
          "this device's name, for the worker's log and for which of many workers it takes"
              + " (default: one at random)")
  private @Nullable String name;

  boolean named() {
    return !cloud.isEmpty();
  }

  /** Returns where the workers are, as it was written; empty if none is named. */
  Optional<String> text() {
    return named()
        ? Optional.of(new Workers(cloud, ClientSecurity.none(), "").toString())
        : Optional.empty();
  }

  /** Checks what needs no file. */
  void check(EngineArguments command) {
    if (cloud.size() > PoolOptions.MAX_TARGETS) {
      throw command.wrongUse(
          "--cloud names %d workers, at most %d can be named; a name with many addresses may stand"
                  .formatted(cloud.size(), PoolOptions.MAX_TARGETS)
              + " for more (dns:NAME:PORT)");
    }
    Map<String, Boolean> given = new LinkedHashMap<>();
    given.put("--tls", tls);
    given.put("--tls-ca", trusted != null);
    given.put("--tls-name", expectedName != null);
    given.put("--tls-cert", certificate != null);
    given.put("--tls-key", key != null);
    given.put("--token-file", token != null);
    given.put("--insecure", insecure);
    given.put("--name", name != null);
    given.forEach(
        (option, present) -> {
          if (present && !named()) {
            throw command.wrongUse(option + " needs a worker to talk to (--cloud)");
          }
        });
    if ((certificate == null) != (key == null)) {
      throw command.wrongUse("--tls-cert and --tls-key go together");
    }
    if (expectedName != null && !encrypted()) {
      throw command.wrongUse("--tls-name needs --tls or --tls-ca");
    }
    if (insecure && token == null) {
      throw command.wrongUse("--insecure has no effect without --token-file");
    }
    if (insecure && encrypted()) {
      throw command.wrongUse("--insecure has no effect with TLS; leave it out");
    }
    if (name != null
        && !(name.length() <= MOST_NAME_CHARACTERS
            && name.chars().allMatch(c -> c > ' ' && c < 0x7F)
            && !name.isEmpty())) {
      throw command.wrongUse(
          "--name has 1 to " + MOST_NAME_CHARACTERS + " visible characters without blanks");
    }
    List.of(
            new Named("--tls-ca", Optional.ofNullable(trusted)),
            new Named("--tls-cert", Optional.ofNullable(certificate)),
            new Named("--tls-key", Optional.ofNullable(key)),
            new Named("--token-file", Optional.ofNullable(token)))
        .forEach(file -> file.check(command));
  }

  private record Named(String option, Optional<Path> file) {
    void check(EngineArguments command) {
      if (file.isPresent() && !Files.exists(file.get())) {
        throw command.wrongUse(option + " " + file.get() + ": no such file");
      }
    }
  }

  private boolean encrypted() {
    return tls || trusted != null || certificate != null;
  }

  /**
   * Reads the files.
   *
   * @param program first part of a device's name
   * @return empty if no worker is named
   * @throws IOException if a file cannot be used; the message names it
   */
  Optional<Workers> workers(String program) throws IOException {
    if (!named()) {
      return Optional.empty();
    }
    ClientSecurity security =
        ClientSecurity.of(
            new ClientKeyFiles(
                encrypted(),
                Optional.ofNullable(trusted),
                Optional.ofNullable(certificate),
                Optional.ofNullable(key),
                Optional.ofNullable(token),
                insecure),
            InstantSource.system());
    return Optional.of(
        new Workers(
            cloud,
            expectedName == null ? security : security.expecting(expectedName),
            program + "-" + (name == null ? randomName() : name)));
  }

  /** Devices of the same name would choose the same workers and come back at the same moments. */
  private static String randomName() {
    byte[] bytes = new byte[NAME_BYTES];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
