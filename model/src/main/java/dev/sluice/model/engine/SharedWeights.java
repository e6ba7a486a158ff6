package dev.sluice.model.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/**
 * Constants of networks, one native copy each, whatever sessions use them. Two are the same if
 * type, shape and bytes are. Thread-safe; a constant is freed when its last lease ends.
 */
final class SharedWeights {
  /** Smaller ones stay in the model: the engine may look at them while loading (shapes, axes). */
  static final int MIN_BYTES = 1024;

  private final OrtEnvironment environment;
  private final Map<String, Weight> weights = new HashMap<>();
  private long bytes;

  SharedWeights(OrtEnvironment environment) {
    this.environment = environment;
  }

  /** A constant in native memory. */
  static final class Weight {
    private final String key;
    final OnnxTensor value;
    final int bytes;
    private int leases;

    private Weight(String key, OnnxTensor value, int bytes) {
      this.key = key;
      this.value = value;
      this.bytes = bytes;
    }
  }

  /** Leases a constant, or nothing where it is small or of a kind that must stay in the model. */
  Optional<Weight> lease(TensorProto tensor) throws OrtException {
    ByteString raw = tensor.getRawData();
    Optional<OnnxJavaType> type = type(tensor.getDataType());
    if (raw.size() < MIN_BYTES || type.isEmpty()) {
      return Optional.empty();
    }
    String key = key(tensor);
    synchronized (this) {
      Weight weight = weights.get(key);
      if (weight == null) {
        ByteBuffer memory = BufferPool.allocate(raw.size());
        raw.copyTo(memory);
        memory.flip();
        long[] shape = tensor.getDimsList().stream().mapToLong(Long::longValue).toArray();
        weight =
            new Weight(
                key, OnnxTensor.createTensor(environment, memory, shape, type.get()), raw.size());
        weights.put(key, weight);
        bytes += raw.size();
      }
      weight.leases++;
      return Optional.of(weight);
    }
  }

  /** Leases once more what the caller has on lease already. */
  synchronized void again(Weight weight) {
    weight.leases++;
  }

  synchronized void release(Weight weight) {
    if (--weight.leases == 0) {
      weights.remove(weight.key);
      bytes -= weight.bytes;
      weight.value.close();
    }
  }

  /** Returns the bytes of all constants on lease. */
  synchronized long bytes() {
    return bytes;
  }

  private static Optional<OnnxJavaType> type(int onnxType) {
    return Optional.ofNullable(
        switch (onnxType) {
          case TensorProto.DataType.FLOAT_VALUE -> OnnxJavaType.FLOAT;
          case TensorProto.DataType.DOUBLE_VALUE -> OnnxJavaType.DOUBLE;
          case TensorProto.DataType.FLOAT16_VALUE -> OnnxJavaType.FLOAT16;
          case TensorProto.DataType.INT8_VALUE -> OnnxJavaType.INT8;
          case TensorProto.DataType.UINT8_VALUE -> OnnxJavaType.UINT8;
          default -> null;
        });
  }

  private static String key(TensorProto tensor) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update((tensor.getDataType() + " " + tensor.getDimsList() + " ").getBytes(UTF_8));
      tensor.getRawData().asReadOnlyByteBufferList().forEach(digest::update);
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
