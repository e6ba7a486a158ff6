package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Counts what a network's tensors take together while it is computed, node by node. */
final class PeakMemory {
  private PeakMemory() {}

  /**
   * Returns the most bytes that are alive at one node for one sample. Inputs belong to the caller
   * and outputs go to him, so they stay; every other tensor goes after its last reader. Constants,
   * and what follows from them alone, do not count.
   */
  static long of(OnnxGraph graph) {
    List<NodeProto> nodes = graph.sortedNodes();
    Map<String, Integer> lastRead = new HashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      for (String tensor : NodeOrder.reads(nodes.get(i))) {
        lastRead.put(tensor, i);
      }
    }
    Set<String> kept = new HashSet<>(graph.inputs());
    kept.addAll(graph.outputs());
    long live = graph.inputs().stream().mapToLong(graph::bytes).sum();
    long peak = live;
    for (int i = 0; i < nodes.size(); i++) {
      Set<String> touched = NodeOrder.reads(nodes.get(i));
      for (String output : nodes.get(i).getOutputList()) {
        if (!output.isEmpty() && !graph.isConstant(output)) {
          live += graph.bytes(output);
          touched.add(output);
        }
      }
      peak = Math.max(peak, live);
      for (String tensor : touched) {
        boolean done = lastRead.getOrDefault(tensor, -1) <= i;
        if (done && !kept.contains(tensor) && !graph.isConstant(tensor)) {
          live -= graph.bytes(tensor);
        }
      }
    }
    return peak;
  }
}
