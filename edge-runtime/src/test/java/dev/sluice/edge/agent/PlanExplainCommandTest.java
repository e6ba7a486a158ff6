package dev.sluice.edge.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.edge.SmallBundle;
import dev.sluice.scheduler.energy.DevicePowers;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanExplainCommandTest {
  @TempDir private Path folder;
  private final StringWriter err = new StringWriter();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private int plan(String... arguments) {
    return Program.execute(new PlanMain(out), new PrintWriter(err, true), arguments);
  }

  private String bundle() throws Exception {
    Path path = folder.resolve("bundle");
    if (!Files.exists(path)) {
      SmallBundle.write(path);
    }
    return path.toString();
  }

  private JsonNode explained(String... options) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("explain", bundle(), "--json"));
    arguments.addAll(List.of(options));
    out.reset();
    assertThat(plan(arguments.toArray(String[]::new))).as(err.toString()).isZero();
    assertThat(out.toString(UTF_8).lines()).hasSize(1);
    return new ObjectMapper().readTree(out.toString(UTF_8));
  }

  private void saysInOneLine(String... words) {
    String line = err.toString().strip();
    assertThat(line).doesNotContain("\n").contains(words);
    assertThat(out.size()).isZero();
  }

  @Test
  void framesAtRandomQueueAtABusyDevice() throws Exception {
    JsonNode evenly = explained("--device", "15ms", "--period", "25ms", "--link", "down");
    JsonNode random =
        explained("--device", "15ms", "--period", "25ms", "--link", "down", "--arrivals", "random");

    assertThat(evenly.path("estimates").path("frame_period_cv").asDouble()).isZero();
    assertThat(random.path("estimates").path("frame_period_cv").asDouble()).isEqualTo(1);
    assertThat(random.path("prediction").path("p95_latency_ms").asDouble())
        .isGreaterThan(1.3 * evenly.path("prediction").path("p95_latency_ms").asDouble());
  }

  @Test
  void framesAtRandomComeSomehowOften() throws Exception {
    assertThat(plan("explain", bundle(), "--arrivals", "random")).isEqualTo(2);
    saysInOneLine("--arrivals random needs --period or --fps");
  }

  @Test
  void answersWhatIfAsJson() throws Exception {
    JsonNode json =
        explained(
            "--objective",
            "mean_latency <= 100 ms; minimise device_compute",
            "--uplink",
            "5Mbit/s",
            "--uplink-sd",
            "20%",
            "--rtt",
            "40ms",
            "--rtt-sd",
            "0",
            "--device-scale",
            "8",
            "--worker-scale",
            "0.5",
            "--worker-queue",
            "2ms",
            "--fps",
            "10");

    assertThat(json.path("bundle").asText()).isEqualTo("small");
    JsonNode estimates = json.path("estimates");
    assertThat(estimates.path("uplink_mbit").asDouble()).isEqualTo(5);
    assertThat(estimates.path("uplink_relative_sd").asDouble()).isEqualTo(0.2);
    assertThat(estimates.path("round_trip_ms").asDouble()).isEqualTo(40);
    assertThat(estimates.path("round_trip_sd_ms").asDouble()).isZero();
    assertThat(estimates.path("device_scale").asDouble()).isEqualTo(8);
    assertThat(estimates.path("worker_scale").asDouble()).isEqualTo(0.5);
    assertThat(estimates.path("worker_queue_ms").asDouble()).isEqualTo(2);
    assertThat(estimates.path("frame_period_ms").asDouble()).isEqualTo(100);
    assertThat(json.path("plan").asText()).as("sending costs the device least").contains("raw");
    assertThat(json.path("constraints").path(0).path("holds").asBoolean()).isTrue();
    assertThat(json.path("alternatives")).isNotEmpty();
    assertThat(json.path("what_if")).hasSize(6);
  }

  /**
   * Without a bound of latency the agent answers after 150 ms, and late replies cost the device.
   */
  @Test
  void takesTheAgentsDeadlineWhereTheObjectiveHasNone() throws Exception {
    String[] slow = {
      "--objective", "minimise device_compute", "--uplink", "0.02Mbit/s", "--device-scale", "100"
    };
    List<String> usual = new ArrayList<>(List.of(slow));
    usual.addAll(List.of("--deadline", "150ms"));
    List<String> patient = new ArrayList<>(List.of(slow));
    patient.addAll(List.of("--deadline", "600s"));

    assertThat(explained(slow)).isEqualTo(explained(usual.toArray(String[]::new)));
    assertThat(explained(slow)).isNotEqualTo(explained(patient.toArray(String[]::new)));
  }

  @Test
  void staysLocalWhileTheLinkIsDown() throws Exception {
    for (String state : List.of("down", "unknown")) {
      JsonNode json = explained("--link", state, "--device-scale", "100");
      assertThat(json.path("estimates").path("link").asText()).isEqualTo(state);
      assertThat(json.path("codec").asText()).isEqualTo("none");
    }
  }

  @Test
  void takesTheDeviceByItsTimeForTheWholeNetwork() throws Exception {
    JsonNode json = explained("--device", "15ms", "--period", "200ms");

    // The profile has three segments of 0.05 ms.
    assertThat(json.path("estimates").path("device_scale").asDouble()).isEqualTo(100);
    assertThat(json.path("estimates").path("frame_period_ms").asDouble()).isEqualTo(200);
    assertThat(explained("--device", "15ms", "--device-codecs", "20").path("plan").asText())
        .isNotBlank();
  }

  @Test
  void takesTheDeviceByItsPublishedName() throws Exception {
    String[] goal = {"--objective", "minimise mean_latency", "--link", "down"};
    JsonNode json = explained(goal[0], goal[1], goal[2], goal[3], "--device", "pi4");

    assertThat(json.path("estimates").path("device_scale").asDouble()).isEqualTo(1);
    assertThat(plan("explain", bundle(), "--device", "pi9")).isEqualTo(2);
    assertThat(plan("explain", bundle(), "--device", "pi4", "--device-scale", "2")).isEqualTo(2);
    assertThat(plan("explain", bundle(), "--device", "pi4", "--device-codecs", "2")).isEqualTo(2);
  }

  @Test
  void namesTheDeviceAmongWhatIsGiven() throws Exception {
    assertThat(plan("explain", bundle(), "--device", "pi4")).as(err.toString()).isZero();
    assertThat(given()).contains(" device pi4 (x 1), worker x 1,");
    // The profile has three segments of 0.05 ms.
    assertThat(plan("explain", bundle(), "--device", "15ms")).as(err.toString()).isZero();
    assertThat(given()).contains(" device 15ms (x 100), worker x 1,");
    assertThat(plan("explain", bundle(), "--device-scale", "100")).as(err.toString()).isZero();
    assertThat(given()).contains(" device x 100, worker x 1,");

    assertThat(explained("--device", "pi4").path("device").asText()).isEqualTo("pi4");
    assertThat(explained("--device-scale", "100").path("device").isNull()).isTrue();
  }

  @Test
  void saysWhatItTakesABareNumberFor() throws Exception {
    assertThat(plan("explain", bundle(), "--device", "15")).as(err.toString()).isZero();
    assertThat(given()).contains(" device 15ms (x 100),");
    assertThat(explained("--device", " 15 ").path("device").asText()).isEqualTo("15ms");
    assertThat(explained("--device", "0.015s").path("device").asText()).isEqualTo("0.015s");
  }

  @Test
  void saysWhosePowerIsAssumed() throws Exception {
    String[] thrifty = {"explain", bundle(), "--objective", "minimise device_energy", "--device"};
    String assumed = "energy as of pi4-one-core+wifi (assumed)";

    assertThat(plan(with(thrifty, "phone-mid"))).as(err.toString()).isZero();
    assertThat(given()).contains(assumed);
    assertThat(plan(with(thrifty, "15ms"))).as(err.toString()).isZero();
    assertThat(given()).contains(assumed);
    assertThat(plan(with(thrifty, "pi4"))).as(err.toString()).isZero();
    assertThat(given()).as("published").doesNotContain("energy");
    assertThat(plan(with(thrifty, "phone-mid", "--energy", "pi5+lte"))).as(err.toString()).isZero();
    assertThat(given()).as("asked for").doesNotContain("energy");
    assertThat(plan("explain", bundle(), "--device", "phone-mid")).as(err.toString()).isZero();
    assertThat(given()).as("does not count").doesNotContain("energy");

    JsonNode json = explained("--device", "phone-mid");
    assertThat(json.path("power").asText()).isEqualTo("pi4-one-core+wifi");
    assertThat(json.path("power_assumed").asBoolean()).isTrue();
    json = explained("--device", "pi4");
    assertThat(json.path("power").asText()).isEqualTo("pi4+wifi");
    assertThat(json.path("power_assumed").asBoolean(true)).isFalse();
  }

  private static String[] with(String[] words, String... more) {
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @Test
  void saysOfALinkThatIsToldToRestNoMoreThanThat() throws Exception {
    String[] wins = {"--objective", "minimise device_compute", "--uplink", "1gbit", "--rtt", "0"};
    assertThat(explained(wins).path("codec").asText()).as("a link would win").isEqualTo("raw");

    JsonNode json = explained(with(wins, "--link", "resting"));

    assertThat(json.path("reason").asText()).startsWith("link at rest, as assumed, stays local: ");
  }

  @Test
  void saysThatALocalPlanSendsNothing() throws Exception {
    assertThat(explained("--link", "down").path("sends").asText()).isEqualTo("none");
    JsonNode sends = explained("--objective", "minimise device_compute", "--uplink", "1gbit");
    assertThat(sends.path("sends").asText()).isEqualTo("split");
  }

  /** What the last report says was given, on one line. */
  private String given() {
    String text = out.toString(UTF_8).replaceAll("\\s+", " ");
    out.reset();
    return text.substring(text.indexOf(" GIVEN "), text.indexOf(" EXPECTED "));
  }

  @Test
  void keepsThePlanInUseThatIsNamed() throws Exception {
    String[] options = {"--objective", "minimise mean_latency", "--uplink", "1gbit", "--rtt", "0"};
    String best = explained(options).path("plan").asText();
    List<String> withCurrent = new ArrayList<>(List.of(options));
    withCurrent.addAll(List.of("--current", "  " + best.replace(", ", ",  ")));

    JsonNode kept = explained(withCurrent.toArray(String[]::new));

    assertThat(kept.path("plan").asText()).isEqualTo(best);
    assertThat(kept.path("reason").asText()).contains("no other plan is clearly better");
  }

  @Test
  void replaysAnExitPolicyAndTakesWhatIsNotProven() throws Exception {
    JsonNode json = explained("--exit-policy", "entropy <= 0.3 nats", "--uncertified");

    assertThat(json.path("certified").asBoolean()).isFalse();
  }

  @Test
  void countsThePowerOfTheRadioThatIsNamed() throws Exception {
    double wire = energy("pi4+wire");

    assertThat(wire).isPositive();
    assertThat(energy("pi4+wifi")).isGreaterThan(wire);
    assertThat(energy("pi4+lte")).isGreaterThan(energy("pi4+wifi"));
  }

  @Test
  void takesThePowerOfEveryDeviceThatHasOne() throws Exception {
    for (String device : DevicePowers.published().keySet()) {
      JsonNode json =
          explained("--energy", device + "+lte", "--objective", "minimise device_energy");

      assertThat(json.path("energy").path("model").asText()).isEqualTo(device + "+lte");
      assertThat(json.path("prediction").path("device_energy_j").asDouble())
          .isEqualTo(chosen(json.path("energy").path("ranking")).path("joules").asDouble());
    }
  }

  @Test
  void oneCoreDrawsLessThanAllOfThemInTheSameTime() throws Exception {
    JsonNode core = local("pi5-one-core+wire");

    assertThat(core.path("device_energy_j").asDouble())
        .isCloseTo(1.725e-3 * core.path("device_compute_ms").asDouble(), within(1e-6));
    assertThat(local("pi5+wire").path("device_energy_j").asDouble())
        .isGreaterThan(2 * core.path("device_energy_j").asDouble());
  }

  private static JsonNode chosen(JsonNode ranking) {
    for (JsonNode each : ranking) {
      if (each.path("chosen").asBoolean()) {
        return each;
      }
    }
    throw new AssertionError("no chosen plan in " + ranking);
  }

  private JsonNode local(String model) throws Exception {
    return explained("--energy", model, "--link", "down", "--device", "250ms").path("prediction");
  }

  @Test
  void saysWhyADevicesPowerIsNotKnown() throws Exception {
    assertThat(plan("explain", bundle(), "--energy", "jetson-xavier+lte")).isEqualTo(2);
    assertThat(err.toString())
        .contains("--energy: what a 'jetson-xavier' draws is not known", "power modes", "pi5");
  }

  private double energy(String model) throws Exception {
    JsonNode json =
        explained("--energy", model, "--fps", "1", "--objective", "minimise device_compute");
    assertThat(json.path("prediction").path("offloaded_share").asDouble()).isPositive();
    return json.path("prediction").path("device_energy_j").asDouble();
  }

  @Test
  void reportsForPeopleWhoGiveNoOptions() throws Exception {
    assertThat(plan("explain", bundle())).as(err.toString()).isZero();

    assertThat(out.toString(UTF_8))
        .startsWith("BUNDLE    small, float32, ")
        .contains("PLAN      ", "uplink 6 Mbit/s (sd 10 %), round trip 50 ms (sd 5 ms)");
    assertThat(err.toString()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "--uplink,fast,250kbit",
    "--uplink-sd,some,10%",
    "--rtt,-1ms,250ms",
    "--device-scale,0,'0' is no factor from 0.000001 to 1000000",
    "--device-scale,1e300,from 0.000001 to 1000000",
    "--device-scale,-3,from 0.000001 to 1000000",
    "--device-scale,NaN,from 0.000001 to 1000000",
    "--worker-scale,NaN,factor",
    "--worker-queue,long,250ms",
    "--fps,0,--fps",
    "--arrivals,often,--arrivals is evenly or random",
    "--link,sideways,unknown",
    "--objective,device_memory <= 1 MB,device_memory",
    "--current,split 9,'split 9'",
    "--energy,sun+wind,pi4",
    "--exit-policy,top1 > 3,character 6",
    "--exit-policy,trust >= 2,trust set",
    "--nonsense,1,--nonsense"
  })
  void saysWhichOptionIsWrong(String option, String value, String word) throws Exception {
    assertThat(plan("explain", bundle(), option, value)).isEqualTo(2);
    saysInOneLine("sluice plan explain:", word);
  }

  @Test
  void showsWhereAnObjectiveIsWrong() throws Exception {
    assertThat(plan("explain", bundle(), "--objective", "minimise worker_compte")).isEqualTo(2);

    assertThat(err.toString().lines().toList())
        .hasSize(3)
        .endsWith("  minimise worker_compte", "           ^")
        .first()
        .asString()
        .startsWith("sluice plan explain: --objective, at character 10: unknown metric")
        .contains("did you mean 'worker_compute'?")
        .endsWith("see ./sluice plan explain --help");
    assertThat(out.size()).isZero();
  }

  @Test
  void saysWhichOptionsExcludeEachOther() throws Exception {
    assertThat(plan("explain", bundle(), "--device", "1s", "--device-scale", "2")).isEqualTo(2);
    saysInOneLine("--device and --device-scale");
    err.getBuffer().setLength(0);
    assertThat(plan("explain", bundle(), "--fps", "1", "--period", "2s")).isEqualTo(2);
    saysInOneLine("--period and --fps");
  }

  @Test
  void namesAMissingAndADamagedBundle() throws Exception {
    String missing = folder.resolve("missing").toString();
    assertThat(plan("explain", missing)).isEqualTo(2);
    saysInOneLine("sluice plan explain:", missing);
    err.getBuffer().setLength(0);
    Files.writeString(Path.of(bundle()).resolve("profile.json"), "{}");
    assertThat(plan("explain", bundle())).isEqualTo(1);
    saysInOneLine("sluice plan explain:", "profile.json");
    err.getBuffer().setLength(0);
    assertThat(plan("explain", bundle(), "--precision", "int8")).isEqualTo(1);
    saysInOneLine("sluice plan explain:");
  }

  @Test
  void wantsACommand() {
    assertThat(plan()).isEqualTo(2);
    saysInOneLine("sluice plan:", "name a command: explain");
  }

  @Test
  void saysWhichCommandWasMeant() {
    assertThat(plan("explian")).isEqualTo(2);
    saysInOneLine(
        "sluice plan: unknown command 'explian'; did you mean 'explain'? Commands: explain",
        "see ./sluice plan --help");
    err.getBuffer().setLength(0);
    assertThat(plan("zzz")).isEqualTo(2);
    saysInOneLine("sluice plan: unknown command 'zzz'; commands: explain, budget; see");
    err.getBuffer().setLength(0);
    assertThat(plan("explain", "one", "two")).isEqualTo(2);
    saysInOneLine("sluice plan explain: unexpected argument 'two'; see");
  }

  @Test
  void showsAStackTraceWhereThatIsWanted() throws Exception {
    Files.writeString(Path.of(bundle()).resolve("profile.json"), "{}");
    assertThat(plan("explain", bundle(), "--debug")).isEqualTo(1);
    assertThat(err.toString()).contains("\tat ");
  }
}
