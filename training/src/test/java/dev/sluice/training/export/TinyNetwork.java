package dev.sluice.training.export;

import java.util.List;
import java.util.SplittableRandom;

/**
 * A network of 16×16 pictures that says which of red, green and blue prevails: it hands the colours
 * through its channels, beside some noise, and averages them.
 */
public final class TinyNetwork {
  public static final String RELU = "relu1";
  public static final String CLIPPED = "clip2";
  public static final String LOGITS = "logits";

  private TinyNetwork() {}

  /** The same network with a node of another operator, which nothing reads. */
  public static byte[] with(String operator)
      throws com.google.protobuf.InvalidProtocolBufferException {
    var model = ai.onnx.proto.OnnxMl.ModelProto.parseFrom(onnx()).toBuilder();
    model.getGraphBuilder().addNodeBuilder().setOpType(operator).addInput(LOGITS).addOutput("more");
    return model.build().toByteArray();
  }

  public static byte[] onnx() {
    SplittableRandom random = new SplittableRandom(5);
    OnnxBuilder graph = OnnxBuilder.empty("tiny");
    graph.input("input", new int[] {3, 16, 16});
    String one = conv(graph, random, "input", 3, 6, 1);
    graph.node("Relu", List.of(one), RELU);
    String two = conv(graph, random, RELU, 6, 8, 2);
    graph.node(
        "Clip",
        List.of(two, graph.constant(new float[] {0}), graph.constant(new float[] {6})),
        CLIPPED);
    String three = graph.node("Relu", List.of(conv(graph, random, CLIPPED, 8, 8, 1)));
    String pooled = graph.node("GlobalAveragePool", List.of(three));
    String flat = graph.node("Flatten", List.of(pooled), OnnxBuilder.integer("axis", 1));
    float[] weight = new float[3 * 8];
    for (int c = 0; c < 3; c++) {
      weight[c * 8 + c] = 8;
    }
    graph.node(
        "Gemm",
        List.of(flat, graph.constant(weight, 3, 8), graph.constant(new float[3], 3)),
        LOGITS,
        OnnxBuilder.integer("transB", 1));
    graph.onlyOutput(LOGITS, new int[] {3});
    return graph.build(13);
  }

  private static String conv(
      OnnxBuilder graph, SplittableRandom random, String input, int from, int to, int stride) {
    float[] weight = new float[to * from * 9];
    for (int o = 0; o < to; o++) {
      for (int i = 0; i < from * 9; i++) {
        weight[o * from * 9 + i] = o < 3 ? 0 : (float) (0.2 * (random.nextDouble() - 0.5));
      }
      if (o < 3) {
        weight[o * from * 9 + o * 9 + 4] = 1;
      }
    }
    return graph.node(
        "Conv",
        List.of(input, graph.constant(weight, to, from, 3, 3), graph.constant(new float[to], to)),
        OnnxBuilder.integers("kernel_shape", 3, 3),
        OnnxBuilder.integers("pads", 1, 1, 1, 1),
        OnnxBuilder.integers("strides", stride, stride));
  }
}
