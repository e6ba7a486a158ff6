package dev.sluice.edge.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.edge.SmallBundle;
import dev.sluice.edge.host.BundleFactsReader;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.scheduler.profile.Profile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfileMainTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final StringWriter err = new StringWriter();

  @TempDir private Path folder;
  private Bundle bundle;

  @BeforeEach
  void writeBundle() throws IOException {
    bundle = SmallBundle.writeMirroring(folder.resolve("bundle"));
  }

  @Test
  void measuresEveryPartOfABundle() throws Exception {
    assertThat(profile()).as(err.toString()).isZero();

    fitsTheBundle(Profile.fromJson(out.toByteArray()));
  }

  @Test
  void measuresOverSshAndCopiesOnce() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "there is no /bin/sh to stand for a board");
    Path ssh = fakeSsh();

    assertThat(profile("--remote", "pi@board", "--ssh", ssh.toString()))
        .as(err.toString())
        .isZero();
    fitsTheBundle(Profile.fromJson(out.toByteArray()));
    assertThat(err.toString()).contains("copying").contains("measuring on pi@board");
    try (Stream<Path> there = Files.list(folder.resolve("home/.cache/sluice-board"))) {
      assertThat(there.map(Path::getFileName).map(Path::toString))
          .noneMatch(name -> name.endsWith(".part"));
    }

    err.getBuffer().setLength(0);
    out.reset();
    assertThat(profile("--remote", "pi@board", "--ssh", ssh.toString()))
        .as(err.toString())
        .isZero();
    assertThat(err.toString()).doesNotContain("copying");
  }

  @Test
  void measuresOverRealSshWhereThisMachineServesIt() throws Exception {
    assumeTrue(serves("localhost"), "no sshd here that lets this user in without a password");

    assertThat(profile("--remote", "localhost")).as(err.toString()).isZero();
    fitsTheBundle(Profile.fromJson(out.toByteArray()));
  }

  @Test
  void saysThatABoardHasNoJava() throws Exception {
    Path ssh = script("ssh", "echo 'sh: java: not found'; echo 'no java'; echo 'Linux aarch64'");

    assertThat(profile("--remote", "board", "--ssh", ssh.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("board has no Java 17");
  }

  @Test
  void saysWhatSshSaid() throws Exception {
    Path ssh = script("ssh", "echo 'Could not resolve hostname board' >&2; exit 255");

    assertThat(profile("--remote", "board", "--ssh", ssh.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("board: Could not resolve hostname board (status 255)");
  }

  @Test
  void saysTheLastLinesOfWhatSshSaidAndNoMore() throws Exception {
    Path ssh =
        script(
            "ssh",
            "i=1; while [ $i -le 3000 ]; do echo \"chatter $i\" >&2; i=$((i + 1)); done\n"
                + "echo 'WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED' >&2; echo >&2\n"
                + "printf 'key %0900d\\n' 7 >&2\n"
                + "echo 'Host key verification failed.' >&2; exit 255");

    assertThat(profile("--remote", "board", "--ssh", ssh.toString())).isEqualTo(1);
    assertThat(err.toString())
        .contains("chatter 3000 / WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED / key 000")
        .contains("... / Host key verification failed. (status 255)")
        .doesNotContain("chatter 2998")
        .hasSizeLessThan(1500);
  }

  @Test
  void refusesAHostThatIsAnOption() {
    assertThat(profile("--remote=-oProxyCommand=x")).isEqualTo(2);
    assertThat(profile("--remote", "a;b")).isEqualTo(2);
  }

  private void fitsTheBundle(Profile profile) throws IOException {
    Profile known = BundleFactsReader.profile(bundle);
    assertThat(profile.lastCut()).isEqualTo(known.lastCut());
    assertThat(profile.segments()).allMatch(segment -> segment.nanos() > 0);
    assertThat(profile.codecs())
        .extracting(codec -> codec.cut() + " " + codec.codec() + " " + codec.meanBytes())
        .containsExactlyElementsOf(
            known.codecs().stream()
                .map(codec -> codec.cut() + " " + codec.codec() + " " + codec.meanBytes())
                .toList());
    assertThat(profile.headNanos(0)).isPositive();
  }

  /** Runs the line as the board's shell would, in a home of its own. */
  private Path fakeSsh() throws IOException {
    Path home = Files.createDirectories(folder.resolve("home"));
    Path java = Path.of(System.getProperty("java.home"), "bin");
    return script(
        "ssh", "export PATH='%s':$PATH; cd '%s' && exec /bin/sh -c \"$2\"".formatted(java, home));
  }

  private Path script(String name, String line) throws IOException {
    Path script = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + line + "\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return script;
  }

  private static boolean serves(String host) throws InterruptedException {
    try {
      return new ProcessBuilder(
                  "ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=2", host, "true")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private int profile(String... options) {
    String[] all = new String[options.length + 3];
    all[0] = folder.resolve("bundle").toString();
    all[1] = "--repetitions";
    all[2] = "1";
    System.arraycopy(options, 0, all, 3, options.length);
    return Program.execute(new ProfileMain(out), new PrintWriter(err, true), all);
  }

  @Test
  void writesAFileAndSaysSo() throws Exception {
    Path file = folder.resolve("board.json");

    assertThat(profile("--out", file.toString())).isZero();

    fitsTheBundle(Profile.fromJson(Files.readAllBytes(file)));
    assertThat(out.toString(UTF_8)).isEmpty();
    assertThat(err.toString()).contains("board.json");
  }
}
