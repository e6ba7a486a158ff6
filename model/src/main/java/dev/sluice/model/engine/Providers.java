package dev.sluice.model.engine;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import ai.onnxruntime.providers.OrtTensorRTProviderOptions;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Asks the engine for execution providers. */
final class Providers {
  private Providers() {}

  private static OrtProvider theirs(ExecutionProvider.Kind kind) {
    return switch (kind) {
      case CPU -> OrtProvider.CPU;
      case CUDA -> OrtProvider.CUDA;
      case TENSORRT -> OrtProvider.TENSOR_RT;
      case OPENVINO -> OrtProvider.OPEN_VINO;
      case COREML -> OrtProvider.CORE_ML;
    };
  }

  static List<String> available() {
    EnumSet<OrtProvider> there = OrtEnvironment.getAvailableProviders();
    return there.stream().map(each -> each.name().toLowerCase(Locale.ROOT)).toList();
  }

  static void requireAvailable(ExecutionProvider provider) {
    if (!OrtEnvironment.getAvailableProviders().contains(theirs(provider.kind()))) {
      throw new ProviderUnavailableException(
          provider.kind(), available(), "ONNX Runtime was built without it", null);
    }
  }

  /** Adds a provider to a session's; the CPU is always there and computes what others cannot. */
  static void append(ExecutionProvider provider, SessionOptions session) {
    try {
      switch (provider.kind()) {
        case CPU -> {}
        case CUDA -> {
          try (OrtCUDAProviderOptions options = new OrtCUDAProviderOptions(provider.device())) {
            for (Map.Entry<String, String> each : provider.settings().entrySet()) {
              options.add(each.getKey(), each.getValue());
            }
            session.addCUDA(options);
          }
        }
        case TENSORRT -> {
          try (OrtTensorRTProviderOptions options =
              new OrtTensorRTProviderOptions(provider.device())) {
            for (Map.Entry<String, String> each : provider.settings().entrySet()) {
              options.add(each.getKey(), each.getValue());
            }
            session.addTensorrt(options);
          }
        }
        case OPENVINO ->
            session.addOpenVINO(provider.settings().getOrDefault("device_type", "CPU"));
        case COREML -> session.addCoreML(provider.settings());
      }
    } catch (OrtException | UnsatisfiedLinkError e) {
      throw new ProviderUnavailableException(
          provider.kind(), available(), String.valueOf(e.getMessage()).strip(), e);
    }
  }
}
