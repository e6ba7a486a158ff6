package dev.sluice.protocol.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyFilesTest {
  private static final InstantSource CLOCK = InstantSource.system();

  @TempDir Path folder;
  private TestKeys keys;

  @BeforeEach
  void makeKeys() throws Exception {
    keys = new TestKeys(folder, "authority");
    keys.issue("worker", "127.0.0.1");
  }

  private static void assertRefused(ServerKeyFiles files, String... words) {
    assertThatThrownBy(() -> ServerSecurity.of(files, CLOCK))
        .isInstanceOf(KeyFileException.class)
        .message()
        .contains(words)
        .hasLineCount(1);
  }

  private ServerKeyFiles files(Path certificate, Path key) {
    return new ServerKeyFiles(
        Optional.of(certificate), Optional.of(key), Optional.empty(), Optional.empty());
  }

  private static ServerKeyFiles tokens(Path file) {
    return new ServerKeyFiles(
        Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(file));
  }

  @Test
  void readsAWorkersKeyAndCertificate() throws Exception {
    ServerSecurity security = ServerSecurity.of(keys.worker("worker"), CLOCK);
    assertThat(security.isEncrypted()).isTrue();
    assertThat(security.isAuthenticated()).isFalse();
  }

  @Test
  void readsAnRsaKey() throws Exception {
    X509Bundle rsa =
        new CertificateBuilder()
            .rsa2048()
            .subject("CN=rsa")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Path certificate = folder.resolve("rsa.pem");
    Files.writeString(certificate, rsa.getCertificatePEM());
    Path key = keys.secret("rsa.key", rsa.getPrivateKeyPEM());
    assertThat(ServerSecurity.of(files(certificate, key), CLOCK).isEncrypted()).isTrue();
  }

  @Test
  void namesAFileThatIsMissing() {
    assertRefused(
        files(folder.resolve("absent.pem"), keys.key("worker")), "absent.pem", "no such file");
  }

  @Test
  void namesAFileThatIsAFolder() {
    assertRefused(files(folder, keys.key("worker")), folder.toString(), "is a folder");
  }

  @Test
  void namesAFileThatIsNoPem() throws Exception {
    Path words = keys.secret("words.pem", "just words");
    assertRefused(files(words, keys.key("worker")), "words.pem", "no PEM file");
    assertRefused(files(folder.resolve("worker.pem"), words), "words.pem", "no PEM file");
  }

  @Test
  void tellsAKeyFromACertificate() throws Exception {
    Path certificate = folder.resolve("worker.pem");
    Path copy = keys.secret("copy.pem", Files.readString(certificate));
    assertRefused(files(keys.key("worker"), keys.key("worker")), "holds no certificate");
    assertRefused(files(certificate, copy), "holds no private key");
  }

  @Test
  void saysThatAKeyDoesNotFitItsCertificate() throws Exception {
    keys.issue("other", "127.0.0.1");
    assertRefused(
        files(folder.resolve("worker.pem"), keys.key("other")), "other.key", "does not fit");
  }

  @Test
  void saysThatACertificateHasExpiredOrIsNotValidYet() throws Exception {
    Instant now = Instant.now();
    keys.issue("old", "127.0.0.1", now.minus(Duration.ofDays(9)), Duration.ofDays(2));
    keys.issue("new", "127.0.0.1", now.plus(Duration.ofDays(2)), Duration.ofDays(2));
    assertRefused(keys.worker("old"), "old.pem", "'CN=old' expired on");
    assertRefused(keys.worker("new"), "new.pem", "not valid before", "clock");
  }

  @Test
  void saysHowToDecryptAnEncryptedKey() throws Exception {
    String body = Base64.getMimeEncoder().encodeToString(new byte[64]);
    Path key =
        keys.secret(
            "locked.key",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                + body
                + "\n-----END ENCRYPTED PRIVATE KEY-----\n");
    assertRefused(files(folder.resolve("worker.pem"), key), "locked.key", "openssl pkey -in");
  }

  @ParameterizedTest
  @ValueSource(strings = {"RSA", "EC", "DSA"})
  void saysHowToConvertAKeyOfTheOldForm(String kind) throws Exception {
    Path key =
        keys.secret(
            "old.key",
            "-----BEGIN "
                + kind
                + " PRIVATE KEY-----\nAAAA\n-----END "
                + kind
                + " PRIVATE KEY-----\n");
    assertRefused(files(folder.resolve("worker.pem"), key), "old.key", "openssl pkcs8 -topk8");
  }

  @Test
  void repeatsNothingOfADamagedKey() throws Exception {
    Path key =
        keys.secret("bad.key", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----");
    assertThatThrownBy(() -> ServerSecurity.of(files(folder.resolve("worker.pem"), key), CLOCK))
        .hasMessageContaining("damaged")
        .hasMessageNotContaining("c2VjcmV0")
        .hasMessageNotContaining("secret")
        .hasNoCause();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r--r--", "rw----r--", "rw-r-----", "rw--w----", "rw-----w-"})
  void refusesAKeyThatOthersCanReadOrChange(String permissions) throws Exception {
    Files.setPosixFilePermissions(keys.key("worker"), PosixFilePermissions.fromString(permissions));
    assertRefused(keys.worker("worker"), "worker.key", "chmod 600");
  }

  @Test
  void refusesATokenFileThatOthersCanRead() throws Exception {
    Path file = keys.secret("tokens", TestKeys.TOKEN);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertRefused(tokens(file), "tokens", "chmod 600");
  }

  @Test
  void refusesALargeFileWithoutReadingItAll() throws IOException {
    Path file = keys.secret("large", "#".repeat(SecretFiles.MAX_BYTES + 1));
    assertRefused(tokens(file), "large", "larger than 1 MiB");
  }

  @Test
  void takesOneTokenALineAndLeavesCommentsOut() throws Exception {
    Path file =
        keys.secret("tokens", "# kitchen\n  first-token-0123456  \n\nsecond-token-012345\r\n");
    assertThat(Token.readAll(file).stream().map(Token::reveal))
        .containsExactly("first-token-0123456", "second-token-012345");
    assertThatThrownBy(() -> Token.read(file)).hasMessageContaining("holds 2 tokens");
  }

  @ParameterizedTest
  @ValueSource(strings = {"short", "fifteen-letters", "with a blank in it", "ümläuts-are-no-ascii"})
  void refusesATokenThatIsTooShortOrCannotBeCopiedWithoutRepeatingIt(String token)
      throws Exception {
    Path file = keys.secret("tokens", "# one\n" + token + "\n");
    assertThatThrownBy(() -> Token.readAll(file))
        .isInstanceOf(KeyFileException.class)
        .hasMessageContaining("line 2")
        .hasMessageNotContaining(token);
  }

  @Test
  void refusesAFileWithoutTokens() throws Exception {
    assertRefused(tokens(keys.secret("tokens", "# nothing\n")), "holds no token", "openssl rand");
  }

  @Test
  void knowsItsTokensAndNoOthers() {
    TokenSet set = new TokenSet(List.of(Token.of("a".repeat(16)), Token.of("b".repeat(16))));
    assertThat(set.holds("a".repeat(16))).isTrue();
    assertThat(set.holds("b".repeat(16))).isTrue();
    assertThat(set.holds("a".repeat(15))).isFalse();
    assertThat(set.holds("a".repeat(17))).isFalse();
    assertThat(set.holds("")).isFalse();
    assertThat(TokenSet.NONE.holds("")).isFalse();
  }

  @Test
  void showsNoSecretAsText() throws Exception {
    Path file = keys.secret("token", TestKeys.TOKEN);
    ClientKeyFiles plain =
        new ClientKeyFiles(
            false, Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(file), false);
    ClientSecurity device = ClientSecurity.of(plain, CLOCK);
    assertThat(device.token().map(Token::reveal)).contains(TestKeys.TOKEN);
    assertThat(List.of(device, device.token(), ServerSecurity.of(tokens(file), CLOCK), plain))
        .allSatisfy(shown -> assertThat(shown.toString()).doesNotContain(TestKeys.TOKEN));
  }

  @Test
  void showsATokenInTheClearToThisMachineOnlyUnlessTold() throws Exception {
    Path file = keys.secret("token", TestKeys.TOKEN);
    InetSocketAddress here = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 7411);
    InetSocketAddress there = new InetSocketAddress(InetAddress.getByName("192.0.2.1"), 7411);
    ClientSecurity clear = device(false, file, false);
    assertThat(clear.mayShowToken(here)).isTrue();
    assertThat(clear.mayShowToken(there)).isFalse();
    assertThat(device(false, file, true).mayShowToken(there)).isTrue();
    assertThat(device(true, file, false).mayShowToken(there)).isTrue();
  }

  private static ClientSecurity device(boolean tls, Path token, boolean insecure)
      throws KeyFileException {
    return ClientSecurity.of(
        new ClientKeyFiles(
            tls,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(token),
            insecure),
        CLOCK);
  }

  @Test
  void readsFilesAnewWhenTheyChangeAndKeepsTheLastGoodOnes() throws Exception {
    Path file = keys.secret("tokens", "first-token-0123456");
    List<String> log = new ArrayList<>();
    ReloadedSecurity reloaded = new ReloadedSecurity(tokens(file), CLOCK, log::add);
    ServerSecurity first = reloaded.get();
    reloaded.check();
    assertThat(reloaded.get()).isSameAs(first);

    keys.secret("tokens", "another-token-of-other-length");
    reloaded.check();
    ServerSecurity second = reloaded.get();
    assertThat(second).isNotSameAs(first);
    assertThat(log).singleElement().asString().contains("read anew");

    keys.secret("tokens", "bad");
    reloaded.check();
    reloaded.check();
    assertThat(reloaded.get()).isSameAs(second);
    assertThat(log).hasSize(2).last().asString().contains("last good");
  }

  @Test
  void readsAFileThatOnlyHadTheWrongPermissions() throws Exception {
    Path file = keys.secret("tokens", "first-token-0123456");
    List<String> log = new ArrayList<>();
    ReloadedSecurity reloaded = new ReloadedSecurity(tokens(file), CLOCK, log::add);
    ServerSecurity first = reloaded.get();

    keys.secret("tokens", "another-token-of-other-length");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    reloaded.check();
    reloaded.check();
    assertThat(reloaded.get()).isSameAs(first);
    assertThat(log).singleElement().asString().contains("chmod 600");

    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    reloaded.check();
    assertThat(reloaded.get()).isNotSameAs(first);
    assertThat(log).hasSize(2).last().asString().contains("read anew");
  }

  @Test
  void refusesHalfAPair() {
    Optional<Path> some = Optional.of(folder);
    Optional<Path> none = Optional.empty();
    assertThatThrownBy(() -> new ServerKeyFiles(some, none, none, none))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ServerKeyFiles(none, none, some, none))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ClientKeyFiles(true, none, none, some, none, false))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ClientKeyFiles(false, some, none, none, none, false))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
