package dev.sluice.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExecutionProviderTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "cpu",
        "cuda",
        "cuda:1",
        "tensorrt:2,trt_engine_cache_enable=1,trt_fp16_enable=1",
        "openvino,device_type=GPU",
        "coreml,MLComputeUnits=ALL"
      })
  void readsBackWhatItWrites(String text) {
    assertThat(ExecutionProvider.parse(text)).hasToString(text);
  }

  @Test
  void readsKindDeviceAndSettings() {
    assertThat(ExecutionProvider.parse(" CUDA:3, a=b ,c=d=e"))
        .isEqualTo(
            new ExecutionProvider(ExecutionProvider.Kind.CUDA, 3, Map.of("a", "b", "c", "d=e")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "gpu", "cuda:x", "cuda:-1", "cpu:1", "cpu,a=b", "cuda,a", "coreml:1"})
  void refusesWhatIsNone(String text) {
    assertThatThrownBy(() -> ExecutionProvider.parse(text))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CPU")
  @SuppressWarnings("try") // It only has to be there.
  void namesTheProviderThatIsMissingAndThoseThatAreThere(ExecutionProvider.Kind kind) {
    EngineOptions options =
        EngineOptions.singleThread().on(new ExecutionProvider(kind, 0, Map.of()));
    try (OnnxEngine there = OnnxEngine.start(EngineOptions.singleThread())) {
      assumeTrue(!Providers.available().contains(kind.text()), kind + " is there: test skipped");
      assertThatThrownBy(() -> OnnxEngine.start(options))
          .isInstanceOfSatisfying(
              ProviderUnavailableException.class,
              e -> {
                assertThat(e.kind()).isEqualTo(kind);
                assertThat(e.available()).contains("cpu");
              })
          .hasMessageContaining(kind.text())
          .hasMessageContaining("cpu");
    }
  }
}
