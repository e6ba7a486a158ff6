package dev.sluice.training.export;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.sluice.training.head.DenseLayer;
import dev.sluice.training.head.ExitHead;
import dev.sluice.training.head.Pooling;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes the graphs that training adds to a network: exit heads, transform pairs, a new final
 * layer. Each takes {@code input} and has a free batch dimension; all use one opset, that of the
 * backbone, so that they can be joined with it.
 */
public final class OnnxPieces {
  /** The oldest opset in which all operators used here take their present form. */
  public static final long LEAST_OPSET = 11;

  private final long opset;

  private OnnxPieces(long opset) {
    this.opset = opset;
  }

  /**
   * Returns the writer for a backbone.
   *
   * @throws IllegalArgumentException if its opset is too old
   */
  public static OnnxPieces forBackbone(byte[] onnx) {
    long opset =
        parse(onnx).getOpsetImportList().stream()
            .filter(set -> set.getDomain().isEmpty() || set.getDomain().equals("ai.onnx"))
            .mapToLong(OperatorSetIdProto::getVersion)
            .max()
            .orElse(0);
    if (opset < LEAST_OPSET) {
      throw new IllegalArgumentException(
          "ONNX opset " + opset + " is too old; export the network with opset 13 or newer");
    }
    return new OnnxPieces(opset);
  }

  /** Returns a head as a model: {@code input [N, C, H, W]} to {@code logits [N, classes]}. */
  public byte[] head(ExitHead head) {
    Pooling pooling = head.pooling();
    OnnxBuilder graph = OnnxBuilder.empty("exit");
    graph.input("input", new int[] {pooling.channels(), pooling.height(), pooling.width()});
    String values = layers(graph, pooled(graph, "input", pooling), head.layers(), "logits");
    graph.onlyOutput(values, new int[] {last(head).outputs()});
    return graph.build(opset);
  }

  private static DenseLayer last(ExitHead head) {
    return head.layers().get(head.layers().size() - 1);
  }

  private static String pooled(OnnxBuilder graph, String input, Pooling pooling) {
    List<String> parts = new ArrayList<>();
    parts.add(flat(graph, graph.node("GlobalAveragePool", List.of(input))));
    if (pooling.max()) {
      parts.add(flat(graph, graph.node("GlobalMaxPool", List.of(input))));
    }
    if (pooling.grid() > 1) {
      long cellHeight = pooling.height() / pooling.grid();
      long cellWidth = pooling.width() / pooling.grid();
      parts.add(
          flat(
              graph,
              graph.node(
                  "AveragePool",
                  List.of(input),
                  OnnxBuilder.integers("kernel_shape", cellHeight, cellWidth),
                  OnnxBuilder.integers("strides", cellHeight, cellWidth))));
    }
    return parts.size() == 1
        ? parts.get(0)
        : graph.node("Concat", parts, OnnxBuilder.integer("axis", 1));
  }

  private static String flat(OnnxBuilder graph, String input) {
    return graph.node("Flatten", List.of(input), OnnxBuilder.integer("axis", 1));
  }

  private static String layers(
      OnnxBuilder graph, String input, List<DenseLayer> layers, String output) {
    String values = input;
    for (int i = 0; i < layers.size(); i++) {
      DenseLayer layer = layers.get(i);
      boolean isLast = i + 1 == layers.size();
      List<String> inputs =
          List.of(
              values,
              graph.constant(layer.weight(), layer.outputs(), layer.inputs()),
              graph.constant(layer.bias(), layer.outputs()));
      values =
          isLast
              ? graph.node("Gemm", inputs, output, OnnxBuilder.integer("transB", 1))
              : graph.node("Gemm", inputs, OnnxBuilder.integer("transB", 1));
      if (!isLast) {
        values = graph.node("Relu", List.of(values));
      }
    }
    return values;
  }

