package dev.sluice.edge;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.BundleWriter;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import dev.sluice.scheduler.profile.CalibrationTable.Variant;
import dev.sluice.scheduler.profile.Profile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * A whole bundle of a network small enough to write down: pictures of 8 x 8, two convolutions, five
 * classes, cuts behind both, an exit on the first.
 */
public final class SmallBundle {
  private static final int CLASSES = 5;
  private static final int SAMPLES = 200;

  private SmallBundle() {}

  /** Writes it, tables and profile included. */
  public static Bundle write(Path folder) throws IOException {
    return write(folder, List.of(), table(Role.SELECT, 3).toBytes());
  }

  /** Writes it with threshold vectors, as kept in a file. */
  public static Bundle writeWithThresholds(Path folder, byte[] thresholds) throws IOException {
    return write(folder, List.of(), table(Role.SELECT, 3).toBytes(), Optional.of(thresholds));
  }

  /** Writes it with something else in place of the table that plans are chosen on. */
  public static Bundle write(Path folder, byte[] select) throws IOException {
    return write(folder, List.of(), select);
  }

  /**
   * Writes it with a codec at its first cut, "mirror", whose transform changes all signs. Neither
   * profile nor tables know it.
   */
  public static Bundle writeMirroring(Path folder) throws IOException {
    return write(
        folder,
        List.of(new CodecInfo(1, "mirror", "f32", "codecs/neg.onnx", "codecs/neg.onnx", 0)),
        table(Role.SELECT, 3).toBytes());
  }

  private static Bundle write(Path folder, List<CodecInfo> codecs, byte[] select)
      throws IOException {
    return write(folder, codecs, select, Optional.empty());
  }

  private static Bundle write(
      Path folder, List<CodecInfo> codecs, byte[] select, Optional<byte[]> thresholds)
      throws IOException {
    byte[] mirror =
        new Onnx(3)
            .tensor(true, "in", 4, 8, 8)
            .op("Neg", "out", "in")
            .tensor(false, "out", 4, 8, 8)
            .bytes();
    byte[] backbone =
        new Onnx(1)
            .tensor(true, "input", 3, 8, 8)
            .conv("c1", "input", 3, 4)
            .op("Relu", "r1", "c1")
            .conv("c2", "r1", 4, 4)
            .op("Relu", "r2", "c2")
            .classifier("r2", 4)
            .bytes();
    byte[] head = new Onnx(2).tensor(true, "r1", 4, 8, 8).classifier("r1", 4).bytes();
    BundleWriter writer = BundleWriter.to(folder);
    thresholds.ifPresent(file -> writer.put("thresholds.json", file));
    return writer
        .put(Bundle.BACKBONE, backbone)
        .put("exits/1.onnx", head)
        .put("codecs/neg.onnx", mirror)
        .put("profile.json", profile().toJson())
        .put("calibration.bin", select)
        .put("certification.bin", table(Role.CERTIFY, 4).toBytes())
        .commit(
            new BundleManifest(
                BundleManifest.SCHEMA_VERSION,
                "small",
                List.of("a", "b", "c", "d", "e"),
                Preprocessing.parse("mean=0.5 std=0.25 size=8"),
                List.of(
                    new CutInfo(0, "input", List.of("input"), List.of(new int[] {3, 8, 8}), 0),
                    new CutInfo(1, "r1", List.of("r1"), List.of(new int[] {4, 8, 8}), 768),
                    new CutInfo(2, "r2", List.of("r2"), List.of(new int[] {4, 8, 8}), 1792),
                    new CutInfo(3, "logits", List.of("logits"), List.of(new int[] {5}), 1812)),
                List.of(
                    new ExitInfo(0, 1, "exits/1.onnx", 20, 1.5, 0.9),
                    new ExitInfo(1, 3, "", 0, 1, 0)),
                codecs,
                Map.of("seed", "1"),
                Map.of()),
            false);
  }

