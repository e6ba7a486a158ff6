package dev.sluice.model.engine;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The inference engine refuses a model, or refuses to run it. Names the model, the node at fault
 * where the engine tells it, and what to do.
 */
public final class EngineException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** How ONNX Runtime names a node, by the place that complains. */
  private static final Pattern NODE =
      Pattern.compile(
          "(?:Node:|Node \\(|node with name|Node placement of|Name:')\\s*'?([^'\\s)]+)|"
              + "Node with name '([^']*)'|In Node, \\(\"([^\"]*)\"");

  private static final Pattern OPERATOR =
      Pattern.compile(
          "(?:Op \\(|OpType:\\s*|No Op registered for |implementation for )'?([\\w.]+)");

  private final String model;
  private final String node;

  EngineException(String model, String problem, @Nullable String node, Throwable cause) {
    super(model + problem, cause);
    this.model = model;
    this.node = node == null ? "" : node;
  }

  static EngineException refused(String model, Throwable cause) {
    String said = said(cause);
    String advice =
        said.contains("NOT_IMPLEMENTED") || said.contains("No Op registered")
            ? "; export it with operators that ONNX Runtime has"
            : said.contains("opset")
                ? "; export it with an older operator set"
                : "; export it anew";
    return new EngineException(
        model, " cannot be run" + at(said) + ": " + oneLine(said) + advice, node(said), cause);
  }

  static EngineException failed(String model, Throwable cause) {
    String said = said(cause);
    return new EngineException(
        model, " cannot run" + at(said) + ": " + oneLine(said), node(said), cause);
  }

  private static String said(Throwable cause) {
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }

  private static String oneLine(String said) {
    return said.lines().map(String::strip).reduce((a, b) -> a + " " + b).orElse("");
  }

  private static String at(String said) {
    String node = node(said);
    Matcher operator = OPERATOR.matcher(said);
    String type = operator.find() ? operator.group(1) : "";
    if (node == null) {
      return type.isEmpty() ? "" : " (operator " + type + ")";
    }
    return " at node '" + node + "'" + (type.isEmpty() ? "" : " (operator " + type + ")");
  }

  private static @Nullable String node(String said) {
    Matcher matcher = NODE.matcher(said);
    if (!matcher.find()) {
      return null;
    }
    for (int group = 1; group <= matcher.groupCount(); group++) {
      if (matcher.group(group) != null) {
        return matcher.group(group);
      }
    }
    return null;
  }

  /** Returns what names the model: its file, or which piece of which network. */
  public String model() {
    return model;
  }

  /** Returns the node at fault, where the engine tells it. */
  public Optional<String> node() {
    return node.isEmpty() ? Optional.empty() : Optional.of(node);
  }
}