  /**
   * Returns a 1×1 convolution as a model, {@code input [N, from, H, W]} to {@code output [N, to, H,
   * W]}.
   *
   * @param weight {@code [to, from]}, row-major
   * @param bias {@code [to]}
   * @param range what the result is clipped to, if anything
   */
  public byte[] pointwise(
      int from,
      int to,
      int height,
      int width,
      float[] weight,
      float[] bias,
      Optional<ValueRange> range) {
    OnnxBuilder graph = OnnxBuilder.empty("transform");
    graph.input("input", new int[] {from, height, width});
    List<String> inputs =
        List.of("input", graph.constant(weight, to, from, 1, 1), graph.constant(bias, to));
    var kernel = OnnxBuilder.integers("kernel_shape", 1, 1);
    if (range.isEmpty()) {
      graph.node("Conv", inputs, "output", kernel);
    } else {
      String raw = graph.node("Conv", inputs, kernel);
      if (range.get().most() == Float.POSITIVE_INFINITY && range.get().least() == 0) {
        graph.node("Relu", List.of(raw), "output");
      } else {
        String least = graph.constant(new float[] {range.get().least()});
        String most = graph.constant(new float[] {range.get().most()});
        graph.node("Clip", List.of(raw, least, most), "output");
      }
    }
    graph.onlyOutput("output", new int[] {to, height, width});
    return graph.build(opset);
  }

  /**
   * Returns a network that ends with a new linear layer.
   *
   * @param network a model whose only output is the layer's input, of any shape with {@code
   *     layer.inputs()} values per sample
   */
  public static byte[] endingWith(byte[] network, DenseLayer layer) {
    ModelProto model = parse(network);
    GraphProto old = model.getGraph();
    OnnxBuilder graph = OnnxBuilder.behind(old, "sluice_final_");
    String flat = flat(graph, old.getOutput(0).getName());
    String logits = layers(graph, flat, List.of(layer), "sluice_logits");
    graph.onlyOutput(logits, new int[] {layer.outputs()});
    return model.toBuilder().setGraph(graph.graph()).build().toByteArray();
  }

  /**
   * Returns what values a tensor can have by the activation function that makes it, if one does.
   */
  public static Optional<ValueRange> rangeOf(byte[] network, String tensor) {
    GraphProto graph = parse(network).getGraph();
    for (NodeProto node : graph.getNodeList()) {
      if (!node.getOutputList().contains(tensor)) {
        continue;
      }
      return switch (node.getOpType()) {
        case "Relu" -> Optional.of(new ValueRange(0, Float.POSITIVE_INFINITY));
        case "Clip" ->
            Optional.of(
                new ValueRange(
                    bound(graph, node, 1, Float.NEGATIVE_INFINITY),
                    bound(graph, node, 2, Float.POSITIVE_INFINITY)));
        case "MaxPool", "AveragePool", "Dropout", "Identity" -> rangeOf(network, node.getInput(0));
        default -> Optional.empty();
      };
    }
    return Optional.empty();
  }

  /** Returns whether a network has a convolution. */
  public static boolean hasConvolution(byte[] network) {
    return parse(network).getGraph().getNodeList().stream()
        .anyMatch(node -> node.getOpType().equals("Conv"));
  }

  private static float bound(GraphProto graph, NodeProto clip, int input, float otherwise) {
    if (clip.getInputCount() <= input || clip.getInput(input).isEmpty()) {
      return otherwise;
    }
    String name = clip.getInput(input);
    for (TensorProto tensor : graph.getInitializerList()) {
      if (tensor.getName().equals(name)) {
        return scalar(tensor, otherwise);
      }
    }
    for (NodeProto node : graph.getNodeList()) {
      if (node.getOpType().equals("Constant") && node.getOutput(0).equals(name)) {
        return scalar(node.getAttribute(0).getT(), otherwise);
      }
    }
    return otherwise;
  }

  private static float scalar(TensorProto tensor, float otherwise) {
    if (tensor.getFloatDataCount() == 1) {
      return tensor.getFloatData(0);
    }
    ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    return raw.remaining() == Float.BYTES ? raw.getFloat() : otherwise;
  }

  private static ModelProto parse(byte[] onnx) {
    try {
      return ModelProto.parseFrom(onnx);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("not an ONNX model", e);
    }
  }

  /**
   * An interval of values.
   *
   * @param least lower end, may be infinite
   * @param most upper end, may be infinite
   */
  public record ValueRange(float least, float most) {
    public ValueRange {
      if (!(least < most)) {
        throw new IllegalArgumentException("no interval: [" + least + ", " + most + "]");
      }
    }
  }
}
