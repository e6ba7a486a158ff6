package dev.sluice.model.graph;

import java.util.List;

/**
 * A computing node of a network.
 *
 * @param name its name, or its first output where it has none
 * @param op ONNX operator, such as {@code Conv}
 * @param inputs tensors read, constants included; an omitted optional one is left out
 * @param outputs tensors written
 * @param macs multiply-accumulates for one sample; 0 for all but convolutions, matrix products,
 *     recurrent layers and attention, and for what is inside of branches and loops
 * @param weightBytes bytes of the constants read; shared ones count at every node that reads them
 * @param outputBytes bytes of the tensors written, for one sample
 */
public record GraphNode(
    String name,
    String op,
    List<String> inputs,
    List<String> outputs,
    long macs,
    long weightBytes,
    long outputBytes) {
  public GraphNode {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }
}
