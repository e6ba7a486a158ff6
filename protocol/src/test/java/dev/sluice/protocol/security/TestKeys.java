package dev.sluice.protocol.security;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.ExtendedKeyUsage;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** An authority and what it signs, as files in a folder. */
public final class TestKeys {
  public static final String TOKEN = "correct-horse-battery-staple";

  private final Path folder;
  private final X509Bundle authority;

  public TestKeys(Path folder, String name) throws Exception {
    this.folder = folder;
    authority =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=" + name)
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Files.writeString(folder.resolve(name + ".pem"), authority.getCertificatePEM());
    this.name = name;
  }

  private final String name;

  public Path authority() {
    return folder.resolve(name + ".pem");
  }

  /** Writes {@code NAME.pem} and {@code NAME.key} for a worker or device called that. */
  public Path issue(String name, String host) throws Exception {
    return issue(name, host, Instant.now().minus(Duration.ofDays(1)), Duration.ofDays(30));
  }

  public Path issue(String name, String host, Instant from, Duration valid) throws Exception {
    CertificateBuilder builder =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=" + name)
            .notBefore(from)
            .notAfter(from.plus(valid))
            .addExtendedKeyUsage(ExtendedKeyUsage.PKIX_KP_SERVER_AUTH)
            .addExtendedKeyUsage(ExtendedKeyUsage.PKIX_KP_CLIENT_AUTH);
    X509Bundle issued =
        (Character.isDigit(host.charAt(0))
                ? builder.addSanIpAddress(host)
                : builder.addSanDnsName(host))
            .buildIssuedBy(authority);
    Files.writeString(folder.resolve(name + ".pem"), issued.getCertificatePathPEM());
    secret(name + ".key", issued.getPrivateKeyPEM());
    return folder.resolve(name + ".pem");
  }

  public Path key(String name) {
    return folder.resolve(name + ".key");
  }

  /** Writes a file that nobody else can read. */
  public Path secret(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }

  public ServerKeyFiles worker(String name) {
    return new ServerKeyFiles(
        Optional.of(folder.resolve(name + ".pem")),
        Optional.of(key(name)),
        Optional.empty(),
        Optional.empty());
  }

  public ClientKeyFiles trusting() {
    return new ClientKeyFiles(
        true,
        Optional.of(authority()),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false);
  }

  public ClientKeyFiles showing(String name) {
    return new ClientKeyFiles(
        true,
        Optional.of(authority()),
        Optional.of(folder.resolve(name + ".pem")),
        Optional.of(key(name)),
        Optional.empty(),
        false);
  }
}
