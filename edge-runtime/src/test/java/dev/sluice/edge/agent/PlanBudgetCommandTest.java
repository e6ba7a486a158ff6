package dev.sluice.edge.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.edge.SmallBundle;
import dev.sluice.edge.host.BundleFactsReader;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.scheduler.budget.AnytimeCurve;
import dev.sluice.scheduler.budget.ExitCosts;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class PlanBudgetCommandTest {
  private static final List<String> WAYS = List.of("thresholds", "msdnet", "one_exit");

  @TempDir private Path folder;
  private final StringWriter err = new StringWriter();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private String bundle = "";

  @BeforeEach
  void write() throws Exception {
    Path path = folder.resolve("bundle");
    SmallBundle.write(path);
    bundle = path.toString();
  }

  private int plan(String... arguments) {
    return Program.execute(new PlanMain(out), new PrintWriter(err, true), arguments);
  }

  private JsonNode budgeted(String... options) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("budget", bundle, "--json"));
    arguments.addAll(List.of(options));
    out.reset();
    assertThat(plan(arguments.toArray(String[]::new))).as(err.toString()).isZero();
    assertThat(out.toString(UTF_8).lines()).hasSize(1);
    return new ObjectMapper().readTree(out.toString(UTF_8));
  }

  private BundleFacts facts() throws Exception {
    return BundleFactsReader.read(Bundle.open(Path.of(bundle)));
  }

  @Test
  void keepsTheBudgetAndSaysWhatComesOfIt() throws Exception {
    BundleFacts facts = facts();
    ExitCosts costs = ExitCosts.onDevice(facts, 1);
    double nanos = (costs.aloneNanos(0) + costs.afterAllNanos(1)) / 2;

    JsonNode json = budgeted("--budget", nanos * 1000 / 1e6 + "ms/1000");

    assertThat(json.path("bundle").asText()).isEqualTo("small");
    assertThat(json.path("frames").asLong()).isEqualTo(1000);
    for (String way : WAYS) {
      JsonNode each = json.path(way);
      double[] replayed = replay(facts.certify(), each.path("exits"), costs);
      assertThat(each.path("accuracy").asDouble()).as(way).isCloseTo(replayed[0], within(1e-12));
      assertThat(each.path("expected_right").asDouble())
          .isCloseTo(1000 * replayed[0], within(1e-9));
      assertThat(each.path("mean_ms").asDouble()).isCloseTo(replayed[1] / 1e6, within(1e-9));
      assertThat(each.path("excess_ms").asDouble())
          .isCloseTo((replayed[1] - nanos) / 1e6, within(1e-9));
      double shares = 0;
      for (JsonNode share : each.path("exit_shares")) {
        shares += share.asDouble();
      }
      assertThat(shares).isCloseTo(1, within(1e-12));
    }
    for (String way : List.of("thresholds", "one_exit")) {
      double[] replayed = replay(facts.select(), json.path(way).path("exits"), costs);
      assertThat(json.path(way).path("holds").asBoolean()).as(way).isTrue();
      assertThat(replayed[1]).isLessThanOrEqualTo(nanos * (1 + 1e-9));
      assertThat(json.path(way).path("accuracy_where_chosen").asDouble())
          .isCloseTo(replayed[0], within(1e-12));
    }
    assertThat(json.path("thresholds").path("accuracy_where_chosen").asDouble())
        .isGreaterThanOrEqualTo(json.path("one_exit").path("accuracy_where_chosen").asDouble());
  }

  /** Share of right answers and mean nanoseconds, frame by frame. */
  private static double[] replay(CalibrationTable table, JsonNode exits, ExitCosts costs) {
    double right = 0;
    double nanos = 0;
    for (int sample = 0; sample < table.samples(); sample++) {
      int answered = table.exits() - 1;
      double heads = 0;
      for (JsonNode exit : exits) {
        heads += costs.headNanos(exit.path("exit").asInt());
        if (table.confidence(sample, exit.path("exit").asInt())
            >= exit.path("threshold").asDouble()) {
          answered = exit.path("exit").asInt();
          break;
        }
      }
      if (answered == table.exits() - 1) {
        heads += costs.headNanos(answered);
      }
      right += table.correct(sample, answered) ? 1 : 0;
      nanos += costs.trunkNanos(answered) + heads;
    }
    return new double[] {right / table.samples(), nanos / table.samples()};
  }

  @Test
  void showsTheAnytimeCurve() throws Exception {
    BundleFacts facts = facts();
    ExitCosts costs = ExitCosts.onDevice(facts, 8);

    JsonNode anytime = budgeted("--budget", "1s/10", "--device-scale", "8").path("anytime");

    assertThat(anytime).hasSize(facts.exits().size());
    AnytimeCurve curve = AnytimeCurve.deepest(facts.certify(), costs);
    for (JsonNode point : anytime) {
      double nanos = costs.afterAllNanos(point.path("exit").asInt());
      assertThat(point.path("after_ms").asDouble()).isCloseTo(nanos / 1e6, within(1e-9));
      assertThat(point.path("deepest_accuracy").asDouble()).isEqualTo(curve.accuracyAfter(nanos));
    }
  }

  @Test
  void takesCodecsAndPixelsByAFactorOfTheirOwn() throws Exception {
    BundleFacts facts = facts();
    double scalar = facts.profile().preprocessNanos();
    ExitCosts costs = ExitCosts.onDevice(facts, 8);
    assertThat(scalar).isPositive();

    JsonNode first =
        budgeted("--budget", "1s/10", "--device-scale", "8", "--device-codecs", "20")
            .path("anytime")
            .path(0);

    assertThat(first.path("after_ms").asDouble())
        .isCloseTo((costs.afterAllNanos(0) + (20 - 8) * scalar) / 1e6, within(1e-5));
  }

  @Test
  void plansTheRestForWhatIsLeft() throws Exception {
    JsonNode rest = budgeted("--budget", "10ms/100", "--spent", "7.5ms/50");

    assertThat(rest.path("frames").asLong()).isEqualTo(50);
    assertThat(rest.path("budget_ms").asDouble()).isCloseTo(2.5, within(1e-9));
    JsonNode fresh = budgeted("--budget", "2.5ms/50");
    assertThat(rest.path("thresholds")).isEqualTo(fresh.path("thresholds"));
  }

  @Test
  void saysWhereNothingKeepsTheBudget() throws Exception {
    JsonNode json = budgeted("--budget", "1ms/1000000");

    for (String way : WAYS) {
      assertThat(json.path(way).path("holds").asBoolean()).as(way).isFalse();
    }
  }

  @Test
  void printsAReport() throws Exception {
    assertThat(plan("budget", bundle, "--budget", "1s/10")).as(err.toString()).isZero();

    assertThat(out.toString(UTF_8))
        .contains("BUDGET", "1,000.0 ms for 10 frames")
        .contains("one exit for all")
        .contains("holds")
        .contains("ANY TIME");
  }

  @Test
  void refusesWhatIsNoBudget() {
    for (String[] wrong :
        List.of(
            new String[] {"--budget", "100"},
            new String[] {"--budget", "2s/0"},
            new String[] {"--budget", "soon/3"},
            new String[] {"--budget", "1s/100", "--spent", "2s/40"},
            new String[] {"--budget", "2s/10", "--spent", "1s/10"},
            new String[] {"--budget", "2s/10", "--deviations", "11"},
            new String[] {"--budget", "2s/10", "--device", "pi4", "--device-scale", "2"},
            new String[] {"--budget", "2s/10", "--device", "pi4", "--device-codecs", "2"},
            new String[] {})) {
      List<String> arguments = new ArrayList<>(List.of("budget", bundle));
      arguments.addAll(List.of(wrong));
      assertThat(plan(arguments.toArray(String[]::new)))
          .as(String.join(" ", wrong))
          .isEqualTo(CommandLine.ExitCode.USAGE);
    }
    assertThat(out.size()).isZero();
  }
}
