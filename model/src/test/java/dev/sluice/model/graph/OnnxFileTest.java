package dev.sluice.model.graph;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxFileTest {
  @TempDir Path folder;

  private Path file(byte[] content) throws IOException {
    return Files.write(folder.resolve("net.onnx"), content);
  }

  private static void assertRefused(Path file, String what) {
    assertThatThrownBy(() -> OnnxGraph.read(file))
        .as(what)
        .isInstanceOf(OnnxFormatException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(";");
  }

  @Test
  void refusesANetworkTruncatedAnywhere() throws IOException {
    byte[] whole = TinyNetworks.residual();
    for (int length = 0; length < whole.length; length += 97) {
      assertRefused(file(Arrays.copyOf(whole, length)), "truncated to " + length);
    }
    assertRefused(file(Arrays.copyOf(whole, whole.length - 1)), "last byte missing");
  }

  @Test
  void refusesFilesThatAreNoNetwork() throws IOException {
    assertRefused(file("not a network".getBytes(StandardCharsets.UTF_8)), "text");
    byte[] random = new byte[4096];
    for (long seed = 0; seed < 50; seed++) {
      new Random(seed).nextBytes(random);
      assertRefused(file(random), "random bytes of seed " + seed);
    }
    assertRefused(folder, "directory");
    assertRefused(folder.resolve("absent.onnx"), "absent");
  }

  @Test
  void refusesWeightsInOtherFilesWhereverTheyAreNamed() throws IOException {
    ModelProto plain = ModelProto.parseFrom(TinyNetworks.residual());
    TensorProto outside =
        TensorProto.newBuilder()
            .setName("w")
            .addExternalData(
                StringStringEntryProto.newBuilder().setKey("location").setValue("/etc/passwd"))
            .build();
    AttributeProto value = AttributeProto.newBuilder().setName("value").setT(outside).build();
    NodeProto constant =
        NodeProto.newBuilder().setOpType("Constant").addOutput("w").addAttribute(value).build();
    GraphProto inner = GraphProto.newBuilder().addNode(constant).build();
    NodeProto nested =
        NodeProto.newBuilder()
            .setOpType("If")
            .addOutput("x")
            .addAttribute(AttributeProto.newBuilder().setName("then_branch").setG(inner))
            .build();
    for (NodeProto node : List.of(constant, nested)) {
      ModelProto.Builder model = plain.toBuilder();
      model.getGraphBuilder().addNode(node);
      assertThatThrownBy(() -> OnnxGraph.of(model.build().toByteArray(), "hostile"))
          .isInstanceOf(OnnxFormatException.class)
          .hasMessageContaining("other files");
    }
  }

  @Test
  void survivesDamageWithinTheFileWithoutAnUnexpectedError() throws IOException {
    byte[] whole = TinyNetworks.residual();
    for (long seed = 0; seed < 300; seed++) {
      byte[] damaged = whole.clone();
      Random random = new Random(seed);
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      try {
        OnnxGraph.of(damaged, "damaged");
      } catch (OnnxFormatException expected) {
        // Either it still is a network, or it is refused by name.
      }
    }
  }
}
