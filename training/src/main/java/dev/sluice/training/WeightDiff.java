package dev.sluice.training;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Compares the weights of two networks, tensor by tensor. */
final class WeightDiff {
  private WeightDiff() {}

  /**
   * A tensor that differs.
   *
   * @param file the ONNX file in both bundles
   * @param tensor its name
   * @param a type and shape in the first; "-" if it is not there
   * @param b the same in the second
   * @param maxAbsDifference largest difference of two values; empty if they cannot be compared
   *     value by value
   */
  record Tensor(
      String file, String tensor, String a, String b, Optional<Double> maxAbsDifference) {}

  /**
   * Returns the tensors that differ.
   *
   * @throws IOException if one of the two is no ONNX model; the message names the file
   */
  static List<Tensor> of(String file, byte[] first, byte[] second) throws IOException {
    Map<String, TensorProto> a = initializers(file, first);
    Map<String, TensorProto> b = initializers(file, second);
    Set<String> names = new LinkedHashSet<>(a.keySet());
    names.addAll(b.keySet());
    List<Tensor> different = new ArrayList<>();
    for (String name : names) {
      Optional<TensorProto> one = Optional.ofNullable(a.get(name));
      Optional<TensorProto> other = Optional.ofNullable(b.get(name));
      if (one.equals(other)) {
        continue;
      }
      Optional<Double> most = Optional.empty();
      if (one.isPresent() && other.isPresent() && form(one.get()).equals(form(other.get()))) {
        most = maxAbsDifference(one.get(), other.get());
        if (most.isPresent() && most.get() == 0) {
          continue; // The same values, stored in another way.
        }
      }
      different.add(
          new Tensor(
              file,
              name,
              one.map(WeightDiff::form).orElse("-"),
              other.map(WeightDiff::form).orElse("-"),
              most));
    }
    return different;
  }

  private static Map<String, TensorProto> initializers(String file, byte[] onnx)
      throws IOException {
    try {
      Map<String, TensorProto> initializers = new LinkedHashMap<>();
      for (TensorProto tensor : ModelProto.parseFrom(onnx).getGraph().getInitializerList()) {
        initializers.put(tensor.getName(), tensor);
      }
      return initializers;
    } catch (InvalidProtocolBufferException e) {
      throw new IOException(file + ": is no ONNX model; prepare the bundle again", e);
    }
  }

  private static String form(TensorProto tensor) {
    TensorProto.DataType type = TensorProto.DataType.forNumber(tensor.getDataType());
    return (type == null ? "type " + tensor.getDataType() : type.name().toLowerCase(Locale.ROOT))
        + " "
        + tensor.getDimsList();
  }

  private static Optional<Double> maxAbsDifference(TensorProto one, TensorProto other) {
    Optional<double[]> a = values(one);
    Optional<double[]> b = values(other);
    if (a.isEmpty() || b.isEmpty() || a.get().length != b.get().length) {
      return Optional.empty();
    }
    double most = 0;
    for (int i = 0; i < a.get().length; i++) {
      // Double.compare takes two NaN for the same, and one NaN is a difference without measure.
      if (Double.compare(a.get()[i], b.get()[i]) != 0) {
        double difference = Math.abs(a.get()[i] - b.get()[i]);
        most = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(most, difference);
      }
    }
    return Optional.of(most);
  }

  /** Returns a tensor's values, if they are of a type that is measured. */
  private static Optional<double[]> values(TensorProto tensor) {
    ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    boolean inRaw = tensor.hasRawData();
    TensorProto.DataType type = TensorProto.DataType.forNumber(tensor.getDataType());
    if (type == null) {
      return Optional.empty();
    }
    int bytes =
        switch (type) {
          case FLOAT, INT32 -> Integer.BYTES;
          case DOUBLE, INT64 -> Long.BYTES;
          case INT8, UINT8 -> 1;
          default -> 0;
        };
    if (bytes == 0 || raw.remaining() % bytes != 0) {
      return Optional.empty();
    }
    if (!inRaw) {
      return switch (type) {
        case FLOAT -> Optional.of(tensor.getFloatDataList().stream().mapToDouble(v -> v).toArray());
        case DOUBLE ->
            Optional.of(tensor.getDoubleDataList().stream().mapToDouble(v -> v).toArray());
        case INT64 -> Optional.of(tensor.getInt64DataList().stream().mapToDouble(v -> v).toArray());
        default -> Optional.of(tensor.getInt32DataList().stream().mapToDouble(v -> v).toArray());
      };
    }
    double[] values = new double[raw.remaining() / bytes];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (type) {
            case FLOAT -> raw.getFloat();
            case DOUBLE -> raw.getDouble();
            case INT32 -> raw.getInt();
            case INT64 -> raw.getLong();
            case UINT8 -> raw.get() & 0xff;
            default -> raw.get();
          };
    }
    return Optional.of(values);
  }
}
