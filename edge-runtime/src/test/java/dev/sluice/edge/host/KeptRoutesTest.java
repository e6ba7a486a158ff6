package dev.sluice.edge.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.edge.SmallBundle;
import dev.sluice.edge.session.Route;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptRoutesTest {
  @TempDir private Path folder;
  private final List<String> ran = new ArrayList<>();
  private ProgressiveModel model;
  private ModelNetwork network;
  private KeptRoutes kept;

  @BeforeEach
  void open() throws Exception {
    Bundle bundle = SmallBundle.write(folder.resolve("bundle"));
    model =
        ProgressiveModel.open(
            bundle,
            EngineOptions.singleThread(),
            (from, to, batch, nanos) -> ran.add(from + "-" + to),
            System::nanoTime);
    network = new ModelNetwork(model);
    kept = new KeptRoutes(network);
  }

  @AfterEach
  void close() {
    kept.close();
    network.close();
    model.close();
  }

  private static Plan whole(double threshold) {
    return Plan.local(3, List.of(new ExitThreshold(0, threshold)));
  }

  @Test
  void anotherThresholdComputesNothingAnew() {
    Route first = kept.compile(whole(0.9), false);
    ran.clear();
    Route second = kept.compile(whole(0.7), false);

    assertThat(ran).isEmpty();
    assertThat(second.stages()).isEqualTo(first.stages()).hasSize(2);
    assertThat(second.stages().get(0).exit()).hasValue(0);
  }

  @Test
  void otherExitsAndOtherSplitsAreCompiled() {
    kept.compile(whole(0.9), false);
    ran.clear();

    assertThat(kept.compile(Plan.local(3, List.of()), false).stages()).hasSize(1);
    assertThat(kept.compile(whole(1.5), false).stages()).as("never stops at exit 0").hasSize(1);
    assertThat(kept.compile(Plan.local(1, List.of(new ExitThreshold(0, 0))), false).stages())
        .hasSize(1);
    assertThat(ran).as("warmed up, one stage each, but for those that are alike").hasSize(2);
  }

  @Test
  void aRouteStaysOpenWhenItsUserIsDone() {
    kept.compile(whole(0.9), false).close();
    Route again = kept.compile(whole(0.8), false);
    ran.clear();

    again.stages().get(0).run(kept.input(network.blankFrame())).live().close();

    assertThat(ran).containsExactly("0-1");
  }
}
