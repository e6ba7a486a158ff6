package dev.sluice.training.quantise;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A network in eight-bit integers.
 *
 * @param onnx the model, with QuantizeLinear and DequantizeLinear in pairs; tensors have the names
 *     of the float network
 * @param grids of the tensors that are there in bytes
 * @param integerNodes names of the nodes that compute in integers, in order
 * @param floatNodes names of the nodes that were left as they were, in order
 */
@SuppressWarnings("ArrayRecordComponent") // Copied and compared by content.
public record QuantisedNetwork(
    byte[] onnx, Map<String, Grid> grids, List<String> integerNodes, List<String> floatNodes) {
  public QuantisedNetwork {
    onnx = onnx.clone();
    grids = Map.copyOf(grids);
    integerNodes = List.copyOf(integerNodes);
    floatNodes = List.copyOf(floatNodes);
  }

  @Override
  public byte[] onnx() {
    return onnx.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof QuantisedNetwork that
        && Arrays.equals(onnx, that.onnx)
        && grids.equals(that.grids);
  }

  @Override
  public int hashCode() {
    return Objects.hash(Arrays.hashCode(onnx), grids);
  }

  @Override
  public String toString() {
    return "QuantisedNetwork[%d bytes, %d nodes in integers, %d in floats]"
        .formatted(onnx.length, integerNodes.size(), floatNodes.size());
  }
}
