package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Fixes dimensions that a file leaves open, where a hint says how large they are. */
final class OpenDimensions {
  private OpenDimensions() {}

  /**
   * Returns the network with the hinted dimensions fixed, also where other inputs or outputs call
   * them by the same name. The batch, open and hinted as 1, stays open.
   */
  static ModelProto closed(String file, ModelProto model, ShapeHints hints)
      throws OnnxFormatException {
    if (hints.shapes().isEmpty()) {
      return model;
    }
    GraphProto.Builder graph = model.getGraph().toBuilder();
    List<String> names = graph.getInputList().stream().map(ValueInfoProto::getName).toList();
    Map<String, Long> sizes = new HashMap<>();
    for (Map.Entry<String, long[]> hint : hints.shapes().entrySet()) {
      int index = names.indexOf(hint.getKey());
      if (index < 0) {
        throw new OnnxFormatException(
            file,
            "has no input '" + hint.getKey() + "', whose shape is given",
            "its inputs are " + names);
      }
      graph.setInput(index, closed(file, graph.getInput(index), hint.getValue(), sizes));
    }
    for (int i = 0; i < graph.getInputCount(); i++) {
      graph.setInput(i, renamed(graph.getInput(i), sizes));
    }
    for (int i = 0; i < graph.getOutputCount(); i++) {
      graph.setOutput(i, renamed(graph.getOutput(i), sizes));
    }
    // What the file says of tensors inside may no longer be true; nobody needs it.
    return model.toBuilder().setGraph(graph.clearValueInfo()).build();
  }

  private static ValueInfoProto closed(
      String file, ValueInfoProto info, long[] hint, Map<String, Long> sizes)
      throws OnnxFormatException {
    ValueInfoProto.Builder result = info.toBuilder();
    TensorShapeProto declared = info.getType().getTensorType().getShape();
    boolean hasShape = info.getType().getTensorType().hasShape();
    if (hasShape && declared.getDimCount() != hint.length) {
      throw misfit(file, info, hint);
    }
    List<TensorShapeProto.Dimension> dimensions = new ArrayList<>();
    for (int i = 0; i < hint.length; i++) {
      TensorShapeProto.Dimension before =
          hasShape ? declared.getDim(i) : TensorShapeProto.Dimension.getDefaultInstance();
      boolean open = before.getDimValue() <= 0;
      boolean openBatch = open && i == 0 && hint[i] <= 1;
      if (!open && hint[i] > 0 && hint[i] != before.getDimValue()) {
        throw misfit(file, info, hint);
      }
      if (!open || openBatch || hint[i] <= 0) {
        dimensions.add(before);
      } else {
        dimensions.add(TensorShapeProto.Dimension.newBuilder().setDimValue(hint[i]).build());
        if (!before.getDimParam().isEmpty()) {
          sizes.put(before.getDimParam(), hint[i]);
        }
      }
    }
    result
        .getTypeBuilder()
        .getTensorTypeBuilder()
        .setShape(TensorShapeProto.newBuilder().addAllDim(dimensions));
    return result.build();
  }

  private static OnnxFormatException misfit(String file, ValueInfoProto info, long[] hint) {
    List<String> declared =
        info.getType().getTensorType().getShape().getDimList().stream()
            .map(d -> d.hasDimValue() ? String.valueOf(d.getDimValue()) : d.getDimParam())
            .toList();
    return new OnnxFormatException(
        file,
        "input '%s' has the shape %s, which %s is not"
            .formatted(info.getName(), declared, new ShapeHints(Map.of(info.getName(), hint))),
        "give a shape that fits");
  }

  private static ValueInfoProto renamed(ValueInfoProto info, Map<String, Long> sizes) {
    if (!info.getType().hasTensorType() || !info.getType().getTensorType().hasShape()) {
      return info;
    }
    ValueInfoProto.Builder result = info.toBuilder();
    TensorShapeProto.Builder shape =
        result.getTypeBuilder().getTensorTypeBuilder().getShapeBuilder();
    for (int i = 0; i < shape.getDimCount(); i++) {
      Long size = sizes.get(shape.getDim(i).getDimParam());
      if (size != null && shape.getDim(i).hasDimParam()) {
        shape.setDim(i, TensorShapeProto.Dimension.newBuilder().setDimValue(size));
      }
    }
    return result.build();
  }
}
