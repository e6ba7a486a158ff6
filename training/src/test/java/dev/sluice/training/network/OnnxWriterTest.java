package dev.sluice.training.network;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import org.junit.jupiter.api.Test;

class OnnxWriterTest {
  @Test
  void writesAGraphThatTheRuntimeComputesAsByHand() throws OrtException {
    var writer = new OnnxWriter("hand");
    // One channel, 2×2: a 1×1 convolution 2x - 1 with ReLU, its mean and maximum, one output.
    var conv =
        new FoldedConv(ConvShape.dense(1, 1, 1, 1, 2), new float[] {2}, new float[] {-1}, true);
    String x = writer.conv(writer.input("x", 1, 2), conv, "y");
    x = writer.pool(x, true, "pooled");
    writer.linear(x, new float[] {4, 10}, new float[] {0.5f}, "out");

    float[] out =
        OnnxRunner.run(
            writer.finish("out", 1), "x", new float[] {0, 1, 2, 3}, new long[] {1, 1, 2, 2});

    // relu(2x - 1) = 0, 1, 3, 5: mean 2.25, maximum 5.
    assertThat(out).containsExactly(4 * 2.25f + 10 * 5 + 0.5f);
  }

  @Test
  void addsAShortcutBeforeTheRelu() throws OrtException {
    var writer = new OnnxWriter("shortcut");
    String x = writer.input("x", 1, 1);
    var minus =
        new FoldedConv(ConvShape.dense(1, 1, 1, 1, 1), new float[] {-3}, new float[] {0}, false);
    String sum = writer.addRelu(writer.conv(x, minus, "y"), x, "block");
    writer.linear(writer.pool(sum, false, "pooled"), new float[] {1}, new float[] {0}, "out");
    byte[] onnx = writer.finish("out", 1);

    assertThat(OnnxRunner.run(onnx, "x", new float[] {1, -1}, new long[] {2, 1, 1, 1}))
        .containsExactly(0f, 2f);
  }
}
