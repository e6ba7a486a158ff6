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
import dev.sluice.model.tensor.TensorType;
import java.util.List;
import java.util.Random;

/**
 * Networks for pictures of 8 x 8 and five classes in which a mask (bool) and an index (int64), both
 * computed of the input, run beside the float stream to the end.
 */
public final class MaskedNetworks {
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("masked");
  private final Random random = new Random(7);

  /** How a network goes about its batch. */
  public enum Batch {
    /** Open: any number of samples. */
    OPEN,
    /** The file says 1, nothing inside depends on it. */
    FIXED_OUTSIDE,
    /** The file says 1, and so does a Reshape inside. */
    FIXED_INSIDE,
    /** Open, but the last feature map is normalised over the batch: samples are mixed. */
    MIXED
  }

  private MaskedNetworks() {}

  /** Names of the tensors at the cuts between "input" and "logits", three each. */
  public static List<List<String>> cuts() {
    return List.of(
        List.of("stem", "mask", "index"), List.of("one", "mask", "index"), List.of("two", "index"));
  }

  /** Shapes of the tensors at those cuts, without the batch. */
  public static List<List<int[]>> shapes() {
    int[] map = {4, 8, 8};
    int[] plane = {1, 8, 8};
    return List.of(List.of(map, plane, plane), List.of(map, plane, plane), List.of(map, plane));
  }

  /** Types of the tensors at those cuts. */
  public static List<List<TensorType>> types() {
    return List.of(
        List.of(TensorType.FLOAT32, TensorType.BOOL, TensorType.INT64),
        List.of(TensorType.FLOAT32, TensorType.BOOL, TensorType.INT64),
        List.of(TensorType.FLOAT32, TensorType.INT64));
  }

  /** Builds the network. */
  public static byte[] build(Batch batch) {
    MaskedNetworks net = new MaskedNetworks();
    boolean open = batch == Batch.OPEN || batch == Batch.MIXED;
    net.graph.addInput(info("input", open, 3, 8, 8));
    net.conv("stem", "input", 3, 4);
    net.op("ReduceMean", "brightness", "input")
        .attribute(ints("axes", 1))
        .attribute(one("keepdims", 1));
    net.floats("limit", new float[] {0});
    net.op("Greater", "mask", "brightness", "limit");
    net.op("ArgMax", "index", "input").attribute(one("axis", 1)).attribute(one("keepdims", 1));
    net.floats("nothing", new float[] {0});
    net.conv("one.conv", "stem", 4, 4);
    net.op("Where", "one", "mask", "one.conv", "nothing");
    net.conv("two.conv", "one", 4, 4);
    net.op("Where", "two.masked", "mask", "two.conv", "one");
    net.op("Relu", "two", "two.masked");
    net.op("Cast", "index.float", "index").attribute(one("to", TensorProto.DataType.FLOAT_VALUE));
    net.op("Add", "three.sum", "two", "index.float");
    if (batch == Batch.MIXED) {
      net.op("ReduceMax", "most", "three.sum")
          .attribute(ints("axes", 0))
          .attribute(one("keepdims", 1));
      net.op("Sub", "three", "three.sum", "most");
    } else {
      net.conv("three", "three.sum", 4, 4);
    }
    net.op("GlobalAveragePool", "gap", "three");
    if (batch == Batch.FIXED_INSIDE) {
      net.int64("flat.shape", 1, 4);
      net.op("Reshape", "flat", "gap", "flat.shape");
    } else {
      net.op("Flatten", "flat", "gap");
    }
    net.weights("fc.w", 4, 5).weights("fc.b", 5);
    net.op("Gemm", "logits", "flat", "fc.w", "fc.b");
    net.graph.addOutput(info("logits", open, 5));
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
        .setGraph(net.graph)
        .build()
        .toByteArray();
  }

  /** An exit head that reads the float stream of a cut and looks at the others in passing. */
  public static byte[] head(List<TensorType> types, long seed) {
    MaskedNetworks net = new MaskedNetworks();
    net.random.setSeed(seed);
    for (int i = 0; i < types.size(); i++) {
      ValueInfoProto.Builder input = info("in" + i, true, i == 0 ? 4 : 1, 8, 8).toBuilder();
      input.getTypeBuilder().getTensorTypeBuilder().setElemType(types.get(i).onnxNumber());
      net.graph.addInput(input);
    }
    net.op("Cast", "last", "in" + (types.size() - 1))
        .attribute(one("to", TensorProto.DataType.FLOAT_VALUE));
    net.op("Add", "sum", "in0", "last");
    net.op("GlobalAveragePool", "gap", "sum").op("Flatten", "flat", "gap");
    net.weights("fc.w", 4, 5).weights("fc.b", 5);
    net.op("Gemm", "logits", "flat", "fc.w", "fc.b");
    net.graph.addOutput(info("logits", true, 5));
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
        .setGraph(net.graph)
        .build()
        .toByteArray();
  }

  private static ValueInfoProto info(String name, boolean open, int... shape) {
    TensorShapeProto.Builder dims = TensorShapeProto.newBuilder();
    TensorShapeProto.Dimension.Builder batch = TensorShapeProto.Dimension.newBuilder();
    dims.addDim(open ? batch.setDimParam("N") : batch.setDimValue(1));
    for (int size : shape) {
      dims.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(size));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(TensorProto.DataType.FLOAT_VALUE)
                        .setShape(dims)))
        .build();
  }

  private MaskedNetworks op(String type, String output, String... inputs) {
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType(type)
            .setName(output)
            .addAllInput(List.of(inputs))
            .addOutput(output));
    return this;
  }

  private MaskedNetworks attribute(AttributeProto attribute) {
    graph.getNodeBuilder(graph.getNodeCount() - 1).addAttribute(attribute);
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

  private static AttributeProto one(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  private MaskedNetworks conv(String name, String in, int from, int to) {
    weights(name + ".w", to, from, 3, 3).weights(name + ".b", to);
    return op("Conv", name, in, name + ".w", name + ".b").attribute(ints("pads", 1, 1, 1, 1));
  }

  private MaskedNetworks weights(String name, long... shape) {
    int elements = 1;
    for (long size : shape) {
      elements *= (int) size;
    }
    float[] values = new float[elements];
    for (int i = 0; i < elements; i++) {
      values[i] = (float) random.nextGaussian() * 0.4f;
    }
    return floats(name, values, shape);
  }

  private MaskedNetworks floats(String name, float[] values, long... shape) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT_VALUE);
    for (long size : shape) {
      tensor.addDims(size);
    }
    for (float value : values) {
      tensor.addFloatData(value);
    }
    graph.addInitializer(tensor);
    return this;
  }

  private void int64(String name, long... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.INT64_VALUE)
            .addDims(values.length);
    for (long value : values) {
      tensor.addInt64Data(value);
    }
    graph.addInitializer(tensor);
  }
}
