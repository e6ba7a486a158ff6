package dev.sluice.model.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.sluice.model.engine.EngineException;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.tensor.TensorType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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

  private static TensorProto outside(String location, Object... entries) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName("shift")
            .setDataType(1)
            .addDims(4)
            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
            .addExternalData(entry("location", location));
    for (int i = 0; i < entries.length; i += 2) {
      tensor.addExternalData(entry(String.valueOf(entries[i]), String.valueOf(entries[i + 1])));
    }
    return tensor.build();
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  /** Adds four numbers from outside to each row: as an initializer, as a constant, in a branch. */
  private static List<byte[]> withWeightsOutside(TensorProto tensor) {
    Nets plain = new Nets(1).image("x", 4).initializer(tensor).op("Add", "y", "x", "shift");
    Nets constant =
        new Nets(1)
            .image("x", 4)
            .op("Constant", "shift")
            .with("value", tensor.toBuilder().clearName().build())
            .op("Add", "y", "x", "shift");
    GraphProto branch =
        new Nets(1)
            .initializer(tensor.toBuilder().setName("inner").build())
            .op("Add", "y.branch", "x", "inner")
            .output("y.branch")
            .graph();
    Nets nested =
        new Nets(1)
            .image("x", 4)
            .op("ReduceMax", "most", "x")
            .with("keepdims", 0)
            .scalar("few", 0.5f)
            .op("Greater", "cond", "most", "few")
            .op("If", "y", "cond")
            .with("then_branch", branch)
            .with("else_branch", branch);
    return List.of(
        plain.output("y").bytes(), constant.output("y").bytes(), nested.output("y").bytes());
  }

  private static float[] run(OnnxGraph graph) {
    try (OnnxNetwork network = OnnxNetwork.of(graph, EngineOptions.singleThread())) {
      return network.run(new float[] {0, 0, 0, 1}, 1).get("y");
    }
  }

  @Test
  void takesWeightsFromFilesBesideTheNetworkIntoEachPiece() throws IOException {
    ByteBuffer weights = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    weights.putDouble(0).putFloat(1).putFloat(2).putFloat(3).putFloat(4);
    Files.createDirectory(folder.resolve("data"));
    Files.write(folder.resolve("data/w.bin"), weights.array());
    for (Object[] entries :
        List.of(new Object[] {"offset", 8, "length", 16}, new Object[] {"offset", "8"})) {
      for (byte[] network : withWeightsOutside(outside("data/w.bin", entries))) {
        OnnxGraph graph = OnnxGraph.read(file(network));
        assertThat(run(graph)).containsExactly(1, 2, 3, 5);
        byte[] piece = graph.extract(graph.inputs(), graph.outputs());
        assertThat(run(OnnxGraph.of(piece, "a piece, in memory"))).containsExactly(1, 2, 3, 5);
      }
    }
  }

  @Test
  void opensNoFileOutsideTheNetworksFolder() throws IOException {
    Path home = Files.createDirectory(folder.resolve("home"));
    Path secret = Files.write(folder.resolve("secret.bin"), new byte[16]);
    Files.createSymbolicLink(home.resolve("link.bin"), secret);
    Files.createSymbolicLink(home.resolve("door"), folder);
    Files.createDirectory(home.resolve("sub"));
    Files.write(home.resolve("sub/good.bin"), new byte[16]);
    for (String location :
        List.of(
            secret.toString(),
            "../secret.bin",
            "sub/../../secret.bin",
            "sub/../sub/good.bin",
            "link.bin",
            "door/secret.bin",
            "..\\secret.bin",
            "sub",
            "",
            "a\0b",
            "missing.bin")) {
      for (byte[] network : withWeightsOutside(outside(location))) {
        Path net = Files.write(home.resolve("net.onnx"), network);
        assertThatThrownBy(() -> OnnxGraph.read(net))
            .as(location)
            .isInstanceOf(ExternalDataException.class)
            .hasMessageContaining(net.toString())
            .hasMessageContaining("tensor '");
      }
    }
  }

  @Test
  void refusesWeightsThatAreNotWhereTheyShouldBeInTheirFile() throws IOException {
    Files.write(folder.resolve("w.bin"), new byte[32]);
    for (Object[] entries :
        List.of(
            new Object[] {"offset", 17},
            new Object[] {"offset", 33},
            new Object[] {"offset", Long.MAX_VALUE},
            new Object[] {"offset", -1},
            new Object[] {"offset", "x"},
            new Object[] {"length", 8},
            new Object[] {"length", 1L << 40})) {
      Path net = file(withWeightsOutside(outside("w.bin", entries)).get(0));
      assertThatThrownBy(() -> OnnxGraph.read(net))
          .as(Arrays.toString(entries))
          .isInstanceOf(ExternalDataException.class)
          .hasMessageContaining("'shift'");
    }
    TensorProto huge = outside("w.bin").toBuilder().clearDims().addDims(1L << 40).build();
    Path net = file(withWeightsOutside(huge).get(0));
    assertThatThrownBy(() -> OnnxGraph.read(net))
        .isInstanceOf(ExternalDataException.class)
        .hasMessageContaining("bytes");
    TensorProto overflow = huge.toBuilder().addDims(1L << 40).build();
    Path other = file(withWeightsOutside(overflow).get(0));
    assertThatThrownBy(() -> OnnxGraph.read(other)).isInstanceOf(ExternalDataException.class);
  }

  @Test
  void namesTheNodesOfACycle() {
    Nets net =
        new Nets(1)
            .image("x", 4)
            .op("Add", "a", "x", "c")
            .op("Relu", "b", "a")
            .op("Relu", "c", "b")
            .op("Relu", "y", "x")
            .output("y");
    assertThatThrownBy(() -> OnnxGraph.of(net.bytes(), "round.onnx"))
        .isInstanceOf(GraphOrderException.class)
        .hasMessageContaining("round.onnx")
        .hasMessageContaining("cycle")
        .hasMessageContaining("'a'")
        .hasMessageContaining("'c'");
  }

  @Test
  void namesTheNodeThatReadsWhatIsNotThereOrComputesTwice() {
    byte[] missing = new Nets(1).image("x", 4).op("Add", "y", "x", "z").output("y").bytes();
    byte[] twice =
        new Nets(1).image("x", 4).op("Relu", "y", "x").op("Tanh", "y", "x").output("y").bytes();
    byte[] input = new Nets(1).image("x", 4).op("Relu", "x", "x").output("x").bytes();
    byte[] constants =
        new Nets(1)
            .image("x", 4)
            .weights("w", 4)
            .weights("w", 4)
            .op("Add", "y", "x", "w")
            .output("y")
            .bytes();
    byte[] inputs =
        new Nets(1).image("x", 4).image("x", 4).op("Relu", "y", "x").output("y").bytes();
    byte[] outputs = new Nets(1).image("x", 4).op("Relu", "y", "x").output("y").output("y").bytes();
    byte[] noOutput = new Nets(1).image("x", 4).op("Relu", "y", "x").output("q").bytes();
    Map<byte[], String> named =
        Map.of(
            missing, "'z'",
            twice, "'y'",
            input, "'x'",
            constants, "'w'",
            inputs, "'x'",
            outputs, "'y'",
            noOutput, "'q'");
    named.forEach(
        (network, what) ->
            assertThatThrownBy(() -> OnnxGraph.of(network, "net.onnx"))
                .isInstanceOf(GraphOrderException.class)
                .hasMessageContaining("net.onnx")
                .hasMessageContaining(what));
  }

  @Test
  void namesTheOperatorThatTheEngineHasNot() throws OnnxFormatException {
    OnnxGraph unknown =
        new Nets(1).image("x", 4).op("Frobnicate", "y", "x").named("odd").output("y").read();
    assertThatThrownBy(unknown::cutPoints)
        .isInstanceOf(UnsupportedOperatorException.class)
        .hasMessageContaining("net")
        .hasMessageContaining("'odd'")
        .hasMessageContaining("Frobnicate");
    ModelProto foreign =
        new Nets(1).image("x", 4).op("Mystery", "y", "x").named("far").output("y").model();
    ModelProto.Builder elsewhere = foreign.toBuilder();
    elsewhere.getGraphBuilder().getNodeBuilder(0).setDomain("com.example");
    elsewhere.addOpsetImport(
        OperatorSetIdProto.newBuilder().setDomain("com.example").setVersion(1));
    OnnxGraph other = OnnxGraph.of(elsewhere.build().toByteArray(), "theirs.onnx");
    assertThatThrownBy(other::cutPoints)
        .isInstanceOf(UnsupportedOperatorException.class)
        .hasMessageContaining("theirs.onnx")
        .hasMessageContaining("'far'")
        .hasMessageContaining("com.example");
    OnnxGraph tooNew = new Nets(1).opset(99).image("x", 4).op("Relu", "y", "x").output("y").read();
    assertThatThrownBy(tooNew::cutPoints)
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("99");
  }

  @Test
  void asksForTheShapeThatIsMissing() throws IOException {
    Nets net =
        new Nets(1)
            .input("ids", TensorType.INT64, "N", "words")
            .input("mask", TensorType.FLOAT32, "N", "words")
            .weights("table", 9, 4)
            .op("Gather", "rows", "table", "ids")
            .op("ReduceSum", "sum", "rows")
            .op("Mul", "y", "mask", "sum")
            .output("y");
    Path file = file(net.bytes());
    OnnxGraph open = OnnxGraph.read(file);
    assertThatThrownBy(open::cutPoints)
        .isInstanceOf(UnknownShapeException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("'ids'")
        .hasMessageContaining("--shape ids=1xwords");
    OnnxGraph closed = OnnxGraph.read(file, ShapeHints.parse(List.of("ids=1x6")));
    assertThat(closed.shape("mask")).containsExactly(6);
    assertThat(closed.hasDynamicBatch()).isTrue();
    for (String wrong : List.of("ids=1x2x3", "words=1x6")) {
      assertThatThrownBy(() -> OnnxGraph.read(file, ShapeHints.parse(List.of(wrong))))
          .isInstanceOf(OnnxFormatException.class)
          .hasMessageContaining(wrong.substring(0, 3));
    }
    for (String wrong : List.of("ids", "ids=", "ids=1x", "ids=1x0", "ids=ax2", "ids=1x-2", "=1")) {
      assertThatThrownBy(() -> ShapeHints.parse(List.of(wrong)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'" + wrong + "'");
    }
  }

  @Test
  void refusesInputsAndFilesThatAreTooLargeToTry() throws IOException {
    for (Object[] shape :
        List.of(
            new Object[] {"N", 1 << 30},
            new Object[] {"N", Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE})) {
      OnnxGraph graph =
          new Nets(1)
              .input("x", TensorType.INT64, shape)
              .op("Identity", "y", "x")
              .output("y")
              .read();
      assertThatThrownBy(graph::cutPoints)
          .isInstanceOf(UnknownShapeException.class)
          .hasMessageContaining("'x'")
          .hasMessageContaining("too large");
    }
    Path holes = folder.resolve("holes.onnx");
    try (RandomAccessFile file = new RandomAccessFile(holes.toFile(), "rw")) {
      file.setLength(Runtime.getRuntime().maxMemory());
    }
    assertRefused(holes, "as large as the heap");
  }
}
