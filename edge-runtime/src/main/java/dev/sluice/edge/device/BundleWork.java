package dev.sluice.edge.device;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.graph.GraphNode;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The operators of a bundle's parts. Immutable.
 *
 * @param segments operators between one cut and the next, for cuts 1 to the last
 * @param heads operators of the exit heads, by exit; the final exit may be missing
 */
public record BundleWork(
    List<List<OperatorWork>> segments, Map<Integer, List<OperatorWork>> heads) {
  /** Take no time of their own: views, or fused into the operator before them by every engine. */
  private static final Set<String> FREE =
      Set.of(
          "BatchNormalization",
          "Cast",
          "Clip",
          "Constant",
          "Dropout",
          "Flatten",
          "Identity",
          "LeakyRelu",
          "Relu",
          "Reshape",
          "Shape",
          "Squeeze",
          "Unsqueeze");

  public BundleWork {
    segments = segments.stream().map(List::copyOf).toList();
    heads = Map.copyOf(heads);
  }

  /**
   * Reads the operators from a bundle's graphs.
   *
   * @throws OnnxFormatException if a graph of the bundle is damaged
   */
  public static BundleWork of(Bundle bundle) throws OnnxFormatException {
    BundleParts parts = BundleParts.of(bundle);
    Map<Integer, List<OperatorWork>> heads = new HashMap<>();
    parts.heads().forEach((exit, graph) -> heads.put(exit, of(graph)));
    return new BundleWork(parts.segments().stream().map(BundleWork::of).toList(), heads);
  }

  static List<OperatorWork> of(OnnxGraph graph) {
    List<OperatorWork> work = new ArrayList<>();
    for (GraphNode node : graph.nodes()) {
      if (node.macs() > 0) {
        work.add(
            isDepthwise(graph, node)
                ? OperatorWork.depthwise(node.macs())
                : OperatorWork.dense(node.macs()));
      } else if (!isFree(node)) {
        // What is written was about as large when it was read.
        work.add(OperatorWork.memory(2 * node.outputBytes()));
      }
    }
    return work;
  }

  static boolean isFree(GraphNode node) {
    return FREE.contains(node.op());
  }

  /**
   * Whether each output value sums over fewer values than there are input channels, which takes
   * more groups than the kernel has fields.
   */
  static boolean isDepthwise(OnnxGraph graph, GraphNode node) {
    if (!node.op().contains("Conv")) {
      return false;
    }
    try {
      long values = node.outputBytes() / Float.BYTES;
      int channels = graph.shape(node.inputs().get(0))[0];
      return values > 0 && node.macs() / values < channels;
    } catch (IllegalArgumentException unknown) {
      // A convolution over something without a batch is no depthwise one that we know of.
      return false;
    }
  }
}
