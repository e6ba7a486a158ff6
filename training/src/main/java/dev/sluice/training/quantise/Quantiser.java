package dev.sluice.training.quantise;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import dev.sluice.model.graph.OnnxGraph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Writes a network in eight-bit integers, as the same network with pairs of QuantizeLinear and
 * DequantizeLinear (QDQ) around what shall compute in integers: unsigned bytes per tensor for
 * activations, signed bytes per output channel for weights, 32 bits for biases. ONNX Runtime fuses
 * each such node with its pairs into one integer operator. Immutable and thread-safe.
 *
 * <p>Jacob et al., "Quantization and Training of Neural Networks for Efficient
 * Integer-Arithmetic-Only Inference", CVPR 2018, section 2. Unlike there, weights have a scale per
 * channel.
 *
 * <p>Tensors keep their names: what a node computed as {@code x} is in {@code x} still, rounded to
 * its grid. A cut tensor is quantised once more by whoever reads it, on the same grid, which
 * changes nothing (a value on the grid stays) and lets a piece that begins there compute in
 * integers from its first node on; ONNX Runtime removes the second pair where nothing is cut.
 */
public final class Quantiser {
  /** Per-channel DequantizeLinear begins here. */
  private static final long LEAST_OPSET = 13;

  /** Operators that mean the same in sets 11 to 13, as far as float32 goes. */
  private static final Set<String> SAME_SINCE_11 =
      Set.of(
          "Add",
          "AveragePool",
          "Clip",
          "Concat",
          "Constant",
          "Conv",
          "Div",
          "Flatten",
          "Gemm",
          "GlobalAveragePool",
          "GlobalMaxPool",
          "Identity",
          "MatMul",
          "MaxPool",
          "Mul",
          "Pad",
          "Relu",
          "Reshape",
          "Sigmoid",
          "Slice",
          "Sub",
          "Tanh",
          "Transpose");

  private final String name;
  private final NetworkIndex network;
  private final Set<String> cuts;
  private final int mostWeight;

  /**
   * How weights are written.
   *
   * @param weightBits 8, or 7 for x86 processors without VNNI, where ONNX Runtime adds two products
   *     of bytes in 16 bits: with 8 they can saturate
   */
  public record Options(int weightBits) {
    public Options {
      if (weightBits != 7 && weightBits != 8) {
        throw new IllegalArgumentException("weights have 7 or 8 bits: " + weightBits);
      }
    }

    /** Returns weights of eight bits. */
    public static Options standard() {
      return new Options(8);
    }
  }

  private Quantiser(String name, NetworkIndex network, Set<String> cuts, int mostWeight) {
    this.name = name;
    this.network = network;
    this.cuts = cuts;
    this.mostWeight = mostWeight;
  }

  /**
   * Prepares a network for quantising.
   *
   * @param cuts tensors at which it will be cut; all stay in it by name
   * @throws QuantisationException if it is quantised already, or of an operator set that knows no
   *     quantisation per channel and cannot be raised
   */
  public static Quantiser of(OnnxGraph graph, Set<String> cuts, Options options)
      throws QuantisationException {
    NetworkIndex network = new NetworkIndex(graph);
    if (graph.opset() < LEAST_OPSET) {
      requireRaisable(graph, network);
    }
    return new Quantiser(
        graph.name(), network, Set.copyOf(cuts), options.weightBits() == 8 ? 127 : 63);
  }

  private static void requireRaisable(OnnxGraph graph, NetworkIndex network)
      throws QuantisationException {
    for (NodeProto node : network.nodes()) {
      if (graph.opset() < 11 || !SAME_SINCE_11.contains(node.getOpType())) {
        throw new QuantisationException(
            graph.name(),
            "has operator set %d, in which node '%s' (%s) cannot be quantised per channel"
                .formatted(graph.opset(), NetworkIndex.name(node), node.getOpType()),
            "export it with operator set 13 or newer");
      }
    }
  }

  /** Returns the tensors whose range decides their grid, in order. */
  public List<String> tensors() {
    return List.copyOf(new IntegerNodes(network, cuts, Set.of()).tensors());
  }

  /** Returns the nodes that would compute in integers and weigh most, by first output, in order. */
  public List<String> heavyNodes() {
    return new IntegerNodes(network, cuts, Set.of())
        .all().stream().filter(IntegerNodes::isHeavy).map(node -> node.getOutput(0)).toList();
  }

  /** Returns the tensor in bytes that an integer node makes, if it makes one. */
  Optional<String> tensorOf(String firstOutput) {
    IntegerNodes nodes = new IntegerNodes(network, cuts, Set.of());
    return network
        .producer(firstOutput)
        .filter(nodes::isInteger)
        .filter(nodes::writesBytes)
        .map(nodes::result);
  }

  /**
   * Writes the network in integers.
   *
   * @param grids of every tensor in {@link #tensors()}
   * @param keptFloat nodes, by first output, that compute in floats all the same
   * @return the network with its grids
   */
  public QuantisedNetwork quantise(Map<String, Grid> grids, Set<String> keptFloat) {
    return quantise(grids, keptFloat, Map.of());
  }

  /**
   * Writes the network in integers, with biases moved.
   *
   * @param shifts what is added to the biases of heavy nodes, by first output, one per channel
   */
  QuantisedNetwork quantise(
      Map<String, Grid> grids, Set<String> keptFloat, Map<String, float[]> shifts) {
    return new Writing(new IntegerNodes(network, cuts, keptFloat), grids, shifts).run();
  }

