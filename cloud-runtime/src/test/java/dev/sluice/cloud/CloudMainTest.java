package dev.sluice.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CloudMainTest {
  private static final String BUNDLE = "../experiments/bundles/roadsigns";

  private final StringWriter err = new StringWriter();

  @Test
  void saysInOneLineWhatIsWrongWithItsOptions() {
    assertThat(run("--bind", "nowhere", "--models", BUNDLE)).isEqualTo(2);
    assertThat(err.toString()).contains("--bind needs HOST:PORT").hasLineCount(1);
  }

  @Test
  void saysWhichArgumentItDoesNotTake() {
    assertThat(run("--models", BUNDLE, "start")).isEqualTo(2);
    assertThat(err.toString()).contains("unexpected argument 'start'; see").hasLineCount(1);
  }

  @Test
  void namesAMistypedOptionBeforeTheOneThatIsMissing() {
    assertThat(run("--model", BUNDLE)).isEqualTo(2);
    assertThat(err.toString())
        .contains("unknown option '--model' (did you mean '--models'?); see")
        .hasLineCount(1);
  }

  @Test
  void saysWhichProvidersThereAre() {
    assertThat(run("--models", BUNDLE, "--provider", "abacus")).isEqualTo(2);
    assertThat(err.toString()).contains("'abacus'", "cpu, cuda").hasLineCount(1);
  }

  @Test
  void saysWhatAProviderThatIsNotHereNeeds() {
    assertThat(run("--models", BUNDLE, "--bind", "127.0.0.1:0", "--provider", "cuda")).isEqualTo(1);
    assertThat(err.toString()).contains("'cuda'", "onnxruntime_gpu", "cpu").hasLineCount(1);
  }

  @Test
  void refusesToServeOtherMachinesInTheClearUnlessToldTo() {
    assertThat(run("--bind", "0.0.0.0:0", "--models", BUNDLE)).isEqualTo(2);
    assertThat(err.toString()).contains("--insecure").hasLineCount(1);
  }

  @Test
  void wantsBothEncryptionAndAuthenticationToServeOtherMachines(@TempDir Path folder)
      throws IOException {
    Path tokens = folder.resolve("tokens");
    Files.writeString(tokens, "correct-horse-battery-staple");
    Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rw-------"));
    String[] clear = {"--bind", "0.0.0.0:0", "--models", BUNDLE, "--token-file", tokens.toString()};
    assertThat(run(clear)).isEqualTo(2);
    assertThat(err.toString()).contains("read on the way", "--tls-cert").hasLineCount(1);
  }

  @Test
  void refusesHalfOfWhatTlsNeeds() {
    assertThat(run("--models", BUNDLE, "--tls-key", "pom.xml")).isEqualTo(2);
    assertThat(run("--models", BUNDLE, "--tls-client-ca", "pom.xml")).isEqualTo(2);
    assertThat(err.toString()).contains("go together", "needs TLS").hasLineCount(2);
  }

  @Test
  void namesAFileOfKeysThatIsMissing() {
    assertThat(run("--models", BUNDLE, "--token-file", "no/such/file")).isEqualTo(2);
    assertThat(err.toString()).contains("--token-file no/such/file").hasLineCount(1);
  }

  @Test
  void namesAFileOfKeysThatIsNone(@TempDir Path folder) throws IOException {
    Path key = folder.resolve("worker.key");
    Files.writeString(key, "no key");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    String file = key.toString();
    assertThat(run("--models", BUNDLE, "--tls-cert", file, "--tls-key", file)).isEqualTo(1);
    assertThat(err.toString()).contains(file + ": is no PEM file").hasLineCount(1);
  }

  @Test
  void namesAFolderThatIsMissing() {
    assertThat(run("--models", "no/such/folder")).isEqualTo(2);
    assertThat(err.toString()).contains("no/such/folder does not exist").hasLineCount(1);
  }

  @Test
  void namesAFolderWithoutBundles(@TempDir Path empty) {
    assertThat(run("--models", empty.toString())).isEqualTo(1);
    assertThat(err.toString()).contains(empty + " holds no bundle").hasLineCount(1);
  }

  @Test
  void namesADamagedBundle(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("bundle.json"), "{}");
    assertThat(run("--models", folder.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("bundle.json").hasLineCount(1);
  }

  @Test
  void namesAPortThatIsTakenBeforeItLoadsAModel(@TempDir Path folder) throws IOException {
    // Loading this bundle would be what fails.
    Files.writeString(folder.resolve("bundle.json"), "{}");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      assertThat(run("--bind", address, "--models", folder.toString())).isEqualTo(1);
      assertThat(err.toString()).contains("cannot listen on " + address).hasLineCount(1);
    }
  }

  private int run(String... args) {
    CommandLine commandLine = CloudMain.commandLine();
    commandLine.setErr(new PrintWriter(err));
    return commandLine.execute(args);
  }
}
