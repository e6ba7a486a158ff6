package dev.sluice.edge.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.edge.SmallBundle;
import dev.sluice.edge.session.Route;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.scheduler.plan.Plan;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceMemoryTest {
  /*
   * Up to cut 1: a convolution of 64 bytes and a head of 100; picture (768), convolution and ReLU
   * (1,024 each). Up to cut 2: 80 bytes more; three maps at the second ReLU, and one more that a
   * plan without exit 0 might hold. Up to cut 3: 100 bytes more.
   */
  private static final long TO_CUT_1 = 64 + 100 + 768 + 2 * 1024;
  private static final long TO_CUT_2 = 64 + 100 + 80 + 4 * 1024;
  private static final long TO_CUT_3 = TO_CUT_2 + 100;

  @TempDir private Path folder;
  private ProgressiveModel model;

  @BeforeEach
  void open() throws Exception {
    model =
        ProgressiveModel.open(
            SmallBundle.write(folder.resolve("bundle")), EngineOptions.singleThread());
  }

  @AfterEach
  void close() {
    model.close();
  }

  private DeviceMemory of(long bytes) {
    return DeviceMemory.of(model, "float32", bytes);
  }

  @Test
  void findsTheDeepestSplitThatFits() {
    assertThat(of(TO_CUT_1).deepestCut()).isEqualTo(1);
    assertThat(of(TO_CUT_2 - 1).deepestCut()).isEqualTo(1);
    assertThat(of(TO_CUT_2).deepestCut()).isEqualTo(2);
    assertThat(of(TO_CUT_2).deepestExit()).isZero();
    assertThat(of(TO_CUT_3).holdsAll()).isTrue();
    assertThat(of(TO_CUT_3).deepestExit()).isEqualTo(1);
    assertThat(of(1L << 40).neededBytes()).isEqualTo(TO_CUT_3);
  }

  @Test
  void saysHowLittleWouldDo() {
    assertThatThrownBy(() -> of(TO_CUT_1 - 1))
        .isInstanceOf(TooLittleMemoryException.class)
        .hasMessageContaining("at least 3.0 kB");
  }

  @Test
  void holdsThePlansUpToItsDeepestSplit() {
    DeviceMemory memory = of(TO_CUT_2 - 1);
    assertThat(memory.holds(new Plan(0, "raw", List.of()))).isTrue();
    assertThat(memory.holds(new Plan(1, "f32", List.of()))).isTrue();
    assertThat(memory.holds(new Plan(2, "f32", List.of()))).isFalse();
    assertThatThrownBy(() -> memory.require(Plan.local(3, List.of())))
        .isInstanceOf(TooLittleMemoryException.class)
        .hasMessageContaining("needs 4.5 kB")
        .hasMessageContaining("deepest split is 1 of 3");
  }

  @Test
  void compilesNoStageThatDoesNotFit() {
    int deepest = of(TO_CUT_2).deepestCut();
    try (ModelNetwork network = new ModelNetwork(model, "float32", deepest)) {
      assertThat(network.everyExit()).hasSize(1);
      assertThat(network.everyExit().get(0).toCut()).isEqualTo(1);
      try (Route route = network.compile(new Plan(2, "f32", List.of()), true)) {
        assertThat(route.beyond()).isEmpty();
        assertThat(route.stages()).hasSize(1);
      }
      assertThatThrownBy(() -> network.compile(Plan.local(3, List.of()), true))
          .hasMessageContaining("memory ends at cut 2");
    }
  }
}