  private static Profile profile() {
    return new Profile(
        Profile.VERSION,
        "the test",
        20_000,
        List.of(
            new Profile.SegmentTime(1, 50_000),
            new Profile.SegmentTime(2, 50_000),
            new Profile.SegmentTime(3, 50_000)),
        List.of(new Profile.HeadTime(0, 10_000)),
        List.of(
            new Profile.CodecCost(0, "raw", 2_000, 2_000, 196, 196),
            new Profile.CodecCost(1, "f32", 2_000, 2_000, 1024, 1024)));
  }

  private static CalibrationTable table(Role role, long seed) {
    Random random = new Random(seed);
    List<Variant> variants = List.of(new Variant(0, "raw"), new Variant(1, "f32"));
    CalibrationTable.Builder table =
        CalibrationTable.builder(role, CLASSES, SAMPLES, new int[] {1, 3}, variants);
    for (int s = 0; s < SAMPLES; s++) {
      int label = random.nextInt(CLASSES);
      table.sample(s, label, -1);
      table.payload(0, s, 196).payload(1, s, 1024);
      int early = random.nextInt(4) == 0 ? (label + 1) % CLASSES : label;
      table.outcome(s, 0, early, 0.6, 0.3, 1).outcome(s, 1, label, 0.95, 0.9, 0.2);
      table.outcome(0, s, 0, early, 0.6, 0.3, 1).outcome(0, s, 1, label, 0.95, 0.9, 0.2);
      table.outcome(1, s, 1, label, 0.95, 0.9, 0.2);
    }
    return table.build();
  }

  /** Writes networks of 1 x 1 convolutions with seeded weights. */
  private static final class Onnx {
    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("small");
    private final Random random;

    Onnx(long seed) {
      random = new Random(seed);
    }

    Onnx tensor(boolean isInput, String name, int... shape) {
      TensorShapeProto.Builder dims = TensorShapeProto.newBuilder();
      dims.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"));
      for (int dim : shape) {
        dims.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dim));
      }
      ValueInfoProto info =
          ValueInfoProto.newBuilder()
              .setName(name)
              .setType(
                  TypeProto.newBuilder()
                      .setTensorType(
                          TypeProto.Tensor.newBuilder()
                              .setElemType(TensorProto.DataType.FLOAT_VALUE)
                              .setShape(dims)))
              .build();
      if (isInput) {
        graph.addInput(info);
      } else {
        graph.addOutput(info);
      }
      return this;
    }

    Onnx op(String type, String output, String... inputs) {
      graph.addNode(
          NodeProto.newBuilder()
              .setOpType(type)
              .setName(output)
              .addAllInput(List.of(inputs))
              .addOutput(output));
      return this;
    }

    Onnx conv(String name, String in, int from, int to) {
      weights(name + ".w", to, from, 1, 1);
      weights(name + ".b", to);
      return op("Conv", name, in, name + ".w", name + ".b");
    }

    Onnx classifier(String in, int channels) {
      weights("fc.w", channels, CLASSES);
      weights("fc.b", CLASSES);
      return op("GlobalAveragePool", "gap", in)
          .op("Flatten", "flat", "gap")
          .op("Gemm", "logits", "flat", "fc.w", "fc.b")
          .tensor(false, "logits", CLASSES);
    }

    private void weights(String name, long... shape) {
      TensorProto.Builder tensor =
          TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT_VALUE);
      long elements = 1;
      for (long dim : shape) {
        tensor.addDims(dim);
        elements *= dim;
      }
      for (long i = 0; i < elements; i++) {
        tensor.addFloatData((float) random.nextGaussian());
      }
      graph.addInitializer(tensor);
    }

    byte[] bytes() {
      return ModelProto.newBuilder()
          .setIrVersion(8)
          .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
          .setGraph(graph)
          .build()
          .toByteArray();
    }
  }
}
