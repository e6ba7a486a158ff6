package dev.sluice.experiments.report.html;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.experiments.report.CsvFile;
import dev.sluice.experiments.report.Json;
import dev.sluice.experiments.report.RawTable;
import dev.sluice.experiments.report.RunFolder;
import dev.sluice.experiments.report.WholeFile;
import dev.sluice.experiments.report.figure.Figure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code report.html}: a run in one file that needs nothing else, neither a network nor the other
 * files of the folder. It is made from what the run left in its folder alone.
 *
 * <p>Data go into a script element of their own as JSON without {@code <}, {@code >} and {@code &},
 * so that no text of a study can end the element; the page's script puts them on the page as text.
 * Figures are drawn by Apache ECharts, which is embedded where there are any.
 */
public final class ReportPage {
  /** The page's name in the folder. */
  public static final String FILE = "report.html";

  /** Of longer tables the page holds this many rows; the CSV file has all. */
  static final int MOST_ROWS = 1_000;

  private static final String ECHARTS = "META-INF/maven/org.webjars.npm/echarts/pom.properties";
  private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ReportPage() {}

  /**
   * Makes the page of a run and leaves it in its folder.
   *
   * @return the page's path
   * @throws IOException if the folder holds no run, is damaged or cannot be written
   */
  public static Path write(Path folder) throws IOException {
    Path page = folder.resolve(FILE);
    WholeFile.write(page, page(RunFolder.read(folder)));
    return page;
  }

  /** The page of a run. */
  static String page(RunFolder run) throws IOException {
    Map<String, String> parts =
        Map.of(
            "title", escaped("Sluice: " + run.study()),
            "style", resource("report.css"),
            "data", embedded(data(run)),
            "charts", run.figures().isEmpty() ? "" : charts(),
            "script", resource("report.js"));
    // In one pass, so that a place's name inside of what is filled in stays as it is.
    return PLACE
        .matcher(resource("report.html"))
        .replaceAll(place -> Matcher.quoteReplacement(part(parts, place.group(1))));
  }

  private static String part(Map<String, String> parts, String name) {
    String part = parts.get(name);
    if (part == null) {
      throw new IllegalStateException("the page has a place that nothing fills: " + name);
    }
    return part;
  }

  private static ObjectNode data(RunFolder run) throws IOException {
    ObjectNode data = Json.object();
    data.put("study", run.study());
    data.put("question", run.record().path("question").asText());
    data.put("quick", run.quick());
    data.set("record", run.record());
    ArrayNode claims = data.putArray("claims");
    run.claims().forEach(claim -> claims.add(Json.claim(claim)));
    ArrayNode figures = data.putArray("figures");
    for (Figure figure : run.figures()) {
      ObjectNode json = MAPPER.valueToTree(figure);
      if (figure instanceof Figure.Pareto pareto) {
        json.set("front", MAPPER.valueToTree(pareto.front()));
      }
      figures.add(json);
    }
    ArrayNode tables = data.putArray("tables");
    for (RawTable table : run.tables()) {
      Path file = run.folder().resolve(table.file());
      if (Files.exists(file)) {
        CsvFile csv = CsvFile.read(file, MOST_ROWS);
        ObjectNode json = tables.addObject().put("title", table.title()).put("file", table.file());
        json.set("columns", MAPPER.valueToTree(csv.columns()));
        json.set("rows", MAPPER.valueToTree(csv.rows()));
        json.put("total", csv.total());
      }
    }
    return data;
  }

  /** JSON that HTML cannot mistake for anything else, whatever the strings in it say. */
  static String embedded(ObjectNode json) throws JsonProcessingException {
    return MAPPER
        .writeValueAsString(json)
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static String charts() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = open(ECHARTS)) {
      properties.load(in);
    }
    return text(
        "META-INF/resources/webjars/echarts/%s/dist/echarts.min.js"
            .formatted(properties.getProperty("version")));
  }

  private static String resource(String name) throws IOException {
    return text("dev/sluice/experiments/report/html/" + name);
  }

  private static String text(String path) throws IOException {
    try (InputStream in = open(path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static InputStream open(String path) throws IOException {
    InputStream in = ReportPage.class.getClassLoader().getResourceAsStream(path);
    if (in == null) {
      throw new IOException("the class path lacks " + path + "; build Sluice again");
    }
    return in;
  }
}
