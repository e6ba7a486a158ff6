package dev.sluice.model.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** An execution provider was asked for that this build or this machine does not have. */
public final class ProviderUnavailableException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  private final ExecutionProvider.Kind kind;
  private final List<String> available;

  ProviderUnavailableException(
      ExecutionProvider.Kind kind, List<String> available, String why, @Nullable Throwable cause) {
    super(
        "execution provider '%s' is not available: %s; this ONNX Runtime has %s. %s, or choose cpu"
            .formatted(kind.text(), why, String.join(", ", available), remedy(kind)),
        cause);
    this.kind = kind;
    this.available = List.copyOf(available);
  }

  private static String remedy(ExecutionProvider.Kind kind) {
    return switch (kind) {
      case CPU -> "Put ONNX Runtime on the class path";
      case CUDA, TENSORRT ->
          "Put com.microsoft.onnxruntime:onnxruntime_gpu on the class path in place of onnxruntime"
              + " and install what it needs from NVIDIA";
      case OPENVINO -> "Build ONNX Runtime with OpenVINO and put its jar on the class path";
      case COREML -> "Run it on macOS, where ONNX Runtime has Core ML";
    };
  }

  /** Returns what was asked for. */
  public ExecutionProvider.Kind kind() {
    return kind;
  }

  /** Returns the names of the providers that are there. */
  public List<String> available() {
    return available;
  }
}
