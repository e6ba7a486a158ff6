package dev.sluice.experiments.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.experiments.report.figure.Figure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a run left in its folder: {@code run.json}, {@code summary.json}, {@code figures.json} and
 * its CSV files. Immutable.
 *
 * @param folder where it is
 * @param record {@code run.json}; not to be modified
 * @param claims what was found; empty where the study did not come to an end
 * @param figures its pictures
 * @param tables its raw results; those of a run without {@code figures.json} have no columns
 */
public record RunFolder(
    Path folder,
    ObjectNode record,
    List<Claim> claims,
    List<Figure> figures,
    List<RawTable> tables) {
  /** The record of a run. */
  public static final String RECORD = "run.json";

  /** Its claims. */
  public static final String SUMMARY = "summary.json";

  /** Its figures and the list of its tables. */
  public static final String FIGURES = "figures.json";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  public RunFolder {
    claims = List.copyOf(claims);
    figures = List.copyOf(figures);
    tables = List.copyOf(tables);
  }

  /** Name of the study. */
  public String study() {
    return record.path("study").asText();
  }

  /** Whether fewer repeats were made. */
  public boolean quick() {
    return record.path("quick").asBoolean();
  }

  /**
   * Reads a run.
   *
   * @throws IOException if the folder holds none, or something in it is damaged; the message names
   *     the file
   */
  public static RunFolder read(Path folder) throws IOException {
    ObjectNode record = record(folder);
    List<Claim> claims = new ArrayList<>();
    if (Files.exists(folder.resolve(SUMMARY))) {
      for (JsonNode claim : object(folder.resolve(SUMMARY)).path("claims")) {
        claims.add(fit(folder.resolve(SUMMARY), () -> Json.claim(claim)));
      }
    }
    List<Figure> figures = new ArrayList<>();
    List<RawTable> tables = new ArrayList<>();
    Path drawn = folder.resolve(FIGURES);
    if (Files.exists(drawn)) {
      ObjectNode json = object(drawn);
      for (JsonNode figure : json.path("figures")) {
        figures.add(fit(drawn, () -> MAPPER.treeToValue(figure, Figure.class)));
      }
      for (JsonNode table : json.path("tables")) {
        tables.add(fit(drawn, () -> MAPPER.treeToValue(table, RawTable.class)));
      }
    } else {
      tables.addAll(csvFiles(folder));
    }
    return new RunFolder(folder, record, claims, figures, tables);
  }

  /**
   * Reads a run's record alone.
   *
   * @throws IOException if the folder holds no run, or the record is damaged
   */
  public static ObjectNode record(Path folder) throws IOException {
    Path file = folder.resolve(RECORD);
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          "%s holds no run: it has no %s; './sluice experiment run NAME --out %s' makes one"
              .formatted(folder, RECORD, folder));
    }
    return object(file);
  }

  /** The object that {@link #FIGURES} holds. */
  public static ObjectNode drawn(List<Figure> figures, List<RawTable> tables) {
    ObjectNode json = Json.object();
    // Each by itself: of a list Jackson would not know that its elements have kinds.
    ArrayNode pictures = json.putArray("figures");
    figures.forEach(figure -> pictures.add(MAPPER.<JsonNode>valueToTree(figure)));
    ArrayNode files = json.putArray("tables");
    tables.forEach(table -> files.add(MAPPER.<JsonNode>valueToTree(table)));
    return json;
  }

  private static List<RawTable> csvFiles(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.matches("[A-Za-z0-9][A-Za-z0-9._-]*\\.csv"))
          .sorted()
          .map(name -> new RawTable(name.replace(".csv", ""), name, List.of()))
          .toList();
    }
  }

  private interface Reading<T> {
    T get() throws IOException;
  }

  private static <T> T fit(Path file, Reading<T> reading) throws IOException {
    try {
      return reading.get();
    } catch (JsonProcessingException | IllegalArgumentException | NullPointerException e) {
      throw damaged(file, e);
    }
  }

  private static ObjectNode object(Path file) throws IOException {
    JsonNode json;
    try {
      json = MAPPER.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw damaged(file, e);
    }
    if (json instanceof ObjectNode object) {
      return object;
    }
    throw new IOException(file + " is damaged: it holds no object; run the study again");
  }

  private static IOException damaged(Path file, Exception e) {
    String reason =
        e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
    return new IOException("%s is damaged (%s); run the study again".formatted(file, reason), e);
  }
}