  /**
   * Returns the tensor behind each heavy node where its channels' means can be compared: what it
   * makes, behind an activation function that it swallowed.
   */
  Map<String, String> heavyResults() {
    IntegerNodes nodes = new IntegerNodes(network, cuts, Set.of());
    Map<String, String> results = new LinkedHashMap<>();
    nodes.all().stream()
        .filter(IntegerNodes::isHeavy)
        .filter(node -> !node.getOpType().equals("MatMul"))
        .forEach(node -> results.put(node.getOutput(0), nodes.result(node)));
    return results;
  }

  /** The network being written; used once. */
  private final class Writing {
    private final IntegerNodes nodes;
    private final Map<String, Grid> observed;
    private final Map<String, float[]> shifts;
    private final Map<String, Grid> grids = new LinkedHashMap<>();
    private final QdqBuilder graph;
    private final Map<String, String> read = new HashMap<>();

    Writing(IntegerNodes nodes, Map<String, Grid> observed, Map<String, float[]> shifts) {
      this.nodes = nodes;
      this.observed = observed;
      this.shifts = shifts;
      this.graph = new QdqBuilder(network);
    }

    QuantisedNetwork run() {
      List<String> integer = new ArrayList<>();
      List<String> floats = new ArrayList<>();
      for (NodeProto node : network.nodes()) {
        if (nodes.isFolded(node)) {
          continue;
        }
        if (nodes.isInteger(node)) {
          write(node);
          integer.add(NetworkIndex.name(node));
        } else {
          graph.node(node);
          floats.add(NetworkIndex.name(node));
        }
      }
      return new QuantisedNetwork(model(), Map.copyOf(grids), integer, floats);
    }

    private void write(NodeProto node) {
      NodeProto.Builder copy = node.toBuilder();
      List<String> data = IntegerNodes.data(node);
      for (int i = 0; i < data.size(); i++) {
        copy.setInput(i, bytesOf(data.get(i)));
      }
      if (IntegerNodes.isHeavy(node)) {
        weights(node, copy, grid(data.get(0)));
      }
      String result = nodes.result(node);
      if (nodes.writesBytes(node)) {
        Grid grid = IntegerNodes.isMoving(node) ? grid(data.get(0)) : observed(result);
        grids.put(result, grid);
        String raw = graph.fresh(result + "/raw");
        graph.node(copy.setOutput(0, raw).build());
        graph.pair(raw, result, grid);
      } else {
        graph.node(copy.build());
      }
    }

    /** Returns the name under which integer nodes read a tensor. */
    private String bytesOf(String tensor) {
      boolean inBytes = nodes.maker(tensor).isPresent();
      if (inBytes && !cuts.contains(tensor)) {
        return tensor;
      }
      return read.computeIfAbsent(
          tensor,
          t -> {
            String again = graph.fresh(t + "/bytes");
            graph.pair(t, again, grid(t));
            return again;
          });
    }

    private Grid grid(String tensor) {
      Grid known = grids.get(tensor);
      if (known == null) {
        known = observed(tensor);
        grids.put(tensor, known);
      }
      return known;
    }

    private Grid observed(String tensor) {
      Grid grid = observed.get(tensor);
      if (grid == null) {
        throw new IllegalArgumentException(name + ": no range is known of '" + tensor + "'");
      }
      return grid;
    }

    private void weights(NodeProto node, NodeProto.Builder copy, Grid input) {
      float[] values = network.floats(node.getInput(1)).orElseThrow();
      List<Long> shape = network.constantShape(node.getInput(1)).orElseThrow();
      boolean channelsLast =
          node.getOpType().equals("MatMul")
              || (node.getOpType().equals("Gemm") && NetworkIndex.integer(node, "transB", 0) == 0);
      int axis = channelsLast ? 1 : 0;
      int channels = Math.toIntExact(shape.get(axis));
      int outer = channelsLast ? Math.toIntExact(shape.get(0)) : 1;
      float[] bias = bias(node, channels);
      ChannelWeights quantised =
          ChannelWeights.of(values, outer, channels, bias, input.scale(), mostWeight);
      copy.setInput(1, graph.weights(node, shape, axis, quantised));
      if (bias.length > 0) {
        String moved = graph.bias(node, quantised, bias, input.scale());
        if (copy.getInputCount() > 2) {
          copy.setInput(2, moved);
        } else {
          copy.addInput(moved);
        }
      }
    }

    /** Returns a bias per channel, or none where the node has none. */
    private float[] bias(NodeProto node, int channels) {
      boolean given = node.getInputCount() > 2 && !node.getInput(2).isEmpty();
      float[] own = given ? network.floats(node.getInput(2)).orElseThrow() : new float[0];
      float[] shift = shifts.get(node.getOutput(0));
      if (shift == null && own.length != 1) {
        return own;
      }
      float[] bias = new float[channels];
      for (int c = 0; c < channels && own.length > 0; c++) {
        bias[c] = own[own.length == 1 ? 0 : c];
      }
      for (int c = 0; c < channels && shift != null; c++) {
        bias[c] += shift[c];
      }
      return bias;
    }

    private byte[] model() {
      ModelProto.Builder model = network.model().toBuilder();
      for (int i = 0; i < model.getOpsetImportCount(); i++) {
        OperatorSetIdProto set = model.getOpsetImport(i);
        boolean own = set.getDomain().isEmpty() || set.getDomain().equals("ai.onnx");
        if (own && set.getVersion() < LEAST_OPSET) {
          model.setOpsetImport(i, set.toBuilder().setVersion(LEAST_OPSET));
        }
      }
      return model.setGraph(graph.build()).build().toByteArray();
    }
  }
}
