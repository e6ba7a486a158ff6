package dev.sluice.experiments.study.grid;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sluice.experiments.study.Nearest;
import dev.sluice.experiments.study.StudyContext;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Reads the conditions of a study from YAML, as they were fixed before it runs. Fields under {@code
 * quick} replace those of the same name in a quick run.
 */
public final class StudyFile {
  private static final ObjectMapper YAML =
      YAMLMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();
  private static final String QUICK = "quick";

  /** What is read is left in the study's folder under this name. */
  private static final String COPY = "study.yaml";

  private StudyFile() {}

  /**
   * Reads the file that the run names, else the study's own, and leaves a copy in the run's folder.
   *
   * @param resource the study's own file, beside {@code owner}
   * @param type a record with a component per field
   * @throws IllegalArgumentException naming file and field, if it does not fit
   */
  public static <T> T read(StudyContext context, Class<?> owner, String resource, Class<T> type)
      throws IOException {
    Path given = context.config().orElse(null);
    String text = given == null ? shipped(owner, resource) : Files.readString(given);
    Path copy = context.out().resolve(COPY);
    Files.writeString(copy, text, StandardCharsets.UTF_8);
    context.input(given == null ? resource : given.toString(), copy);
    return parse(text, given == null ? resource : given.toString(), context.quick(), type);
  }

  private static String shipped(Class<?> owner, String resource) throws IOException {
    try (InputStream in = owner.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IOException("no resource " + resource + " beside " + owner.getName());
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /**
   * Reads a file's text.
   *
   * @param name of the file, for errors
   */
  static <T> T parse(String text, String name, boolean quick, Class<T> type) {
    try {
      JsonNode tree = YAML.readTree(text);
      if (!(tree instanceof ObjectNode full)) {
        throw new IllegalArgumentException(
            name + ": a study has fields such as bundles: [roadsigns]");
      }
      JsonNode changes = full.remove(QUICK);
      T usual = YAML.treeToValue(full, type);
      if (changes == null) {
        return usual;
      }
      if (!(changes instanceof ObjectNode)) {
        throw new IllegalArgumentException(name + ": under quick there are fields to replace");
      }
      ObjectNode merged = full.deepCopy();
      merged.setAll((ObjectNode) changes);
      /* Read in any case, so that a mistake in it shows at once. */
      T less = YAML.treeToValue(merged, type);
      return quick ? less : usual;
    } catch (UnrecognizedPropertyException e) {
      List<String> known = e.getKnownPropertyIds().stream().map(String::valueOf).sorted().toList();
      throw new IllegalArgumentException(
          "%s: unknown field '%s'%s; did you mean '%s'? There are %s"
              .formatted(
                  name,
                  e.getPropertyName(),
                  place(e),
                  Nearest.to(e.getPropertyName(), known),
                  String.join(", ", known)),
          e);
    } catch (JsonMappingException e) {
      throw new IllegalArgumentException(name + ": " + reason(e) + place(e), e);
    } catch (JsonProcessingException e) {
      String where = e.getLocation() == null ? "" : ":" + e.getLocation().getLineNr();
      throw new IllegalArgumentException(name + where + ": " + e.getOriginalMessage(), e);
    }
  }

  private static String reason(JsonMappingException e) {
    Throwable cause = e.getCause();
    return cause instanceof IllegalArgumentException && cause.getMessage() != null
        ? cause.getMessage()
        : e.getOriginalMessage();
  }

  /** Where in the file, such as {@code in links[0]}; empty at the top. */
  private static String place(JsonMappingException e) {
    List<JsonMappingException.Reference> path = e.getPath();
    boolean unknown = e instanceof UnrecognizedPropertyException;
    String text =
        path.subList(0, unknown ? Math.max(0, path.size() - 1) : path.size()).stream()
            .map(
                step ->
                    step.getFieldName() == null
                        ? "[" + step.getIndex() + "]"
                        : "." + step.getFieldName())
            .collect(Collectors.joining());
    return text.isEmpty() ? "" : " in " + (text.startsWith(".") ? text.substring(1) : text);
  }
}
