package dev.sluice.training.export;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Small networks of 16×16 pictures with several outputs. */
public final class BranchyNetworks {
  public static final int SIDE = 16;

  private final OnnxBuilder graph;
  private final Random random;
  private final int classes;

  private BranchyNetworks(int classes, long seed) {
    this.classes = classes;
    graph = OnnxBuilder.empty("branchy");
    random = new Random(seed);
    graph.input("input", new int[] {3, SIDE, SIDE});
  }

  /**
   * The BranchyNet kind: says like {@link TinyNetwork} which of red, green and blue prevails, at
   * two side branches too.
   */
  public static byte[] colours() {
    BranchyNetworks net = new BranchyNetworks(3, 1);
    net.unit("c1", "input", 3, 6, 1).unit("c2", "c1", 6, 8, 2);
    net.classifier("exit1", "c1", 6);
    net.unit("c3", "c2", 8, 8, 1).unit("c4", "c3", 8, 8, 1);
    net.classifier("exit2", "c3", 8).classifier("last", "c4", 8);
    return net.outputs("exit1", "last", "exit2");
  }

  /**
   * The MSDNet kind: three scales side by side, each layer of a scale fed by the layer before of
   * its own scale and of the next finer one, classifiers on the coarsest scale. With three classes
   * they say which colour prevails.
   */
  public static byte[] msdNet(int classes) {
    BranchyNetworks net = new BranchyNetworks(classes, 2);
    int[] channels = {4, 6, 8};
    net.unit("l1s0", "input", 3, channels[0], 1);
    net.unit("l1s1", "l1s0", channels[0], channels[1], 2);
    net.unit("l1s2", "l1s1", channels[1], channels[2], 2);
    for (int layer = 2; layer <= 4; layer++) {
      String before = "l" + (layer - 1) + "s";
      net.unit("l" + layer + "s0", before + 0, channels[0], channels[0], 1);
      for (int scale = 1; scale < 3; scale++) {
        String own = net.conv(before + scale, channels[scale], channels[scale], 1);
        String finer = net.conv(before + (scale - 1), channels[scale - 1], channels[scale], 2);
        String sum = net.graph.node("Add", List.of(own, finer));
        net.graph.node("Relu", List.of(sum), "l" + layer + "s" + scale);
      }
      net.classifier("exit" + (layer - 1), "l" + layer + "s2", channels[2]);
    }
    return net.outputs("exit1", "exit2", "exit3");
  }

  /**
   * Sees the picture as 16 tokens of 8 features, and says which of red, green and blue prevails.
   */
  public static byte[] tokens() {
    BranchyNetworks net = new BranchyNetworks(3, 4);
    OnnxBuilder graph = net.graph;
    float[] patch = new float[8 * 3 * 16];
    for (int i = 0; i < patch.length; i++) {
      int out = i / 48;
      boolean same = out == i % 48 / 16;
      patch[i] = out < 3 ? (same ? 1 / 16f : 0) : (float) (0.05 * net.random.nextGaussian());
    }
    String patches =
        graph.node(
            "Conv",
            List.of("input", graph.constant(patch, 8, 3, 4, 4)),
            OnnxBuilder.integers("kernel_shape", 4, 4),
            OnnxBuilder.integers("strides", 4, 4));
    String rows = graph.node("Reshape", List.of(patches, graph.integerConstant(-1, 8, 16)));
    String tokens = graph.node("Transpose", List.of(rows), OnnxBuilder.integers("perm", 0, 2, 1));
    for (int layer = 0; layer < 3; layer++) {
      float[] mix = new float[64];
      for (int i = 0; i < 64; i++) {
        boolean colour = i / 8 < 3 || i % 8 < 3;
        mix[i] = colour ? (i / 8 == i % 8 ? 1 : 0) : (float) (0.3 * net.random.nextGaussian());
      }
      String mixed = graph.node("MatMul", List.of(tokens, graph.constant(mix, 8, 8)));
      tokens = graph.node("Relu", List.of(mixed), "tokens" + layer);
    }
    String turned = graph.node("Transpose", List.of(tokens), OnnxBuilder.integers("perm", 0, 2, 1));
    float[] shares = new float[16];
    Arrays.fill(shares, 1 / 16f);
    String mean = graph.node("MatMul", List.of(turned, graph.constant(shares, 16, 1)));
    String flat = graph.node("Flatten", List.of(mean), OnnxBuilder.integer("axis", 1));
    net.fullyConnected("last", flat, 8);
    return net.outputs("last");
  }

  /** Outputs of which one is a feature map. */
  public static byte[] withFeatures() {
    BranchyNetworks net = new BranchyNetworks(3, 3);
    net.unit("c1", "input", 3, 6, 1).classifier("last", "c1", 6);
    return net.outputs("last", "c1");
  }

  /** Returns a model that says it is of another operator set. */
  public static byte[] ofOpset(byte[] onnx, long opset) {
    try {
      ModelProto.Builder model = ModelProto.parseFrom(onnx).toBuilder();
      model.getOpsetImportBuilder(0).setVersion(opset);
      return model.build().toByteArray();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  private byte[] outputs(String... names) {
    graph.onlyOutput(names[0], new int[] {classes});
    try {
      ModelProto.Builder model = ModelProto.parseFrom(graph.build(13)).toBuilder();
      for (int i = 1; i < names.length; i++) {
        ValueInfoProto.Builder info = model.getGraph().getOutput(0).toBuilder().setName(names[i]);
        if (!names[i].startsWith("exit") && !names[i].equals("last")) {
          info.getTypeBuilder().getTensorTypeBuilder().clearShape();
        }
        model.getGraphBuilder().addOutput(info);
      }
      return model.build().toByteArray();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A convolution that hands on the first three channels, beside noise, and a ReLU. */
  private BranchyNetworks unit(String name, String in, int from, int to, int stride) {
    graph.node("Relu", List.of(conv(in, from, to, stride)), name);
    return this;
  }

  private String conv(String in, int from, int to, int stride) {
    float[] weight = new float[to * from * 9];
    for (int o = 0; o < to; o++) {
      for (int i = 0; i < from * 9; i++) {
        weight[o * from * 9 + i] = o < 3 ? 0 : (float) (0.2 * random.nextGaussian());
      }
      if (o < 3) {
        weight[o * from * 9 + o * 9 + 4] = 1;
      }
    }
    return graph.node(
        "Conv",
        List.of(in, graph.constant(weight, to, from, 3, 3), graph.constant(new float[to], to)),
        OnnxBuilder.integers("kernel_shape", 3, 3),
        OnnxBuilder.integers("pads", 1, 1, 1, 1),
        OnnxBuilder.integers("strides", stride, stride));
  }

  private BranchyNetworks classifier(String name, String in, int channels) {
    String flat =
        graph.node(
            "Flatten",
            List.of(graph.node("GlobalAveragePool", List.of(in))),
            OnnxBuilder.integer("axis", 1));
    return fullyConnected(name, flat, channels);
  }

  private BranchyNetworks fullyConnected(String name, String flat, int channels) {
    float[] weight = new float[classes * channels];
    for (int c = 0; c < classes; c++) {
      weight[c * channels + c] = 8;
    }
    graph.node(
        "Gemm",
        List.of(
            flat,
            graph.constant(weight, classes, channels),
            graph.constant(new float[classes], classes)),
        name,
        OnnxBuilder.integer("transB", 1));
    return this;
  }
}
