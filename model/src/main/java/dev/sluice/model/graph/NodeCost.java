package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Counts the multiply-accumulates of nodes. Convolutions, matrix products, recurrent layers and
 * attention count; everything else is free.
 */
final class NodeCost {
  /** Shape of a tensor, constants included, and how much of it is one sample's. */
  interface Sizes {
    /** Returns every dimension, or an empty array if unknown. */
    long[] shape(String tensor);

    /** Returns the elements of one sample; all where there is no batch dimension. */
    long perSample(String tensor);
  }

  private static final Set<String> DOMAINS = Set.of("", "ai.onnx", "com.microsoft");

  private NodeCost() {}

  static long macs(NodeProto node, Sizes sizes) {
    if (!DOMAINS.contains(node.getDomain())) {
      return 0;
    }
    return switch (node.getOpType()) {
      // Each output value sums over the kernel and the input channels of its group.
      case "Conv", "ConvInteger", "FusedConv", "DeformConv" -> kernel(node, 0, 1, sizes);
      case "QLinearConv", "QConv" -> kernel(node, 0, 3, sizes);
      // Each input value is spread over the kernel and the output channels of its group.
      case "ConvTranspose" ->
          sizes.perSample(node.getInput(0)) * product(sizes.shape(node.getInput(1)), 1);
      case "Gemm", "FusedGemm", "QGemm" ->
          output(node, sizes)
              * dimension(sizes.shape(node.getInput(0)), flag(node, "transA") ? 0 : 1);
      case "MatMul",
          "MatMulInteger",
          "QLinearMatMul",
          "MatMulInteger16",
          "MatMulNBits",
          "DynamicQuantizeMatMul",
          "MatMulIntegerToFloat" ->
          output(node, sizes) * last(sizes.shape(node.getInput(0)), 1);
      case "FusedMatMul" ->
          output(node, sizes) * last(sizes.shape(node.getInput(0)), flag(node, "transA") ? 2 : 1);
      // Each step multiplies the input and the state with the weights of all gates.
      case "LSTM", "GRU", "RNN" -> {
        long[] x = sizes.shape(node.getInput(0));
        long weights =
            product(sizes.shape(node.getInput(1)), 0) + product(sizes.shape(node.getInput(2)), 0);
        yield weights * dimension(x, flag(node, "layout") ? 1 : 0);
      }
      // Queries times keys, then the weights times the values.
      case "Attention" ->
          node.getDomain().equals("com.microsoft") ? fused(node, sizes) : attention(node, sizes);
      case "Einsum" -> einsum(node, sizes);
      default -> 0;
    };
  }

  private static long kernel(NodeProto node, int output, int weight, Sizes sizes) {
    return sizes.perSample(node.getOutput(output)) * product(sizes.shape(node.getInput(weight)), 1);
  }

  private static long output(NodeProto node, Sizes sizes) {
    return sizes.perSample(node.getOutput(0));
  }

  /**
   * Of queries, keys and values with the heads in a dimension of their own or beside each other.
   */
  private static long attention(NodeProto node, Sizes sizes) {
    long[] q = sizes.shape(node.getInput(0));
    long[] k = sizes.shape(node.getInput(1));
    if (q.length < 3 || k.length < 3) {
      return 0;
    }
    return sizes.perSample(node.getInput(0)) * last(k, 2) + output(node, sizes) * last(k, 2);
  }

  private static long fused(NodeProto node, Sizes sizes) {
    long[] x = sizes.shape(node.getInput(0));
    long length = last(x, 2);
    return length * product(sizes.shape(node.getInput(1)), 0) + 2 * length * output(node, sizes);
  }

  /** Every combination of the letters is a product. */
  private static long einsum(NodeProto node, Sizes sizes) {
    String equation = "";
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getName().equals("equation")) {
        equation = attribute.getS().toString(StandardCharsets.UTF_8).replace(" ", "");
      }
    }
    String[] terms = equation.split("->", -1)[0].split(",", -1);
    if (equation.contains(".") || terms.length != node.getInputCount() || terms.length < 2) {
      return 0;
    }
    Map<Character, Long> letters = new HashMap<>();
    for (int i = 0; i < terms.length; i++) {
      long[] shape = sizes.shape(node.getInput(i));
      if (shape.length != terms[i].length()) {
        return 0;
      }
      for (int d = 0; d < shape.length; d++) {
        letters.merge(terms[i].charAt(d), shape[d], Math::max);
      }
    }
    long all = 1;
    for (long size : letters.values()) {
      all *= size;
    }
    long[] result = sizes.shape(node.getOutput(0));
    return all / Math.max(1, product(result, 0) / Math.max(1, output(node, sizes)));
  }

  private static boolean flag(NodeProto node, String name) {
    return node.getAttributeList().stream()
        .anyMatch(attribute -> attribute.getName().equals(name) && attribute.getI() != 0);
  }

  private static long last(long[] shape, int fromEnd) {
    return shape.length < fromEnd ? 0 : shape[shape.length - fromEnd];
  }

  private static long dimension(long[] shape, int index) {
    return index < shape.length ? shape[index] : 0;
  }

  private static long product(long[] shape, int from) {
    long product = shape.length == 0 && from > 0 ? 0 : 1;
    for (int i = from; i < shape.length; i++) {
      product = Math.multiplyExact(product, shape[i]);
    }
    return product;
  }
}
