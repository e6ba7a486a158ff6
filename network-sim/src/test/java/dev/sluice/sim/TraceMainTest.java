package dev.sluice.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceMainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void makesConvertsAndDescribesATrace(@TempDir Path folder) throws IOException {
    Path made = folder.resolve("made");
    Path slots = folder.resolve("slots");
    assertThat(
            run("generate", "--kind", "lte", "--seconds", "50", "--seed", "7", "--out", "" + made))
        .isZero();
    assertThat(run("convert", "" + made, "--format", "mahimahi", "--out", "" + slots)).isZero();
    assertThat(run("stats", "" + made, "" + slots, "--json")).isZero();

    JsonNode traces = new ObjectMapper().readTree(out.toString()).get("traces");
    assertThat(traces).hasSize(2);
    for (JsonNode trace : traces) {
      assertThat(trace.get("seconds").asDouble()).isEqualTo(50);
      assertThat(trace.get("uplink_mbit").get("p50").asDouble()).isBetween(2.0, 10.0);
    }
    assertThat(traces.get(0).get("uplink_mbit").get("mean").asDouble())
        .isCloseTo(
            traces.get(1).get("uplink_mbit").get("mean").asDouble(),
            org.assertj.core.api.Assertions.within(0.001));
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void writesToStandardOutput() {
    assertThat(run("generate", "--kind", "3g", "--seconds", "3", "--format", "csv")).isZero();
    assertThat(out.toString().lines())
        .hasSize(4)
        .first()
        .isEqualTo("start_s,end_s,uplink_mbit,downlink_mbit,round_trip_ms,outage");
  }

  @Test
  void showsATable(@TempDir Path folder) throws IOException {
    Path trace = folder.resolve("t");
    Files.writeString(trace, "0 2\n1 4\n2 6\n");
    assertThat(run("stats", trace.toString())).isZero();
    assertThat(out.toString().lines().toList())
        .hasSize(2)
        .last()
        .asString()
        .contains(" 4.000 ", trace.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "frobnicate",
        "stats",
        "stats no/such/file",
        "convert",
        "convert no/such/file --format csv",
        "convert no/such/file --format xml",
        "generate",
        "generate --kind 6g",
        "generate --kind lte --seconds 0",
        "generate --kind lte --seconds many",
        "generate --kind lte --downlink-factor 0",
      })
  void answersWrongUseWithOneLineAndTwo(String arguments) {
    assertThat(run(arguments.isEmpty() ? new String[0] : arguments.split(" "))).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines().toList())
        .singleElement()
        .asString()
        .startsWith("sluice trace: ");
  }

  @Test
  void namesTheLineOfABadTrace(@TempDir Path folder) throws IOException {
    Path trace = folder.resolve("bad.csv");
    Files.writeString(trace, "start_s,uplink_mbit\n0,1\n1,fast\n");
    assertThat(run("stats", trace.toString())).isEqualTo(1);
    assertThat(err.toString()).contains(trace + " line 3: uplink_mbit is not a number: 'fast'");
  }

  @Test
  void showsTheGoodTracesAndNamesEveryBadOne(@TempDir Path folder) throws IOException {
    Path first = Files.writeString(folder.resolve("first"), "0 2\n1 4\n2 6\n");
    Path backwards = Files.writeString(folder.resolve("backwards"), "0 2\n5 2\n3 2\n");
    Path second = Files.writeString(folder.resolve("second"), "0 8\n1 8\n");
    Path noise = Files.writeString(folder.resolve("noise"), "hello world again\n");

    assertThat(run("stats", "" + first, "" + backwards, "" + second, "" + noise)).isEqualTo(1);
    assertThat(out.toString().lines().skip(1))
        .satisfiesExactly(
            line -> assertThat(line).contains(" 4.000 ").endsWith(first.toString()),
            line -> assertThat(line).contains(" 8.000 ").endsWith(second.toString()));
    assertThat(err.toString().lines())
        .satisfiesExactly(
            line -> assertThat(line).startsWith("sluice trace: " + backwards + " line 3: "),
            line -> assertThat(line).startsWith("sluice trace: " + noise + " line 1: "));

    out.getBuffer().setLength(0);
    assertThat(run("stats", "--json", "" + backwards, "" + second)).isEqualTo(1);
    JsonNode traces = new ObjectMapper().readTree(out.toString()).get("traces");
    assertThat(traces)
        .singleElement()
        .extracting(trace -> trace.get("file").asText())
        .isEqualTo(second.toString());
  }

  @Test
  void readsNothingWhereOneOfItsFilesIsMissing(@TempDir Path folder) throws IOException {
    Path good = Files.writeString(folder.resolve("good"), "0 2\n1 4\n");
    Path missing = folder.resolve("missing");

    assertThat(run("stats", "" + good, "" + missing)).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines()).singleElement().asString().contains(missing + ": no such");
  }

  @Test
  void saysWhichCommandWasMeant() {
    assertThat(run("stat")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("sluice trace: unknown command 'stat'; did you mean 'stats'? Commands: ")
        .contains("stats", "convert", "generate", "; see ./sluice trace --help");
  }

  @Test
  void saysWhatToDoWhereTheDiskIsFull() {
    assumeTrue(Files.exists(Path.of("/dev/full")), "this system has no disk that is always full");

    assertThat(run("generate", "--kind", "lte", "--seconds", "10", "--out", "/dev/full"))
        .isEqualTo(1);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .contains("cannot write /dev/full", "free space there or name another file");
  }

  @Test
  void explainsItself() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("stats", "convert", "generate");
  }

  private int run(String... arguments) {
    return TraceMain.execute(arguments, new PrintWriter(out, true), new PrintWriter(err, true));
  }
}
