package dev.sluice.experiments.study.grid;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonMappingException.Reference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.StudyFileException;
import dev.sluice.scheduler.objective.Nearest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .build();
  private static final String QUICK = "quick";

  /** What is read is left in the study's folder under this name. */
  public static final String COPY = "study.yaml";

  private StudyFile() {}

  /**
   * Reads the file that the run names, else the study's own, and leaves a copy in the run's folder.
   *
   * @param resource the study's own file, beside {@code owner}
   * @param type a record with a component per field
   * @throws StudyFileException naming file and field, if it does not fit; nothing is written then
   */
  public static <T> T read(StudyContext context, Class<?> owner, String resource, Class<T> type)
      throws IOException {
    Path given = context.config().orElse(null);
    String text = given == null ? shipped(owner, resource) : Files.readString(given);
    T conditions = checked(text, given == null ? resource : given.toString(), context, type);
    /* A run that goes on reads the copy of what it began with, which may be the study's own. */
    if (given != null && !text.equals(shipped(owner, resource))) {
      context.ownConditions();
    }
    Path copy = context.out().resolve(COPY);
    Files.writeString(copy, text, StandardCharsets.UTF_8);
    /* By one name, so that a run goes on with the copy as with the original. */
    context.input(resource, copy);
    return conditions;
  }

  private static <T> T checked(String text, String name, StudyContext context, Class<T> type) {
    try {
      return parse(text, name, context.quick(), type);
    } catch (IllegalArgumentException misfit) {
      throw new StudyFileException(String.valueOf(misfit.getMessage()), misfit);
    }
  }

  /**
   * Checks a condition of a file.
   *
   * @param message shown behind the file's name
   */
  public static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  /** Checks that names differ, such as those of links. */
  public static void distinct(String what, List<String> names) {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      require(seen.add(name), "the " + what + " '" + name + "' is there twice");
    }
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
    if (!(tree(text, name) instanceof ObjectNode full)) {
      throw new IllegalArgumentException(
          name + ": a study has fields such as bundles: [roadsigns]");
    }
    JsonNode changes = full.remove(QUICK);
    T usual = value(new Source(text, name, Set.of()), full, type);
    if (changes == null) {
      return usual;
    }
    if (!(changes instanceof ObjectNode replaced)) {
      throw new IllegalArgumentException(name + ": under quick there are fields to replace");
    }
    ObjectNode merged = full.deepCopy();
    merged.setAll(replaced);
    /* Read in any case, so that a mistake in it shows at once. */
    Set<String> names = new HashSet<>();
    replaced.fieldNames().forEachRemaining(names::add);
    T less = value(new Source(text, name, names), merged, type);
    return quick ? less : usual;
  }

  private static JsonNode tree(String text, String name) {
    try {
      return YAML.readTree(text);
    } catch (JsonProcessingException e) {
      String where = e.getLocation() == null ? "" : ":" + e.getLocation().getLineNr();
      throw new IllegalArgumentException(name + where + ": " + e.getOriginalMessage(), e);
    }
  }

  /**
   * Where fields come from.
   *
   * @param text the whole file
   * @param name of the file
   * @param quick fields of those that are read that stand under {@link #QUICK}
   */
  private record Source(String text, String name, Set<String> quick) {
    /** The file, and the line at which a field's value begins, where that is found. */
    String at(List<Reference> path) {
      List<String> steps = new ArrayList<>();
      if (quick.contains(path.get(0).getFieldName())) {
        steps.add(QUICK);
      }
      path.forEach(step -> steps.add(stepName(step).replace("~", "~0").replace("/", "~1")));
      try (JsonParser parser = YAML.createParser(text)) {
        JsonPointer wanted = JsonPointer.compile("/" + String.join("/", steps));
        while (parser.nextToken() != null) {
          if (parser.currentToken() != JsonToken.FIELD_NAME
              && parser.getParsingContext().pathAsPointer().equals(wanted)) {
            return name + ":" + parser.currentTokenLocation().getLineNr();
          }
        }
        return name;
      } catch (IOException e) {
        throw new UncheckedIOException("a text that was read before", e);
      }
    }
  }

  private static <T> T value(Source source, ObjectNode tree, Class<T> type) {
    String name = source.name();
    try {
      return YAML.treeToValue(tree, type);
    } catch (UnrecognizedPropertyException e) {
      List<String> known = e.getKnownPropertyIds().stream().map(String::valueOf).toList();
      throw unknown(name, e.getPropertyName(), parent(e), known, e);
    } catch (JsonMappingException e) {
      /* A field that is missing is often there under another name, which says more. */
      List<Reference> place = holder(e);
      List<String> known = components(e);
      for (String field : fields(tree, place)) {
        if (!known.isEmpty() && !known.contains(field)) {
          throw unknown(name, field, place, known, e);
        }
      }
      if (e instanceof MismatchedInputException mismatch
          && !e.getPath().isEmpty()
          && !at(tree, e.getPath()).isMissingNode()) {
        throw new IllegalArgumentException(
            source.at(e.getPath())
                + ": "
                + dotted(e.getPath())
                + " must be "
                + ValueWords.wanted(mismatch.getTargetType())
                + ", not "
                + ValueWords.found(at(tree, e.getPath())),
            e);
      }
      throw new IllegalArgumentException(name + ": " + reason(e) + in(e.getPath()), e);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(name + ": " + e.getOriginalMessage(), e);
    }
  }

  private static IllegalArgumentException unknown(
      String name, String field, List<Reference> place, List<String> known, Exception e) {
    List<String> sorted = known.stream().sorted().toList();
    return new IllegalArgumentException(
        "%s: unknown field '%s'%s; did you mean '%s'? There are %s"
            .formatted(
                name, field, in(place), Nearest.to(field, sorted), String.join(", ", sorted)),
        e);
  }

  /** What holds the field that a mapping failed at. */
  private static List<Reference> parent(JsonMappingException e) {
    return e.getPath().subList(0, Math.max(0, e.getPath().size() - 1));
  }

  /** What was to be made when a mapping failed: of a field, or of all fields together. */
  private static List<Reference> holder(JsonMappingException e) {
    return e instanceof ValueInstantiationException ? e.getPath() : parent(e);
  }

  /** The fields that are there, in the file. */
  private static List<String> fields(JsonNode tree, List<Reference> place) {
    List<String> names = new ArrayList<>();
    at(tree, place).fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static JsonNode at(JsonNode tree, List<Reference> place) {
    JsonNode node = tree;
    for (Reference step : place) {
      node =
          step.getFieldName() == null ? node.path(step.getIndex()) : node.path(step.getFieldName());
    }
    return node;
  }

  private static String stepName(Reference step) {
    return step.getFieldName() == null ? String.valueOf(step.getIndex()) : step.getFieldName();
  }

  /** The fields that it may have; empty if that is not known. */
  private static List<String> components(JsonMappingException e) {
    List<Reference> path = e.getPath();
    Object from =
        e instanceof ValueInstantiationException whole
            ? whole.getType().getRawClass()
            : path.isEmpty() ? null : path.get(path.size() - 1).getFrom();
    RecordComponent[] components =
        from instanceof Class<?> owner ? owner.getRecordComponents() : null;
    return components == null
        ? List.of()
        : Arrays.stream(components).map(RecordComponent::getName).toList();
  }

  private static String reason(JsonMappingException e) {
    Throwable cause = e.getCause();
    return cause instanceof IllegalArgumentException && cause.getMessage() != null
        ? cause.getMessage()
        : e.getOriginalMessage();
  }

  /** Where in the file, such as {@code in links[0]}; empty at the top. */
  private static String in(List<Reference> path) {
    return path.isEmpty() ? "" : " in " + dotted(path);
  }

  /** Such as {@code links[0].name}. */
  private static String dotted(List<Reference> path) {
    String text =
        path.stream()
            .map(
                step ->
                    step.getFieldName() == null
                        ? "[" + step.getIndex() + "]"
                        : "." + step.getFieldName())
            .collect(Collectors.joining());
    return text.startsWith(".") ? text.substring(1) : text;
  }
}
