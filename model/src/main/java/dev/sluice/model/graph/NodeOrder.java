package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Finds what nodes read, and an order in which they can be computed. */
final class NodeOrder {
  private NodeOrder() {}

  /** Returns the tensors a node reads, those that its subgraphs take from outside included. */
  static Set<String> reads(NodeProto node) {
    Set<String> reads = new LinkedHashSet<>(node.getInputList());
    reads.remove("");
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG()) {
        captured(attribute.getG(), reads);
      }
      attribute.getGraphsList().forEach(graph -> captured(graph, reads));
    }
    return reads;
  }

  static boolean hasSubgraph(NodeProto node) {
    return node.getAttributeList().stream().anyMatch(a -> a.hasG() || a.getGraphsCount() > 0);
  }

  private static void captured(GraphProto graph, Set<String> reads) {
    Set<String> own = new HashSet<>();
    graph.getInputList().stream().map(ValueInfoProto::getName).forEach(own::add);
    graph.getInitializerList().stream().map(TensorProto::getName).forEach(own::add);
    graph.getNodeList().forEach(node -> own.addAll(node.getOutputList()));
    for (NodeProto node : graph.getNodeList()) {
      reads(node).stream().filter(tensor -> !own.contains(tensor)).forEach(reads::add);
    }
    graph.getOutputList().stream()
        .map(ValueInfoProto::getName)
        .filter(tensor -> !own.contains(tensor))
        .forEach(reads::add);
  }

  /**
   * Returns the nodes so that each follows those it reads from; the given order where it serves.
   */
  static List<NodeProto> sort(
      String file, List<NodeProto> nodes, List<String> inputs, Set<String> initializers)
      throws OnnxFormatException {
    Set<String> ready = new HashSet<>(initializers);
    ready.addAll(inputs);
    Set<String> written = new HashSet<>(ready);
    for (NodeProto node : nodes) {
      for (String output : node.getOutputList()) {
        if (!output.isEmpty() && !written.add(output)) {
          throw new OnnxFormatException(
              file, "computes '" + output + "' twice", "export the network anew");
        }
      }
    }
    List<NodeProto> sorted = new ArrayList<>(nodes.size());
    List<NodeProto> waiting = new ArrayList<>(nodes);
    while (!waiting.isEmpty()) {
      List<NodeProto> later = new ArrayList<>();
      for (NodeProto node : waiting) {
        if (ready.containsAll(reads(node))) {
          sorted.add(node);
          ready.addAll(node.getOutputList());
        } else {
          later.add(node);
        }
      }
      if (later.size() == waiting.size()) {
        Set<String> missing = reads(later.get(0));
        missing.removeAll(ready);
        throw new OnnxFormatException(
            file,
            "node '"
                + later.get(0).getName()
                + "' reads "
                + missing
                + ", which nothing computes first",
            "export the network anew");
      }
      waiting = later;
    }
    return sorted;
  }
}
