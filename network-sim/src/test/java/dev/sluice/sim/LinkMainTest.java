package dev.sluice.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class LinkMainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void saysWhereItListensStartsOnTheWordAndEndsWithItsInput() {
    int status =
        run(
            "start\nstart\n",
            "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 500kbit --round-trip 0.02s --jitter 2ms"
                + " --start stdin");

    assertThat(status).isZero();
    assertThat(out.toString()).matches("link ready on 127.0.0.1:[1-9][0-9]*\\Rstarted\\R");
    assertThat(err.toString()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9",
        "--listen 127.0.0.1 --to 127.0.0.1:9 --rate 1",
        "--listen 127.0.0.1:0 --to 127.0.0.1:0 --rate 1",
        "--listen 127.0.0.1:0 --to 127.0.0.1:70000 --rate 1",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 0",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate fast",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 5ms",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 1 --round-trip 5mbit",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 1 --trace x",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 1 --start never",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 1 --round-trip -1",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 1 --downlink-factor 0",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 1 --time-scale 0",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 1 --jitter 1e9",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 1 --frobnicate",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --trace no/such/trace",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 1 --script no/such/script",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 1 --at 5",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 1 --loss 51%",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 1/0",
        "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 1 --buffer 1",
        "--listen 127.0.0.1:0 --listen 127.0.0.1:0 --to 127.0.0.1:9 --rate 1",
        "--listen 127.0.0.1:65535 --to 127.0.0.1:9 --to 127.0.0.1:10 --rate 1",
      })
  void answersWrongUseWithOneLineAndTwo(String arguments) {
    assertThat(run("", arguments)).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines().toList())
        .hasSize(1)
        .first()
        .asString()
        .startsWith("sluice link: ");
  }

  @Test
  void saysWhichArgumentItDoesNotTake() {
    assertThat(run("", "begin --listen 127.0.0.1:0 --to 127.0.0.1:9")).isEqualTo(2);
    assertThat(err.toString()).startsWith("sluice link: unexpected argument 'begin'; see");
  }

  @Test
  void namesAMistypedOptionBeforeTheOneThatIsMissing() {
    assertThat(run("", "--lisen 127.0.0.1:0 --to 127.0.0.1:9 --rate 1")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("sluice link: unknown option '--lisen' (did you mean '--listen'?); see");
  }

  @Test
  void answersEachCommandAndGoesOnAfterAWrongOne() {
    int status =
        run(
            "rate 2mbit/8mbit\nvanish 2\nfrobnicate\nrestore 3\nstats\nstart\n",
            "--listen 127.0.0.1:0 --to 127.0.0.1:9 --to 127.0.0.1:10 --rate 1/4 --loss 1%x3/0"
                + " --buffer 200ms --handshake 1s --start stdin --live");

    assertThat(status).isZero();
    assertThat(out.toString().lines().toList())
        .satisfiesExactly(
            line -> assertThat(line).matches("link ready on 127.0.0.1:\\d+,127.0.0.1:\\d+"),
            line -> assertThat(line).isEqualTo("done rate 2mbit/8mbit"),
            line -> assertThat(line).isEqualTo("done vanish 2"),
            line -> assertThat(line).startsWith("error 'frobnicate' is no command"),
            line -> assertThat(line).startsWith("error there is no worker 3"),
            line -> assertThat(line).contains("\"connections\":0", "\"uplink_bytes\":0"),
            line -> assertThat(line).isEqualTo("started"));
  }

  @Test
  void obeysAScriptAtItsTimes(@TempDir Path folder) throws Exception {
    Path script = folder.resolve("script");
    Files.writeString(script, "0.02 rate 2mbit\n");
    CountDownLatch stopped = new CountDownLatch(1);
    Thread program =
        new Thread(
            () ->
                LinkMain.execute(
                    new String[] {
                      "--listen",
                      "127.0.0.1:0",
                      "--to",
                      "127.0.0.1:9",
                      "--rate",
                      "1",
                      "--start",
                      "now",
                      "--at",
                      "0.01 reset 7",
                      "--script",
                      script.toString()
                    },
                    InputStream.nullInputStream(),
                    new PrintWriter(out, true),
                    new PrintWriter(err, true),
                    stopped));
    program.start();
    while (!out.toString().contains("done")) {
      Thread.sleep(5);
    }
    stopped.countDown();
    program.join();

    assertThat(out.toString().lines().skip(1))
        .containsExactly(
            "error there is no worker 7; the link leads to 1", "done 0.020 rate 2mbit");
  }

  @Test
  void namesTheAddressThatIsTaken() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String address = "127.0.0.1:" + taken.getLocalPort();

      assertThat(run("", "--listen " + address + " --to 127.0.0.1:9 --rate 1")).isEqualTo(1);
      assertThat(err.toString().lines().toList())
          .hasSize(1)
          .first()
          .asString()
          .contains("cannot listen on " + address, "choose another port");
    }
  }

  @Test
  void namesTheLineOfABadTrace(@TempDir Path folder) throws IOException {
    Path trace = folder.resolve("bad.trace");
    Files.writeString(trace, "0 1\n1 fast\n");

    assertThat(run("", "--listen 127.0.0.1:0 --to 127.0.0.1:9 --trace " + trace)).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines().toList())
        .singleElement()
        .asString()
        .startsWith("sluice link: " + trace + " line 2: rate is not a number: 'fast'; lines hold");
  }

  @Test
  void explainsItself() {
    assertThat(run("", "--help")).isZero();
    assertThat(out.toString()).contains("--trace", "--start", "--loop");
  }

  private int run(String input, String arguments) {
    InputStream in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
    return LinkMain.execute(
        arguments.isEmpty() ? new String[0] : arguments.split(" "),
        in,
        new PrintWriter(out, true),
        new PrintWriter(err, true),
        new CountDownLatch(1));
  }
}
