package dev.sluice.edge.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.edge.SmallBundle;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeProgramsTest {
  private static final int FRAMES = 20;

  @TempDir private Path folder;
  private Path bundle;
  private final StringWriter err = new StringWriter();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @BeforeEach
  void write() throws Exception {
    bundle = folder.resolve("bundle");
    SmallBundle.write(bundle);
  }

  private static byte[] ppm(long seed) {
    byte[] rgb = new byte[192];
    new Random(seed).nextBytes(rgb);
    ByteArrayOutputStream image = new ByteArrayOutputStream();
    image.writeBytes("P6\n8 8\n255\n".getBytes(UTF_8));
    image.writeBytes(rgb);
    return image.toByteArray();
  }

  private List<JsonNode> edge(int status, byte[] input, String... more) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("--bundle", bundle.toString()));
    arguments.addAll(List.of(more));
    int ended =
        Program.execute(
            new EdgeMain(new ByteArrayInputStream(input), out),
            new PrintWriter(err, true),
            arguments.toArray(String[]::new));
    assertThat(ended).as(err.toString()).isEqualTo(status);
    return lines();
  }

  private List<JsonNode> lines() throws Exception {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : out.toString(UTF_8).lines().toList()) {
      lines.add(new ObjectMapper().readTree(line));
    }
    return lines;
  }

  private static List<JsonNode> of(String type, List<JsonNode> lines) {
    return lines.stream().filter(line -> line.path("type").asText().equals(type)).toList();
  }

  @Test
  void edgeAnswersEveryFrameOfStandardInputOnce() throws Exception {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    for (int i = 0; i < FRAMES; i++) {
      stream.writeBytes(ppm(i));
    }
    List<JsonNode> lines =
        edge(0, stream.toByteArray(), "--frames-per-second", "100", "--deadline", "5s");
    assertThat(lines.get(0).path("type").asText()).isEqualTo("ready");
    assertThat(lines.get(0).path("link").asText()).isEqualTo("none");
    assertThat(lines.get(0).path("uplink_mbit").isNull()).as("nothing was measured").isTrue();
    assertThat(lines.get(lines.size() - 1).path("type").asText()).isEqualTo("summary");
    List<JsonNode> answers = of("answer", lines);
    assertThat(answers.stream().map(line -> line.path("id").asLong()))
        .containsExactlyInAnyOrderElementsOf(LongStream.range(0, FRAMES).boxed().toList());
    assertThat(answers)
        .allMatch(line -> line.path("place").asText().equals("device"))
        .allMatch(line -> !line.path("dropped").asBoolean())
        .allMatch(line -> line.path("top5").size() == 5);
    assertThat(lines.get(lines.size() - 1).path("answered").asInt()).isEqualTo(FRAMES);
  }

  @Test
  void edgeTellsWhatIsLeftOfABudgetThatComesAnewForEveryTenFrames() throws Exception {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    for (int i = 0; i < FRAMES; i++) {
      stream.writeBytes(ppm(i));
    }
    List<JsonNode> lines =
        edge(0, stream.toByteArray(), "--budget", "60s/10", "--frames-per-second", "100");
    JsonNode ready = lines.get(0);
    assertThat(ready.path("deadline_ms").isNull()).isTrue();
    assertThat(ready.path("budget").path("left_ms").asDouble()).isEqualTo(60_000);
    assertThat(ready.path("budget").path("frames_left").asInt()).isEqualTo(10);
    assertThat(of("answer", lines))
        .hasSize(FRAMES)
        .allMatch(line -> line.path("place").asText().equals("device"));
    JsonNode budget = lines.get(lines.size() - 1).path("budget");
    assertThat(budget.path("periods").asInt()).isEqualTo(2);
    assertThat(budget.path("exceeded").asInt()).isZero();
    double spent = budget.path("spent_ms").asDouble();
    assertThat(spent).isPositive();
    assertThat(budget.path("left_ms").asDouble()).isCloseTo(60_000 - spent, within(1e-3));
  }

  @Test
  void edgeSaysThatABudgetCannotBeMetAndAnswersByTheFirstExit() throws Exception {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    for (int i = 0; i < FRAMES; i++) {
      stream.writeBytes(ppm(i));
    }
    List<JsonNode> lines =
        edge(0, stream.toByteArray(), "--budget", "0.001ms/10", "--frames-per-second", "100");
    assertThat(err.toString())
        .contains("the budget cannot be met: 10 frames take", "ms more than are left");
    assertThat(lines.get(0).path("feasible").asBoolean()).isFalse();
    assertThat(of("answer", lines)).allMatch(line -> line.path("exit").asInt() == 0);
    JsonNode budget = lines.get(lines.size() - 1).path("budget");
    assertThat(budget.path("exceeded").asInt()).isEqualTo(2);
    assertThat(budget.path("left_ms").asDouble()).isNegative();
  }

  @Test
  void classifySpendsABudgetOnAllFilesTogether() throws Exception {
    List<JsonNode> lines = classified(0, "60s");
    double before = 0;
    for (JsonNode line : lines) {
      double spent = line.path("budget_spent_ms").asDouble();
      assertThat(spent).isGreaterThan(before);
      assertThat(line.path("budget_left_ms").asDouble()).isCloseTo(60_000 - spent, within(1e-3));
      before = spent;
    }
    assertThat(err.toString()).contains("the device computed for", "of 60,000.0 ms");
  }

  @Test
  void classifySaysThatABudgetCannotBeMetAndEndsWithAFailure() throws Exception {
    assertThat(classified(1, "0.001ms")).allMatch(line -> line.path("exit").asInt() == 0);
    assertThat(err.toString())
        .contains("the budget cannot be met: 8 frames take", "the budget was exceeded");
  }

  private List<JsonNode> classified(int status, String budget) throws Exception {
    Path images = Files.createDirectory(folder.resolve("pictures"));
    for (int i = 0; i < 8; i++) {
      Files.write(images.resolve(i + ".ppm"), ppm(i));
    }
    String[] arguments = {
      "--bundle", bundle.toString(), "--json", "--budget", budget, images.toString()
    };
    int ended = Program.execute(new ClassifyMain(out), new PrintWriter(err, true), arguments);
    assertThat(ended).as(err.toString()).isEqualTo(status);
    assertThat(lines()).hasSize(8);
    return lines();
  }

  @Test
  void aBudgetNeedsTheWholeNetworkOnTheDevice() throws Exception {
    edge(2, new byte[0], "--memory", "4kB", "--budget", "2s/100");
    assertThat(err.toString()).contains("--budget needs the whole network", "splits up to 1 of 3");
  }

  @Test
  void edgeAnswersEveryFrameWithTheSplitsThatFitInItsMemory() throws Exception {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    for (int i = 0; i < FRAMES; i++) {
      stream.writeBytes(ppm(i));
    }
    List<JsonNode> lines =
        edge(
            0,
            stream.toByteArray(),
            "--memory",
            "4kB",
            "--frames-per-second",
            "100",
            "--deadline",
            "5s");
    JsonNode memory = lines.get(0).path("memory");
    assertThat(memory.path("bound_bytes").asLong()).isEqualTo(4000);
    assertThat(memory.path("needed_bytes").asLong()).isLessThanOrEqualTo(4000);
    assertThat(memory.path("deepest_split").asInt()).isEqualTo(1);
    assertThat(memory.path("deepest_exit").asInt()).isZero();
    assertThat(of("answer", lines))
        .hasSize(FRAMES)
        .allMatch(line -> line.path("exit").asInt() == 0)
        .allMatch(line -> !line.path("dropped").asBoolean());
    assertThat(err.toString()).contains("splits up to 1 of 3", "alone at exit 0 of 1");
  }

  @Test
  void edgeSaysWhyThePlanChanges() throws Exception {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    for (int i = 0; i < FRAMES; i++) {
      stream.writeBytes(ppm(i));
    }
    List<JsonNode> lines =
        edge(
            0,
            stream.toByteArray(),
            "--explain",
            "--frames-per-second",
            "20",
            "--deadline",
            "5s",
            "--objective",
            "minimise device_compute");

    List<JsonNode> plans = of("plan", lines);
    assertThat(plans).isNotEmpty();
    assertThat(plans.get(0).path("plan").asText()).startsWith("local to cut");
    assertThat(plans.get(0).path("estimates").path("link").asText()).isEqualTo("unknown");
    assertThat(lines.get(lines.size() - 1).path("type").asText()).isEqualTo("summary");
    assertThat(of("answer", lines)).hasSize(FRAMES);
  }

  @Test
  void edgeExplainsItsOwnSchedulerOnly() throws Exception {
    edge(2, new byte[0], "--explain", "--strategy", "device-only");
    assertThat(err.toString().strip()).doesNotContain("\n").contains("--explain", "sluice");
    assertThat(out.size()).isZero();
  }

  @Test
  void edgeSaysHowMuchMemoryTheFirstExitNeeds() throws Exception {
    edge(2, new byte[0], "--memory", "2kB");
    assertThat(err.toString().strip()).doesNotContain("\n").contains("2.0 kB", "at least 3.0 kB");
    assertThat(out.size()).isZero();
  }

  @Test
  void edgeSaysWhichStrategyNeedsMoreMemory() throws Exception {
    for (String strategy : List.of("device-only", "spinn", "dads", "fixed:2:f32")) {
      err.getBuffer().setLength(0);
      edge(2, new byte[0], "--memory", "4kB", "--strategy", strategy);
      assertThat(err.toString()).as(strategy).contains("4.0 kB");
    }
    err.getBuffer().setLength(0);
    edge(2, new byte[0], "--memory", "much");
    assertThat(err.toString()).contains("write 32MB");
  }

  @Test
  void classifySaysThatAPlanDoesNotFitInTheMemory() throws Exception {
    Path image = Files.write(folder.resolve("a.ppm"), ppm(3));
    String[] command = {
      "--bundle", bundle.toString(), "--memory", "4kB", "--exits", "off", image.toString()
    };
    assertThat(Program.execute(new ClassifyMain(out), new PrintWriter(err, true), command))
        .isEqualTo(2);
    assertThat(err.toString().strip())
        .doesNotContain("\n")
        .contains("local to cut 3", "4.5 kB", "deepest split is 1");
    command[5] = "0";
    assertThat(Program.execute(new ClassifyMain(out), new PrintWriter(err, true), command))
        .as(err.toString())
        .isZero();
  }

  @Test
  void edgeTakesTheEmulatedTimeAndSaysSo() throws Exception {
    List<JsonNode> lines =
        edge(
            0,
            ppm(1),
            "--emulate-device",
            "60ms",
            "--strategy",
            "device-only",
            "--fallback",
            "off",
            "--deadline",
            "1s");
    assertThat(lines.get(0).path("emulated_device").asBoolean()).isTrue();
    double device = of("answer", lines).get(0).path("timing").path("device_ms").asDouble();
    assertThat(device).isGreaterThan(60 * 0.9);
  }

  @Test
  void edgeAnswersWithoutAWorkerThatIsNotThere() throws Exception {
    int closed;
    try (ServerSocket free = new ServerSocket(0)) {
      closed = free.getLocalPort();
    }
    List<JsonNode> lines =
        edge(
            0,
            ppm(1),
            "--cloud",
            "127.0.0.1:" + closed,
            "--strategy",
            "cloud-only:raw",
            "--deadline",
            "2s");
    JsonNode answer = of("answer", lines).get(0);
    assertThat(answer.path("place").asText()).isEqualTo("device");
    assertThat(answer.path("dropped").asBoolean()).isFalse();
    assertThat(err.toString().strip())
        .doesNotContain("\n")
        .contains("no program listens at 127.0.0.1:" + closed, "./sluice cloud --bind");
  }

  @Test
  void edgeAnswersWhatCameBeforeADamagedFrame() throws Exception {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    stream.writeBytes(ppm(1));
    stream.writeBytes("P5 no".getBytes(UTF_8));
    List<JsonNode> lines = edge(1, stream.toByteArray(), "--deadline", "5s");
    assertThat(of("answer", lines)).hasSize(1);
    assertThat(of("summary", lines)).hasSize(1);
    assertThat(err.toString()).contains("image 1 on standard input");
  }

  @Test
  void edgeTakesTheImagesOfAFolderOneByOne() throws Exception {
    Path images = Files.createDirectory(folder.resolve("images"));
    for (int i = 0; i < 3; i++) {
      Files.write(images.resolve(i + ".ppm"), ppm(i));
    }
    List<JsonNode> lines = edge(0, new byte[0], "--frames", images.toString(), "--deadline", "5s");
    assertThat(of("answer", lines)).hasSize(3);
    JsonNode uplink = of("summary", lines).get(0).path("uplink");
    for (String part :
        List.of("request_bytes", "audit_bytes", "ping_bytes", "probe_bytes", "bytes_per_month")) {
      assertThat(uplink.path(part).asInt(-1)).as(part).isZero();
    }
  }

  @Test
  void edgeNamesAnImageThatCannotBeReadAndGoesOn() throws Exception {
    Path images = Files.createDirectory(folder.resolve("images"));
    for (int i = 0; i < 3; i++) {
      Files.write(images.resolve(i + ".ppm"), ppm(i));
    }
    Path bad = images.resolve("1.ppm");
    Files.writeString(bad, "P6 8 8 255\nshort");
    List<JsonNode> lines = edge(1, new byte[0], "--frames", images.toString(), "--deadline", "5s");
    assertThat(of("answer", lines).stream().map(line -> line.path("file").asText()))
        .containsExactly(images.resolve("0.ppm").toString(), images.resolve("2.ppm").toString());
    assertThat(of("skipped", lines)).hasSize(1);
    assertThat(of("skipped", lines).get(0).path("file").asText()).isEqualTo(bad.toString());
    assertThat(of("summary", lines).get(0).path("skipped").asInt()).isEqualTo(1);
    assertThat(err.toString()).contains("skipped", bad.toString(), "1 of 3 images");
  }

  @Test
  void edgeSaysWhichCodecOfAFixedStrategyThereIsNot() throws Exception {
    edge(2, new byte[0], "--strategy", "fixed:1:nope");
    assertThat(err.toString().strip()).doesNotContain("\n").contains("nope");
    assertThat(out.size()).isZero();
  }

  @Test
  void edgeSaysWhichStrategyThereIsNot() throws Exception {
    edge(2, new byte[0], "--strategy", "guess");
    assertThat(err.toString().strip()).doesNotContain("\n").contains("guess", "device-only");
  }

  @Test
  void edgeServesByTheStrategiesOfPapers() throws Exception {
    for (List<String> strategy :
        List.of(
            List.of("neurosurgeon"),
            List.of("dads:published"),
            List.of("edgent"),
            List.of("edgent-dynamic", "--mean-uplink", "6mbit", "--mean-rtt", "50ms"),
            List.of("branchynet", "--exit-policy", "entropy <= 0.3 nats"))) {
      List<String> options =
          new ArrayList<>(
              List.of("--deadline", "5s", "--objective", "mean_latency <= 4 s", "--strategy"));
      options.addAll(strategy);
      out.reset();
      List<JsonNode> lines = edge(0, ppm(1), options.toArray(String[]::new));
      assertThat(of("answer", lines)).as("%s", strategy).hasSize(1);
    }
  }

  @Test
  void edgeSaysWhatTheStrategiesOfPapersNeed() throws Exception {
    String[][] wrong = {
      {"edgent-dynamic", "--mean-uplink"},
      {"branchynet", "--exit-policy"},
      {"ddnn:0:f32", "--exit-policy"},
      {"ddnn:0", "no strategy 'ddnn:0'"},
      {"neurosurgeon:fast", "no strategy 'neurosurgeon:fast'"}
    };
    for (String[] each : wrong) {
      err.getBuffer().setLength(0);
      edge(2, new byte[0], "--strategy", each[0]);
      assertThat(err.toString()).as(each[0]).contains(each[1]);
    }
    err.getBuffer().setLength(0);
    edge(2, new byte[0], "--strategy", "edgent", "--objective", "minimise device_compute");
    assertThat(err.toString()).contains("a bound on the latency");
    err.getBuffer().setLength(0);
    String[] ddnn = {"--exit-policy", "entropy <= 0.3 nats", "--strategy"};
    edge(2, new byte[0], ddnn[0], ddnn[1], ddnn[2], "ddnn:x:f32");
    assertThat(err.toString()).contains("no number: x");
    err.getBuffer().setLength(0);
    edge(2, new byte[0], ddnn[0], ddnn[1], ddnn[2], "ddnn:9:f32");
    assertThat(err.toString()).contains("not an early exit");
  }

  @Test
  void edgeLetsExitsFollowThePolicyThatIsNamed() throws Exception {
    byte[] stream = ppm(1);
    List<JsonNode> lines =
        edge(
            0,
            stream,
            "--exit-policy",
            "0: always",
            "--deadline",
            "5s",
            "--objective",
            "minimise device_compute");
    assertThat(of("answer", lines)).hasSize(1);
    assertThat(of("answer", lines).get(0).path("exit").asInt()).isZero();
    assertThat(err.toString()).contains("follow '0: always'").contains("replay");
  }

  @Test
  void edgeSaysWhichPolicyItCannotFollow() throws Exception {
    edge(2, new byte[0], "--exit-policy", "trust >= 2");
    assertThat(err.toString()).contains("needs a trust set", "fit-policies");
    err.getBuffer().setLength(0);
    edge(2, new byte[0], "--exit-policy", "patience 1", "--strategy", "device-only");
    assertThat(err.toString()).contains("strategy sluice");
  }

  @Test
  void classifyStopsWhereThePolicySays() throws Exception {
    Path image = folder.resolve("a.ppm");
    Files.write(image, ppm(3));
    for (String[] each :
        new String[][] {{"0: always", "0"}, {"never", "1"}, {"margin >= 0", "0"}}) {
      out.reset();
      int status =
          Program.execute(
              new ClassifyMain(out),
              new PrintWriter(err, true),
              "--bundle",
              bundle.toString(),
              "--json",
              "--exit-policy",
              each[0],
              image.toString());
      assertThat(status).as(err.toString()).isZero();
      assertThat(lines().get(0).path("exit").asText()).as(each[0]).isEqualTo(each[1]);
    }
  }

  @Test
  void classifyWritesALinePerImage() throws Exception {
    Path image = folder.resolve("a.ppm");
    Files.write(image, ppm(3));
    int status =
        Program.execute(
            new ClassifyMain(out),
            new PrintWriter(err, true),
            "--bundle",
            bundle.toString(),
            "--json",
            "--exits",
            "off",
            image.toString());
    assertThat(status).as(err.toString()).isZero();
    JsonNode line = lines().get(0);
    assertThat(line.path("file").asText()).isEqualTo(image.toString());
    assertThat(line.path("exit").asInt()).isEqualTo(1);
    assertThat(line.path("place").asText()).isEqualTo("device");
    assertThat(line.path("milliseconds").path("total").asDouble()).isPositive();
  }

  @Test
  void classifyNamesAnImageThatCannotBeReadAndGoesOn() throws Exception {
    Path good = Files.write(folder.resolve("b.ppm"), ppm(3));
    Path bad = Files.writeString(folder.resolve("a.png"), "no image");
    int status =
        Program.execute(
            new ClassifyMain(out),
            new PrintWriter(err, true),
            "--bundle",
            bundle.toString(),
            "--json",
            bad.toString(),
            good.toString());
    assertThat(status).isEqualTo(1);
    assertThat(lines()).hasSize(1);
    assertThat(lines().get(0).path("file").asText()).isEqualTo(good.toString());
    assertThat(err.toString()).contains("skipped " + bad, "1 of 2 images");
  }

  @Test
  void classifySaysWhichCodecThereIsNot() throws Exception {
    Path image = Files.write(folder.resolve("a.ppm"), ppm(3));
    try (ServerSocket nobody = new ServerSocket(0)) {
      int status =
          Program.execute(
              new ClassifyMain(out),
              new PrintWriter(err, true),
              "--bundle",
              bundle.toString(),
              "--cloud",
              "127.0.0.1:" + nobody.getLocalPort(),
              "--codec",
              "nope",
              image.toString());
      assertThat(status).isEqualTo(2);
    }
    assertThat(err.toString().strip()).doesNotContain("\n").contains("nope");
  }

  @Test
  void classifyNeverAnswersHereWhatWasToBeSplit() throws Exception {
    Path image = folder.resolve("a.ppm");
    Files.write(image, ppm(3));
    int closed;
    try (ServerSocket free = new ServerSocket(0)) {
      closed = free.getLocalPort();
    }
    int status =
        Program.execute(
            new ClassifyMain(out),
            new PrintWriter(err, true),
            "--bundle",
            bundle.toString(),
            "--cloud",
            "127.0.0.1:" + closed,
            "--split",
            "1",
            image.toString());
    assertThat(status).isEqualTo(1);
    assertThat(out.size()).isZero();
    assertThat(err.toString().strip()).doesNotContain("\n").contains("127.0.0.1:" + closed);
  }

  private static byte[] frames() {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    for (int i = 0; i < FRAMES; i++) {
      stream.writeBytes(ppm(i));
    }
    return stream.toByteArray();
  }

  @Test
  void edgeTellsHowItsExitsCompareAndWhatEnergyItsAnswersTook() throws Exception {
    List<JsonNode> lines =
        edge(
            0,
            frames(),
            "--frames-per-second",
            "100",
            "--deadline",
            "5s",
            "--status-every",
            "50ms",
            "--energy",
            "pi4");
    JsonNode summary = lines.get(lines.size() - 1);
    assertThat(summary.path("drift").path("says").asText()).isNotBlank();
    assertThat(summary.path("drift").path("flags").asLong()).isZero();
    assertThat(summary.path("audits").isNull()).as("off unless asked for").isTrue();
    assertThat(summary.path("energy").path("compute_mj").asDouble()).isPositive();
    assertThat(summary.path("energy").path("radio_mj").asDouble()).isZero();
    assertThat(of("status", lines)).isNotEmpty().allMatch(line -> line.has("drift"));
  }

  @Test
  void edgeWatchesAndPricesNothingThatIsSwitchedOff() throws Exception {
    List<JsonNode> lines =
        edge(0, frames(), "--frames-per-second", "100", "--deadline", "5s", "--drift", "off");
    JsonNode summary = lines.get(lines.size() - 1);
    assertThat(summary.path("drift").isNull()).isTrue();
    assertThat(summary.path("energy").isNull()).isTrue();
  }

  @Test
  void edgeAuditsAndMayRaiseThresholdsWithoutAWorkerToo() throws Exception {
    List<JsonNode> lines =
        edge(
            0,
            frames(),
            "--frames-per-second",
            "100",
            "--deadline",
            "5s",
            "--audit-share",
            "1",
            "--offload-cap",
            "1.25");
    assertThat(of("answer", lines)).hasSize(FRAMES);
    JsonNode audits = lines.get(lines.size() - 1).path("audits");
    assertThat(audits.path("sent").asLong()).isZero();
    assertThat(audits.path("agreement").isNull()).isTrue();
  }

  @Test
  void edgeHoldsABoundOnMemoryThatTheObjectiveNames() throws Exception {
    List<JsonNode> lines =
        edge(
            0,
            frames(),
            "--frames-per-second",
            "100",
            "--deadline",
            "5s",
            "--objective",
            "device_memory <= 4 KB; minimise device_memory");
    JsonNode memory = lines.get(0).path("memory");
    assertThat(memory.path("bound_bytes").asLong()).isEqualTo(4000);
    assertThat(memory.path("deepest_split").asInt()).isEqualTo(1);
    assertThat(of("answer", lines))
        .hasSize(FRAMES)
        .allMatch(line -> line.path("exit").asInt() == 0);
  }

  @Test
  void edgeKnowsWhatPlansNeedWithoutAnyBound() throws Exception {
    List<JsonNode> lines =
        edge(
            0,
            frames(),
            "--frames-per-second",
            "100",
            "--deadline",
            "5s",
            "--objective",
            "p95_latency <= 5 s; minimise device_memory");
    assertThat(of("answer", lines)).hasSize(FRAMES);
    assertThat(lines.get(0).path("memory").isNull()).isTrue();
  }

  @Test
  void edgeSaysWhatIsWrongWithWhatItShallWatch() throws Exception {
    for (String[] wrong :
        new String[][] {
          {"--drift", "maybe"},
          {"--offload-cap", "-1"},
          {"--offload-cap", "lots"},
          {"--offload-cap", "NaN"},
          {"--audit-share", "2"},
          {"--audit-share", "NaN"},
          {"--energy", "toaster"},
          {"--energy", "pi4+pigeon"},
          {"--energy", "phone-mid+lte"}
        }) {
      edge(2, new byte[0], wrong);
      assertThat(err.toString()).contains(wrong[0]);
      err.getBuffer().setLength(0);
    }
    edge(2, new byte[0], "--drift", "off", "--offload-cap", "1.25");
    assertThat(err.toString()).contains("--offload-cap needs --drift on");
  }
}
