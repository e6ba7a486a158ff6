package dev.sluice.model.graph;

/**
 * A network's nodes cannot be put in an order: they form a cycle, read what nothing computes, or
 * compute the same tensor twice. The message names the node.
 */
public final class GraphOrderException extends OnnxFormatException {
  private static final long serialVersionUID = 1L;

  GraphOrderException(String file, String trouble) {
    super(file, trouble, "export the network anew");
  }
}
