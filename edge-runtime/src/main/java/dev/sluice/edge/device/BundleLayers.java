package dev.sluice.edge.device;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.graph.GraphNode;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.scheduler.profile.NetworkLayers;
import dev.sluice.scheduler.profile.NetworkLayers.Kind;
import dev.sluice.scheduler.profile.NetworkLayers.Layer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds the layers of a bundle's parts, for models of their times by kind of layer. */
public final class BundleLayers {
  private BundleLayers() {}

  /**
   * Reads the layers from a bundle's graphs in float32. A variant in integers has the same layers.
   *
   * @throws OnnxFormatException if a graph of the bundle is damaged
   */
  public static NetworkLayers of(Bundle bundle) throws OnnxFormatException {
    BundleParts parts = BundleParts.of(bundle);
    Map<Integer, List<Layer>> heads = new HashMap<>();
    parts.heads().forEach((exit, graph) -> heads.put(exit, layers(graph)));
    return new NetworkLayers(parts.segments().stream().map(BundleLayers::layers).toList(), heads);
  }

  private static List<Layer> layers(OnnxGraph graph) {
    List<Layer> layers = new ArrayList<>();
    for (GraphNode node : graph.nodes()) {
      if (node.macs() > 0) {
        layers.add(new Layer(product(graph, node), node.macs()));
      } else if (!BundleWork.isFree(node)) {
        layers.add(
            new Layer(
                node.op().contains("Pool") ? Kind.POOLING : Kind.OTHER,
                node.outputBytes() + (double) inputBytes(graph, node)));
      }
    }
    return layers;
  }

  private static Kind product(OnnxGraph graph, GraphNode node) {
    if (!node.op().contains("Conv")) {
      return Kind.FULLY_CONNECTED;
    }
    return BundleWork.isDepthwise(graph, node) ? Kind.DEPTHWISE_CONVOLUTION : Kind.CONVOLUTION;
  }

  /** Of values alone: constants such as axes are small. As much as is written where unknown. */
  private static long inputBytes(OnnxGraph graph, GraphNode node) {
    long bytes = 0;
    for (String input : node.inputs()) {
      bytes += valueBytes(graph, input);
    }
    return bytes == 0 ? node.outputBytes() : bytes;
  }

  /** 0 of a constant, and of what nobody knows the shape of. */
  private static long valueBytes(OnnxGraph graph, String value) {
    try {
      long bytes = Float.BYTES;
      for (int side : graph.shape(value)) {
        bytes *= side;
      }
      return bytes;
    } catch (IllegalArgumentException constantOrUnknown) {
      return 0;
    }
  }
}
