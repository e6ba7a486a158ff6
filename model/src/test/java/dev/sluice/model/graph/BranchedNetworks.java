package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.List;
import java.util.Random;

/** Small networks of pictures [3,16,16] with several outputs of five logits, seeded weights. */
public final class BranchedNetworks {
  public static final int CLASSES = 5;
  public static final int SIDE = 16;

  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("branched");
  private final Random random;

  private BranchedNetworks(long seed) {
    random = new Random(seed);
    graph.addInput(info("input", 3, SIDE, SIDE));
  }

  /**
   * The BranchyNet kind: a chain with side branches, one of which convolves. The outputs are not in
   * the order of the network.
   */
  public static byte[] branchyNet() {
    BranchedNetworks net = new BranchedNetworks(1);
    net.unit("c1", "input", 3, 6, 1).unit("c2", "c1", 6, 8, 2);
    net.unit("side1", "c2", 8, 4, 2).classifier("exit1", "side1", 4);
    net.unit("c3", "c2", 8, 8, 1).unit("c4", "c3", 8, 12, 2);
    net.classifier("exit2", "c4", 12);
    net.unit("c5", "c4", 12, 12, 1).unit("c6", "c5", 12, 12, 1);
    net.classifier("last", "c6", 12);
    return net.outputs("last", "exit1", "exit2");
  }

  /**
   * The MSDNet kind: three scales side by side, each layer of a scale fed by the layer before of
   * its own scale and of the next finer one, classifiers on the coarsest scale of layers 2 to 4.
   */
  public static byte[] msdNet() {
    BranchedNetworks net = new BranchedNetworks(2);
    int[] channels = {4, 6, 8};
    net.unit("l1s0", "input", 3, channels[0], 1);
    net.unit("l1s1", "l1s0", channels[0], channels[1], 2);
    net.unit("l1s2", "l1s1", channels[1], channels[2], 2);
    for (int layer = 2; layer <= 4; layer++) {
      String before = "l" + (layer - 1) + "s";
      for (int scale = 0; scale < 3; scale++) {
        String name = "l" + layer + "s" + scale;
        int own = channels[scale];
        net.conv(name + ".own", before + scale, own, own, 1);
        if (scale == 0) {
          net.op("Relu", name, name + ".own");
        } else {
          net.conv(name + ".finer", before + (scale - 1), channels[scale - 1], own, 2);
          net.op("Add", name + ".sum", name + ".own", name + ".finer");
          net.op("Relu", name, name + ".sum");
        }
      }
      net.classifier("exit" + (layer - 1), "l" + layer + "s2", channels[2]);
    }
    return net.outputs("exit1", "exit2", "exit3");
  }

  /** The second exit's classifier reads the first one's logits too. */
  public static byte[] cascade() {
    BranchedNetworks net = new BranchedNetworks(3);
    net.unit("c1", "input", 3, 6, 2);
    net.classifier("exit1", "c1", 6);
    net.unit("c2", "c1", 6, 8, 1);
    net.classifier("raw2", "c2", 8).op("Add", "exit2", "raw2", "exit1");
    net.unit("c3", "c2", 8, 8, 1);
    net.classifier("last", "c3", 8);
    return net.outputs("exit1", "exit2", "last");
  }

  /** The last output adds to the first one's logits, which so lie in the backbone. */
  public static byte[] boosted() {
    BranchedNetworks net = new BranchedNetworks(4);
    net.unit("c1", "input", 3, 6, 2);
    net.classifier("exit1", "c1", 6);
    net.unit("c2", "c1", 6, 8, 1);
    net.classifier("raw", "c2", 8).op("Add", "last", "raw", "exit1");
    return net.outputs("exit1", "last");
  }

  /**
   * A branch that reads an early and a late tensor, two branches on one tensor, and the last logits
   * once more as probabilities.
   */
  public static byte[] oddBranches() {
    BranchedNetworks net = new BranchedNetworks(5);
    net.unit("c1", "input", 3, 6, 1).unit("c2", "c1", 6, 6, 1).unit("c3", "c2", 6, 6, 1);
    net.op("Add", "both", "c1", "c3");
    net.classifier("wide", "both", 6);
    net.unit("c4", "c3", 6, 8, 2);
    net.classifier("twin1", "c4", 8).classifier("twin2", "c4", 8);
    net.unit("c5", "c4", 8, 8, 1);
    net.classifier("last", "c5", 8).op("Softmax", "probabilities", "last");
    return net.outputs("last", "probabilities", "twin2", "twin1", "wide");
  }

  /** Two outputs of which one is no logits. */
  public static byte[] withFeatures() {
    BranchedNetworks net = new BranchedNetworks(6);
    net.unit("c1", "input", 3, 6, 2);
    net.classifier("last", "c1", 6);
    net.graph.addOutput(info("c1", 6, SIDE / 2, SIDE / 2));
    return net.outputs("last");
  }

  /** An ordinary classifier. */
  public static byte[] plain() {
    BranchedNetworks net = new BranchedNetworks(7);
    net.unit("c1", "input", 3, 6, 2).unit("c2", "c1", 6, 8, 2);
    net.classifier("last", "c2", 8);
    return net.outputs("last");
  }

  private byte[] outputs(String... names) {
    for (String name : names) {
      graph.addOutput(info(name, CLASSES));
    }
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
        .setGraph(graph)
        .build()
        .toByteArray();
  }

  /** A convolution with a ReLU of its name. */
  private BranchedNetworks unit(String name, String in, int from, int to, int stride) {
    return conv(name + ".conv", in, from, to, stride).op("Relu", name, name + ".conv");
  }

  private BranchedNetworks classifier(String name, String in, int channels) {
    op("GlobalAveragePool", name + ".pool", in).op("Flatten", name + ".flat", name + ".pool");
    weights(name + ".weight", channels, CLASSES).weights(name + ".bias", CLASSES);
    return op("Gemm", name, name + ".flat", name + ".weight", name + ".bias");
  }

  private BranchedNetworks conv(String name, String in, int from, int to, int stride) {
    weights(name + ".weight", to, from, 3, 3).weights(name + ".bias", to);
    op("Conv", name, in, name + ".weight", name + ".bias");
    graph
        .getNodeBuilder(graph.getNodeCount() - 1)
        .addAttribute(ints("strides", stride, stride))
        .addAttribute(ints("pads", 1, 1, 1, 1));
    return this;
  }

  private BranchedNetworks op(String op, String output, String... inputs) {
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType(op)
            .setName(output)
            .addAllInput(List.of(inputs))
            .addOutput(output));
    return this;
  }

  private static AttributeProto ints(String name, long... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute.build();
  }

  private BranchedNetworks weights(String name, long... shape) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT_VALUE);
    long elements = 1;
    for (long dimension : shape) {
      tensor.addDims(dimension);
      elements *= dimension;
    }
    for (long i = 0; i < elements; i++) {
      tensor.addFloatData((float) random.nextGaussian() * 0.4f);
    }
    graph.addInitializer(tensor);
    return this;
  }

  private static ValueInfoProto info(String name, int... shape) {
    TensorShapeProto.Builder dimensions = TensorShapeProto.newBuilder();
    dimensions.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"));
    for (int dimension : shape) {
      dimensions.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dimension));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(TensorProto.DataType.FLOAT_VALUE)
                        .setShape(dimensions)))
        .build();
  }
}
