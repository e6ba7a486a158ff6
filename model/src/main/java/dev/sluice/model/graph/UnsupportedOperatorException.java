package dev.sluice.model.graph;

/**
 * A network has an operator that the engine does not know, or not in that version. The message
 * names the file, the node and the operator with its domain.
 */
public final class UnsupportedOperatorException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  UnsupportedOperatorException(
      String file, String node, String op, String domain, long version, Throwable cause) {
    super(
        "%s: node '%s' needs operator %s%s of set %d, which ONNX Runtime has not; export it with another"
            .formatted(
                file, node, op, domain.isEmpty() ? "" : " of domain '" + domain + "'", version),
        cause);
  }
}
