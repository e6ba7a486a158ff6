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
import com.google.protobuf.ByteString;
import dev.sluice.model.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Writes networks for tests, node by node, with seeded weights. */
public final class Nets {
  private final Random random;
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("net");
  private int opset = 17;
  private int irVersion = 8;

  public Nets(long seed) {
    random = new Random(seed);
  }

  public Nets opset(int version) {
    opset = version;
    irVersion = version < 9 ? 3 : version < 13 ? 7 : version < 21 ? 8 : 10;
    return this;
  }

  /** A dimension is a number, or a name for an open one. */
  public Nets input(String name, TensorType type, Object... dimensions) {
    graph.addInput(info(name, type.onnxNumber(), dimensions));
    return this;
  }

  public Nets image(String name, int... shape) {
    Object[] dimensions = new Object[shape.length + 1];
    dimensions[0] = "N";
    for (int i = 0; i < shape.length; i++) {
      dimensions[i + 1] = shape[i];
    }
    return input(name, TensorType.FLOAT32, dimensions);
  }

  public Nets output(String name) {
    graph.addOutput(ValueInfoProto.newBuilder().setName(name));
    return this;
  }

  public static ValueInfoProto info(String name, int elementType, Object... dimensions) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (Object dimension : dimensions) {
      TensorShapeProto.Dimension.Builder d = TensorShapeProto.Dimension.newBuilder();
      if (dimension instanceof Integer size) {
        d.setDimValue(size);
      } else {
        d.setDimParam(String.valueOf(dimension));
      }
      shape.addDim(d);
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(elementType).setShape(shape)))
        .build();
  }

  /** Adds a node named after its output. */
  public Nets op(String op, String output, String... inputs) {
    return node(op, List.of(output), List.of(inputs));
  }

  public Nets node(String op, List<String> outputs, List<String> inputs) {
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType(op)
            .setName(outputs.get(0))
            .addAllInput(inputs)
            .addAllOutput(outputs));
    return this;
  }

  /** Gives the last node an attribute: a long, a float, longs, text, a tensor or a graph. */
  public Nets with(String name, Object value) {
    AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name);
    if (value instanceof Integer number) {
      attribute.setType(AttributeProto.AttributeType.INT).setI(number);
    } else if (value instanceof Float number) {
      attribute.setType(AttributeProto.AttributeType.FLOAT).setF(number);
    } else if (value instanceof int[] numbers) {
      attribute.setType(AttributeProto.AttributeType.INTS);
      for (int number : numbers) {
        attribute.addInts(number);
      }
    } else if (value instanceof String text) {
      attribute.setType(AttributeProto.AttributeType.STRING).setS(ByteString.copyFromUtf8(text));
    } else if (value instanceof TensorProto tensor) {
      attribute.setType(AttributeProto.AttributeType.TENSOR).setT(tensor);
    } else if (value instanceof GraphProto inner) {
      attribute.setType(AttributeProto.AttributeType.GRAPH).setG(inner);
    } else {
      throw new IllegalArgumentException(String.valueOf(value));
    }
    graph.getNodeBuilder(graph.getNodeCount() - 1).addAttribute(attribute);
    return this;
  }

  public Nets named(String name) {
    graph.getNodeBuilder(graph.getNodeCount() - 1).setName(name);
    return this;
  }

  public Nets weights(String name, int... shape) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(1);
    int elements = 1;
    for (int dimension : shape) {
      tensor.addDims(dimension);
      elements *= dimension;
    }
    for (int i = 0; i < elements; i++) {
      tensor.addFloatData((float) random.nextGaussian() * 0.3f);
    }
    graph.addInitializer(tensor);
    return listed(name, 1, shape);
  }

  /** Old files list their constants among the inputs. */
  private Nets listed(String name, int type, int... shape) {
    if (irVersion < 4) {
      Object[] dimensions = new Object[shape.length];
      for (int i = 0; i < shape.length; i++) {
        dimensions[i] = shape[i];
      }
      graph.addInput(info(name, type, dimensions));
    }
    return this;
  }

  public Nets scalar(String name, float value) {
    graph.addInitializer(TensorProto.newBuilder().setName(name).setDataType(1).addFloatData(value));
    return listed(name, 1);
  }

  public Nets longs(String name, long... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(7).addDims(values.length);
    for (long value : values) {
      tensor.addInt64Data(value);
    }
    graph.addInitializer(tensor);
    return listed(name, 7, values.length);
  }

  public Nets scalarLong(String name, long value) {
    graph.addInitializer(TensorProto.newBuilder().setName(name).setDataType(7).addInt64Data(value));
    return listed(name, 7);
  }

  public Nets conv(String name, String in, int from, int to, int kernel, int stride) {
    int pad = kernel / 2;
    return weights(name + ".w", to, from, kernel, kernel)
        .weights(name + ".b", to)
        .op("Conv", name, in, name + ".w", name + ".b")
        .with("strides", new int[] {stride, stride})
        .with("pads", new int[] {pad, pad, pad, pad})
        .with("kernel_shape", new int[] {kernel, kernel});
  }

  public Nets linear(String name, String in, int from, int to) {
    return weights(name + ".w", from, to)
        .weights(name + ".b", to)
        .op("MatMul", name + ".m", in, name + ".w")
        .op("Add", name, name + ".m", name + ".b");
  }

  public Nets classifier(String name, String in, int channels, int classes) {
    return op("GlobalAveragePool", name + ".gap", in)
        .op("Flatten", name + ".flat", name + ".gap")
        .weights(name + ".w", channels, classes)
        .weights(name + ".b", classes)
        .op("Gemm", name, name + ".flat", name + ".w", name + ".b");
  }

  public Nets doubledUp(String name, String in) {
    return op("Resize", name, in, "", name + ".scales")
        .with("mode", "nearest")
        .initializer(
            TensorProto.newBuilder()
                .setName(name + ".scales")
                .setDataType(1)
                .addDims(4)
                .addAllFloatData(List.of(1f, 1f, 2f, 2f))
                .build());
  }

  public Nets initializer(TensorProto tensor) {
    graph.addInitializer(tensor);
    return this;
  }

  public GraphProto graph() {
    return graph.build();
  }

  public ModelProto model() {
    return ModelProto.newBuilder()
        .setIrVersion(irVersion)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
        .setGraph(graph)
        .build();
  }

  public byte[] bytes() {
    return model().toByteArray();
  }

  public OnnxGraph read() throws OnnxFormatException {
    return OnnxGraph.of(bytes(), "net");
  }

  // Networks of the kinds that are hard to cut.

  /** Encoder and decoder with a skip at each of four sizes. */
  public static Nets unet() {
    Nets net = new Nets(11).image("image", 3, 32, 32);
    String at = "image";
    int channels = 3;
    List<String> skips = new ArrayList<>();
    for (int level = 0; level < 4; level++) {
      int next = 6 << level;
      String name = "down" + level;
      net.conv(name, at, channels, next, 3, 1).op("Relu", name + ".relu", name);
      skips.add(name + ".relu");
      net.op("MaxPool", name + ".pool", name + ".relu")
          .with("kernel_shape", new int[] {2, 2})
          .with("strides", new int[] {2, 2});
      at = name + ".pool";
      channels = next;
    }
    for (int level = 3; level >= 0; level--) {
      int next = 6 << level;
      String name = "up" + level;
      net.doubledUp(name + ".resized", at)
          .op("Concat", name + ".joined", name + ".resized", skips.get(level))
          .with("axis", 1)
          .conv(name, name + ".joined", channels + next, next, 3, 1)
          .op("Relu", name + ".relu", name);
      at = name + ".relu";
      channels = next;
    }
    return net.conv("mask", at, channels, 2, 1, 1).output("mask");
  }

  /** Three scales side by side, each layer reading all that came before it at its scale. */
  public static Nets multiScale() {
    Nets net = new Nets(12).image("image", 3, 16, 16);
    String[] at = new String[3];
    int[] channels = {6, 8, 10};
    net.conv("stem0", "image", 3, 6, 3, 1).op("Relu", "s0", "stem0");
    net.conv("stem1", "s0", 6, 8, 3, 2).op("Relu", "s1", "stem1");
    net.conv("stem2", "s1", 8, 10, 3, 2).op("Relu", "s2", "stem2");
    for (int scale = 0; scale < 3; scale++) {
      at[scale] = "s" + scale;
    }
    for (int layer = 0; layer < 6; layer++) {
      String[] before = at.clone();
      int[] had = channels.clone();
      for (int scale = 0; scale < 3; scale++) {
        String name = "l" + layer + "." + scale;
        net.conv(name + ".same", before[scale], had[scale], 6, 3, 1);
        String added = name + ".same";
        if (scale > 0) {
          net.conv(name + ".down", before[scale - 1], had[scale - 1], 6, 3, 2)
              .op("Add", name + ".sum", name + ".same", name + ".down");
          added = name + ".sum";
        }
        net.op("Relu", name + ".relu", added)
            .op("Concat", name + ".cat", before[scale], name + ".relu")
            .with("axis", 1);
        at[scale] = name + ".cat";
        channels[scale] += 6;
      }
      if (layer % 2 == 1) {
        net.classifier("exit" + layer, at[2], channels[2], 5).output("exit" + layer);
      }
    }
    return net;
  }

  /** Words and a mask in, blocks of attention with a residual stream, a class out. */
  public static Nets transformer(int blocks, boolean maskIsBool) {
    int width = 16;
    int heads = 2;
    int length = 6;
    Nets net =
        new Nets(13)
            .input("ids", TensorType.INT64, "N", length)
            .input("mask", maskIsBool ? TensorType.BOOL : TensorType.INT64, "N", length)
            .weights("words", 50, width)
            .weights("places", 1, length, width)
            .op("Gather", "embedded", "ids", "ids");
    net.graph.getNodeBuilder(net.graph.getNodeCount() - 1).setInput(0, "words");
    net.op("Add", "placed", "embedded", "places");
    // The mask as exporters write it: (1 - mask) * -10000, with two dimensions put in.
    net.op("Cast", "mask.float", "mask").with("to", 1);
    net.longs("mask.axes", 1, 2).op("Unsqueeze", "mask.wide", "mask.float", "mask.axes");
    net.scalar("one", 1).scalar("far", -10_000f);
    net.op("Sub", "mask.not", "one", "mask.wide").op("Mul", "mask.added", "mask.not", "far");
    String at = "placed";
    for (int block = 0; block < blocks; block++) {
      String b = "b" + block;
      for (String part : List.of("q", "k", "v")) {
        net.linear(b + "." + part, at, width, width);
        // The shape that a Reshape wants, gathered at run time.
        net.op("Shape", b + "." + part + ".shape", b + "." + part)
            .scalarLong(b + "." + part + ".0", 0)
            .op("Gather", b + "." + part + ".n", b + "." + part + ".shape", b + "." + part + ".0")
            .with("axis", 0)
            .longs(b + "." + part + ".front", 0)
            .op(
                "Unsqueeze",
                b + "." + part + ".n1",
                b + "." + part + ".n",
                b + "." + part + ".front")
            .longs(b + "." + part + ".rest", length, heads, width / heads)
            .op("Concat", b + "." + part + ".to", b + "." + part + ".n1", b + "." + part + ".rest")
            .with("axis", 0)
            .op("Reshape", b + "." + part + ".split", b + "." + part, b + "." + part + ".to")
            .op("Transpose", b + "." + part + ".heads", b + "." + part + ".split")
            .with("perm", part.equals("k") ? new int[] {0, 2, 3, 1} : new int[] {0, 2, 1, 3});
      }
      net.op("MatMul", b + ".scores", b + ".q.heads", b + ".k.heads")
          .op("Add", b + ".masked", b + ".scores", "mask.added")
          .op("Softmax", b + ".weights", b + ".masked")
          .with("axis", 3)
          .op("MatMul", b + ".mixed", b + ".weights", b + ".v.heads")
          .op("Transpose", b + ".back", b + ".mixed")
          .with("perm", new int[] {0, 2, 1, 3});
      net.op("Shape", b + ".in.shape", at)
          .op("Reshape", b + ".joined", b + ".back", b + ".in.shape");
      net.linear(b + ".out", b + ".joined", width, width)
          .op("Add", b + ".res1", b + ".out", at)
          .weights(b + ".g1", width)
          .weights(b + ".h1", width)
          .op("LayerNormalization", b + ".ln1", b + ".res1", b + ".g1", b + ".h1")
          .with("axis", -1);
      net.linear(b + ".ff1", b + ".ln1", width, 4 * width).op("Relu", b + ".ff", b + ".ff1");
      net.linear(b + ".ff2", b + ".ff", 4 * width, width)
          .op("Add", b + ".res2", b + ".ff2", b + ".ln1")
          .weights(b + ".g2", width)
          .weights(b + ".h2", width)
          .op("LayerNormalization", b + ".ln2", b + ".res2", b + ".g2", b + ".h2")
          .with("axis", -1);
      at = b + ".ln2";
    }
    net.scalarLong("first", 0).op("Gather", "cls", at, "first").with("axis", 1);
    net.weights("head.w", width, 4).weights("head.b", 4);
    return net.op("Gemm", "logits", "cls", "head.w", "head.b").output("logits");
  }

  /** Blocks with x * sigmoid(x) and squeeze-and-excitation. */
  public static Nets efficient() {
    Nets net = new Nets(14).image("image", 3, 16, 16).conv("stem", "image", 3, 8, 3, 1);
    String at = "stem";
    for (int block = 0; block < 3; block++) {
      String b = "b" + block;
      net.conv(b + ".expand", at, 8, 16, 1, 1)
          .op("Sigmoid", b + ".sig", b + ".expand")
          .op("Mul", b + ".swish", b + ".expand", b + ".sig")
          .op("GlobalAveragePool", b + ".pool", b + ".swish")
          .conv(b + ".squeeze", b + ".pool", 16, 4, 1, 1)
          .op("Relu", b + ".squeezed", b + ".squeeze")
          .conv(b + ".excite", b + ".squeezed", 4, 16, 1, 1)
          .op("Sigmoid", b + ".gate", b + ".excite")
          .op("Mul", b + ".gated", b + ".swish", b + ".gate")
          .conv(b + ".project", b + ".gated", 16, 8, 1, 1)
          .op("Add", b + ".sum", b + ".project", at);
      at = b + ".sum";
    }
    return net.classifier("logits", at, 8, 5).output("logits");
  }

  /** Three long branches whose nodes the file lists in turn, joined at the end. */
  public static Nets interleaved() {
    Nets net = new Nets(15).image("image", 3, 8, 8).conv("stem", "image", 3, 4, 3, 1);
    String[] at = {"stem", "stem", "stem"};
    for (int step = 0; step < 4; step++) {
      for (int branch = 0; branch < 3; branch++) {
        String name = "branch" + branch + "." + step;
        int from = step == 0 ? 4 : 16;
        int to = step == 3 ? 1 : 16;
        net.conv(name, at[branch], from, to, 3, 1).op("Relu", name + ".relu", name);
        at[branch] = name + ".relu";
      }
    }
    return net.op("Concat", "joined", at[0], at[1], at[2])
        .with("axis", 1)
        .classifier("logits", "joined", 3, 5)
        .output("logits");
  }
}
