package dev.sluice.training.quantise;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.sluice.model.graph.OnnxGraph;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Who makes and who reads what in a network, its nodes in an order that can be computed. */
final class NetworkIndex {
  private final ModelProto model;
  private final Map<String, TensorProto> constants = new HashMap<>();
  private final Map<String, NodeProto> producers = new HashMap<>();
  private final Map<String, List<NodeProto>> consumers = new HashMap<>();
  private final Set<String> inputs;
  private final Set<String> outputs = new HashSet<>();

  NetworkIndex(OnnxGraph graph) throws QuantisationException {
    try {
      // Extracting sorts the nodes and drops what no output needs.
      model = ModelProto.parseFrom(graph.extract(graph.inputs(), graph.outputs()));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the graph writes what it cannot read", e);
    }
    GraphProto body = model.getGraph();
    for (TensorProto tensor : body.getInitializerList()) {
      constants.put(tensor.getName(), tensor);
    }
    for (NodeProto node : body.getNodeList()) {
      for (String output : node.getOutputList()) {
        producers.put(output, node);
      }
      List<String> reads = new ArrayList<>(node.getInputList());
      inner(node).forEach(graphInside -> named(graphInside, reads));
      for (String input : reads) {
        consumers.computeIfAbsent(input, name -> new ArrayList<>()).add(node);
      }
      if (node.getOpType().equals("Constant") && node.getAttributeCount() == 1) {
        AttributeProto value = node.getAttribute(0);
        if (value.hasT()) {
          constants.put(node.getOutput(0), value.getT());
        }
      }
      if (isQuantised(node)) {
        throw new QuantisationException(
            graph.name(),
            "is quantised already (node '" + name(node) + "', " + node.getOpType() + ")",
            "give the float32 network");
      }
    }
    inputs = new HashSet<>(graph.inputs());
    body.getOutputList().stream().map(ValueInfoProto::getName).forEach(outputs::add);
  }

  private static List<GraphProto> inner(NodeProto node) {
    List<GraphProto> graphs = new ArrayList<>();
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG()) {
        graphs.add(attribute.getG());
      }
      graphs.addAll(attribute.getGraphsList());
    }
    return graphs;
  }

  /** Adds all that a subgraph names: its own tensors do no harm, those from outside are read. */
  private static void named(GraphProto graph, List<String> reads) {
    for (NodeProto node : graph.getNodeList()) {
      reads.addAll(node.getInputList());
      inner(node).forEach(deeper -> named(deeper, reads));
    }
    graph.getOutputList().stream().map(ValueInfoProto::getName).forEach(reads::add);
  }

  private static boolean isQuantised(NodeProto node) {
    return node.getOpType().equals("QuantizeLinear")
        || node.getOpType().equals("DequantizeLinear")
        || node.getOpType().equals("DynamicQuantizeLinear");
  }

  /** Returns a node's name, or its first output where it has none. */
  static String name(NodeProto node) {
    return node.getName().isEmpty() ? node.getOutput(0) : node.getName();
  }

  ModelProto model() {
    return model;
  }

  List<NodeProto> nodes() {
    return model.getGraph().getNodeList();
  }

  boolean isInput(String tensor) {
    return inputs.contains(tensor);
  }

  boolean isOutput(String tensor) {
    return outputs.contains(tensor);
  }

  boolean isConstant(String tensor) {
    return constants.containsKey(tensor);
  }

  Optional<NodeProto> producer(String tensor) {
    return Optional.ofNullable(producers.get(tensor));
  }

  List<NodeProto> consumers(String tensor) {
    return consumers.getOrDefault(tensor, List.of());
  }

  /** Returns whether a name is taken by any tensor. */
  boolean isKnown(String tensor) {
    return isInput(tensor)
        || constants.containsKey(tensor)
        || producers.containsKey(tensor)
        || consumers.containsKey(tensor);
  }

  /** Returns the shape of a constant; none for what is no constant. */
  Optional<List<Long>> constantShape(String tensor) {
    return Optional.ofNullable(constants.get(tensor)).map(TensorProto::getDimsList);
  }

  /** Returns the values of a float32 constant. */
  Optional<float[]> floats(String tensor) {
    TensorProto constant = constants.get(tensor);
    if (constant == null || constant.getDataType() != TensorProto.DataType.FLOAT_VALUE) {
      return Optional.empty();
    }
    long elements = constant.getDimsList().stream().reduce(1L, (a, b) -> a * b);
    float[] values;
    if (constant.getFloatDataCount() > 0) {
      values = new float[constant.getFloatDataCount()];
      for (int i = 0; i < values.length; i++) {
        values[i] = constant.getFloatData(i);
      }
    } else {
      ByteBuffer raw = constant.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
      values = new float[raw.remaining() / Float.BYTES];
      raw.asFloatBuffer().get(values);
    }
    return values.length == elements ? Optional.of(values) : Optional.empty();
  }

  /** Returns the value of a float32 constant of one element. */
  Optional<Float> scalar(String tensor) {
    return floats(tensor).filter(values -> values.length == 1).map(values -> values[0]);
  }

  static Optional<AttributeProto> attribute(NodeProto node, String name) {
    return node.getAttributeList().stream().filter(a -> a.getName().equals(name)).findFirst();
  }

  static long integer(NodeProto node, String name, long otherwise) {
    return attribute(node, name).map(AttributeProto::getI).orElse(otherwise);
  }

  static float number(NodeProto node, String name, float otherwise) {
    return attribute(node, name).map(AttributeProto::getF).orElse(otherwise);
  }
}
