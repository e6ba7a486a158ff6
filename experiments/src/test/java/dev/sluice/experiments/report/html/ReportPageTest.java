package dev.sluice.experiments.report.html;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Json;
import dev.sluice.experiments.report.RawTable;
import dev.sluice.experiments.report.RunFolder;
import dev.sluice.experiments.report.figure.Figure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportPageTest {
  private static final String HOSTILE = SampleFigures.HOSTILE;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** The scripts of a page, as a browser finds them: a script ends at the first end tag. */
  private static final Pattern SCRIPT =
      Pattern.compile("<script([^>]*)>(.*?)</script", Pattern.DOTALL | Pattern.CASE_INSENSITIVE);

  @TempDir private Path folder;

  @Test
  void keepsHostileTextInsideOfItsData() throws IOException {
    String page = page();

    List<String> scripts = scripts(page);
    assertThat(scripts).hasSize(3);
    JsonNode data = MAPPER.readTree(scripts.get(0));
    assertThat(data.path("question").asText()).isEqualTo(HOSTILE);
    assertThat(data.path("claims").path(0).path("name").asText()).isEqualTo(HOSTILE);
    assertThat(data.path("figures").path(3).path("note").asText()).isEqualTo(HOSTILE);
    assertThat(data.path("tables").path(0).path("rows").path(0).path(0).asText())
        .isEqualTo(HOSTILE);
    assertThat(page.substring(0, page.indexOf("</head>"))).doesNotContain("alert");
  }

  @Test
  void loadsNothingFromElsewhere() throws IOException {
    String page = page();

    assertThat(page).contains("default-src 'none'");
    String own = page.replace(scripts(page).get(1), "");
    assertThat(own).doesNotContain("src=", "@import", "url(", "<link", "fetch(");
  }

  @Test
  void holdsTheChartsOnlyWhereThereAreFigures() throws IOException {
    Files.delete(run(List.of()).resolve(RunFolder.FIGURES));

    String page = ReportPage.page(RunFolder.read(folder));

    assertThat(scripts(page).get(1)).isEmpty();
  }

  @Test
  void isMadeAnewFromTheFolderAlone() throws IOException {
    run(SampleFigures.all());
    Path first = ReportPage.write(folder);
    String before = Files.readString(first);
    Files.delete(first);

    ReportPage.write(folder);

    assertThat(Files.readString(first)).isEqualTo(before);
  }

  @Test
  void cutsLongTablesAndSaysHowLongTheyAre() throws IOException {
    run(List.of());
    StringBuilder rows = new StringBuilder("name,value\n");
    for (int row = 0; row < ReportPage.MOST_ROWS + 5; row++) {
      rows.append("a,").append(row).append('\n');
    }
    Files.writeString(folder.resolve("raw.csv"), rows);

    JsonNode table =
        MAPPER
            .readTree(scripts(ReportPage.page(RunFolder.read(folder))).get(0))
            .path("tables")
            .path(0);

    assertThat(table.path("rows")).hasSize(ReportPage.MOST_ROWS);
    assertThat(table.path("total").asInt()).isEqualTo(ReportPage.MOST_ROWS + 5);
  }

  @Test
  void namesTheFileThatIsDamaged() throws IOException {
    run(List.of());
    Files.writeString(folder.resolve("figures.json"), "{\"figures\":[{\"kind\":\"pie\"}]}");

    assertThatThrownBy(() -> ReportPage.write(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("figures.json is damaged");
  }

  @Test
  void saysThatAFolderHoldsNoRun() {
    assertThatThrownBy(() -> ReportPage.write(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("holds no run");
  }

  /** Runs the page's own script in Node.js, where that is installed. */
  @Test
  void drawsEveryKindOfFigureInBothThemes() throws Exception {
    assumeTrue(nodeIsThere(), "Node.js is not installed: the page's script is not run");
    List<String> scripts = scripts(page());
    Files.writeString(folder.resolve("data.json"), scripts.get(0));
    Files.writeString(folder.resolve("echarts.js"), scripts.get(1));
    Files.writeString(folder.resolve("report.js"), scripts.get(2));
    Files.writeString(
        folder.resolve("draw.js"),
        """
        const page = require('./report.js');
        const echarts = require('./echarts.js');
        const data = JSON.parse(require('fs').readFileSync('data.json', 'utf8'));
        const drawn = data.figures.map(figure => ({
          kind: figure.kind,
          light: page.svgOf(echarts, figure, page.THEMES.light, 900),
          dark: page.svgOf(echarts, figure, page.THEMES.dark, 340),
          csv: page.csvOf(figure),
        }));
        const sorted = page.sortedRows([['b', '10'], ['a', '9'], ['c', 'NaN']], 1, true, false);
        const marked = item => item.symbol === 'emptyCircle' || (item.itemStyle || {}).color === 'transparent';
        const hollow = data.figures.slice(5).map(figure => page.optionOf(figure, page.THEMES.light).series
          .filter(s => s.type !== 'custom').slice(0, 2).map(s => s.data.filter(marked).length).reverse());
        console.log(JSON.stringify({drawn, sorted, hollow}));
        """);

    JsonNode result = MAPPER.readTree(node("draw.js"));

    assertThat(result.path("sorted").toString())
        .isEqualTo("[[\"a\",\"9\"],[\"b\",\"10\"],[\"c\",\"NaN\"]]");
    assertThat(result.path("drawn")).hasSize(SampleFigures.all().size());
    for (JsonNode drawn : result.path("drawn")) {
      for (String theme : List.of("light", "dark")) {
        String svg = drawn.path(theme).asText();
        assertThat(svg).as(drawn.path("kind").asText()).startsWith("<svg").contains("<path");
        assertThat(svg).doesNotContain("<script", "NaN,", "undefined");
      }
      assertThat(drawn.path("csv").asText().lines().count()).isGreaterThan(4);
    }
    assertThat(result.path("drawn").path(2).path("csv").asText())
        .contains("front,800,-1.2,-1.6,-0.8,cut 5")
        .contains("front,1500,-0.3")
        .doesNotContain("front,1600");
    assertThat(result.path("hollow").toString()).isEqualTo("[[2,0],[1,0]]");
    assertThat(result.path("drawn").path(6).path("csv").asText()).contains("wrong too often");
  }

  private String page() throws IOException {
    run(SampleFigures.all());
    return ReportPage.page(RunFolder.read(folder));
  }

  private Path run(List<Figure> figures) throws IOException {
    ObjectNode record = Json.object().put("study", "sample").put("question", HOSTILE);
    record.put("command", HOSTILE).put("commit", "0123456789abcdef").put("quick", true);
    Json.write(folder.resolve(RunFolder.RECORD), record);
    ObjectNode summary = Json.object();
    summary
        .putArray("claims")
        .add(Json.claim(new Claim(HOSTILE, 1.02, "ratio", bound(), 40, 1.01, 1.04)))
        .add(Json.claim(Claim.of("undefined", Double.NaN, "ms", ">= 2", 0)));
    Json.write(folder.resolve(RunFolder.SUMMARY), summary);
    RawTable table =
        new RawTable(
            "raw", "raw.csv", List.of(RawTable.Column.key("name"), RawTable.Column.cost("value")));
    Json.write(folder.resolve(RunFolder.FIGURES), RunFolder.drawn(figures, List.of(table)));
    Files.writeString(folder.resolve("raw.csv"), "name,value\n\"" + HOSTILE + "\",3\n");
    return folder;
  }

  private static dev.sluice.experiments.report.Bound bound() {
    return dev.sluice.experiments.report.Bound.parse("<= 1.03");
  }

  private static List<String> scripts(String page) {
    List<String> scripts = new ArrayList<>();
    Matcher matcher = SCRIPT.matcher(page);
    while (matcher.find()) {
      scripts.add(matcher.group(2));
    }
    return scripts;
  }

  private static boolean nodeIsThere() throws InterruptedException {
    try {
      return new ProcessBuilder("node", "--version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private String node(String script) throws Exception {
    Process process =
        new ProcessBuilder("node", script)
            .directory(folder.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (InputStream out = process.getInputStream()) {
      String text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
      return text;
    } finally {
      process.destroyForcibly();
    }
  }
}
