package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Shapes of all tensors, found by one run, and the costs that follow from them. Immutable. */
final class GraphShapes {
  /** Enough to tell a batch dimension from a fixed 1. */
  private static final int DYNAMIC_BATCH = 2;

  private final Map<String, long[]> shapes;
  private final Set<String> floats;
  private final long batch;

  private GraphShapes(Map<String, long[]> shapes, Set<String> floats, long batch) {
    this.shapes = shapes;
    this.floats = floats;
    this.batch = batch;
  }

  static GraphShapes measure(OnnxGraph graph) {
    Map<String, long[]> shapes = new HashMap<>();
    Set<String> floats = new HashSet<>();
    List<FloatBuffer> zeros = new ArrayList<>();
    List<long[]> inputShapes = new ArrayList<>();
    for (String input : graph.inputs()) {
      long[] shape = inputShape(graph, graph.infoOf(input));
      shapes.put(input, shape);
      floats.add(input);
      inputShapes.add(shape);
      zeros.add(OnnxEngine.allocate(Math.toIntExact(product(shape, 0))));
    }
    List<String> outputs = new ArrayList<>(new LinkedHashSet<>(allOutputs(graph)));
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        OnnxEngine.Session session = engine.load(withOutputs(graph, outputs), graph.name());
        OnnxEngine.Tensors in = engine.wrap(zeros, inputShapes);
        OnnxEngine.Tensors out = session.run(in)) {
      for (int i = 0; i < outputs.size(); i++) {
        shapes.put(outputs.get(i), out.shape(i));
        if (out.isFloat(i)) {
          floats.add(outputs.get(i));
        }
      }
    }
    return new GraphShapes(shapes, floats, inputShapes.get(0)[0]);
  }

  private static List<String> allOutputs(OnnxGraph graph) {
    List<String> all = new ArrayList<>();
    for (NodeProto node : graph.model().getGraph().getNodeList()) {
      node.getOutputList().stream().filter(output -> !output.isEmpty()).forEach(all::add);
    }
    return all;
  }

  private static byte[] withOutputs(OnnxGraph graph, List<String> outputs) {
    GraphProto.Builder all = graph.model().getGraph().toBuilder();
    Map<String, ValueInfoProto> known = new HashMap<>();
    all.getOutputList().forEach(info -> known.put(info.getName(), info));
    all.clearOutput();
    for (String output : outputs) {
      all.addOutput(
          known.getOrDefault(output, ValueInfoProto.newBuilder().setName(output).build()));
    }
    return graph.model().toBuilder().setGraph(all).build().toByteArray();
  }

  private static long[] inputShape(OnnxGraph graph, ValueInfoProto info) {
    TensorShapeProto declared = info.getType().getTensorType().getShape();
    if (declared.getDimCount() == 0) {
      throw unusable(graph, info, "has no shape");
    }
    long[] shape = new long[declared.getDimCount()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = declared.getDim(i).getDimValue();
      if (shape[i] <= 0) {
        if (i > 0) {
          throw unusable(graph, info, "has no fixed size");
        }
        shape[i] = DYNAMIC_BATCH;
      }
    }
    if (product(shape, 0) > 1L << 26) {
      throw unusable(graph, info, "is too large");
    }
    return shape;
  }

  private static IllegalArgumentException unusable(
      OnnxGraph graph, ValueInfoProto info, String what) {
    return new IllegalArgumentException(
        graph.name()
            + ": input '"
            + info.getName()
            + "' "
            + what
            + "; export the network with a fixed input size (only the batch may be dynamic)");
  }

  /** Returns whether a tensor can cross a cut: float32, batch dimension first. */
  boolean canBeCut(String tensor) {
    long[] shape = shapes.get(tensor);
    return shape != null && floats.contains(tensor) && shape.length >= 1 && shape[0] == batch;
  }

  int[] withoutBatch(String tensor) {
    if (!canBeCut(tensor)) {
      throw new IllegalArgumentException(
          "'" + tensor + "' is no float32 tensor with the batch as its first dimension");
    }
    long[] shape = shapes.getOrDefault(tensor, new long[1]);
    int[] rest = new int[shape.length - 1];
    for (int i = 0; i < rest.length; i++) {
      rest[i] = Math.toIntExact(shape[i + 1]);
    }
    return rest;
  }

  GraphNode describe(NodeProto node, Map<String, TensorProto> initializers) {
    List<String> inputs = node.getInputList().stream().filter(s -> !s.isEmpty()).toList();
    List<String> outputs = node.getOutputList().stream().filter(s -> !s.isEmpty()).toList();
    String name = node.getName().isEmpty() ? outputs.get(0) : node.getName();
    return new GraphNode(name, node.getOpType(), inputs, outputs, macs(node, initializers));
  }

  private long macs(NodeProto node, Map<String, TensorProto> initializers) {
    return switch (node.getOpType()) {
      // Each output value sums over the kernel and the input channels of its group.
      case "Conv", "ConvInteger", "QLinearConv" ->
          perSample(node.getOutput(0)) * product(shapeOf(weight(node), initializers), 1);
      // Each input value is spread over the kernel and the output channels of its group.
      case "ConvTranspose" ->
          perSample(node.getInput(0)) * product(shapeOf(node.getInput(1), initializers), 1);
      case "Gemm" -> {
        long[] a = shapeOf(node.getInput(0), initializers);
        boolean transposed =
            node.getAttributeList().stream()
                .anyMatch(at -> at.getName().equals("transA") && at.getI() != 0);
        yield perSample(node.getOutput(0)) * a[transposed ? 0 : 1];
      }
      case "MatMul", "MatMulInteger" -> {
        long[] a = shapeOf(node.getInput(0), initializers);
        yield perSample(node.getOutput(0)) * a[a.length - 1];
      }
      default -> 0;
    };
  }

  private static String weight(NodeProto node) {
    return node.getOpType().equals("QLinearConv") ? node.getInput(3) : node.getInput(1);
  }

  private long[] shapeOf(String tensor, Map<String, TensorProto> initializers) {
    TensorProto constant = initializers.get(tensor);
    if (constant != null) {
      return constant.getDimsList().stream().mapToLong(Long::longValue).toArray();
    }
    return shapes.getOrDefault(tensor, new long[] {0, 0});
  }

  private long perSample(String tensor) {
    long[] shape = shapes.getOrDefault(tensor, new long[] {0});
    return shape.length > 0 && shape[0] == batch ? product(shape, 1) : product(shape, 0);
  }

  private static long product(long[] shape, int from) {
    long product = 1;
    for (int i = from; i < shape.length; i++) {
      product = Math.multiplyExact(product, shape[i]);
    }
    return product;
  }
}
