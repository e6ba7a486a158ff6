package dev.sluice.training.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.Trainer;
import ai.onnxruntime.OrtException;
import dev.sluice.training.roadsigns.DataSet;
import dev.sluice.training.roadsigns.RoadSigns;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Needs the PyTorch engine; skipped where the build leaves it out. */
class RoadSignsTrainingTest {
  private static final int CLASSES = RoadSigns.labels().size();
  private static final TrainingOptions TINY = new TrainingOptions(5, 3, 96, 2, 16, 0.003, 32, 2);

  @BeforeAll
  static void needsTheEngine() {
    assumeTrue(
        RoadSignsTraining.isAvailable(),
        "skipped: the PyTorch engine is not on the class path (profile torch is off)");
  }

  @Test
  void trainsAndExportsEveryExitWithItsShareOfTheWork() throws OrtException {
    List<Double> done = new ArrayList<>();

    TrainedRoadSigns trained =
        RoadSignsTraining.train(
            TINY,
            (phase, share, left, note) -> {
              assertThat(left.isNegative()).isFalse();
              if (phase.equals("training")) {
                done.add(share);
              }
            });

    assertThat(done).isSorted().last().isEqualTo(1.0);
    assertThat(trained.labels()).hasSize(CLASSES);
    assertThat(trained.exits())
        .extracting(TrainedExit::tensor)
        .containsExactly("stage1_block1", "stage1_block2", "stage2_block1", "stage3_block2");
    assertThat(trained.exits()).extracting(TrainedExit::macShare).isSorted();
    assertThat(OnnxRunner.outputs(trained.backboneOnnx())).containsExactly("logits");
    long total = Long.parseLong(trained.provenance().getOrDefault("network.macs", "0"));
    assertThat(total).isBetween(20_000_000L, 60_000_000L);
    assertThat(trained.exits()).allMatch(exit -> exit.headMacs() <= 0.03 * total);
    assertThat(Long.parseLong(trained.provenance().getOrDefault("network.parameters", "0")))
        .isBetween(100_000L, 450_000L);
  }

  @Test
  void exportsWhatTheEngineComputesAtEveryExit() throws OrtException {
    // The largest relative difference allowed between two engines in float32.
    double tolerance = 1e-4;
    var network = new SignNetwork(CLASSES);
    FramePool pool = FramePool.draw(new RoadSigns(5), DataSet.TRAIN, 96, 2, drawn -> {});
    try (Model model = Model.newInstance("test", Device.cpu(), "PyTorch")) {
      model.setBlock(network);
      try (Trainer trainer = model.newTrainer(RoadSignsTraining.configuration(TINY))) {
        trainer.initialize(new Shape(1, 3, RoadSigns.SIDE, RoadSigns.SIDE));
        // Some steps, so that the running statistics are not the initial ones.
        new JointTrainer(trainer, pool, TINY, CLASSES)
            .run(pool, ProgressListener.SILENT, System::nanoTime);

        int count = 3;
        var pixels = ByteBuffer.allocateDirect(count * RoadSigns.FRAME_BYTES);
        for (int i = 0; i < count; i++) {
          pool.copy(i, pixels);
        }
        pixels.flip();
        try (NDManager manager = trainer.getManager().newSubManager()) {
          NDArray x = JointTrainer.normalised(manager, pixels, count);
          NDList expected = trainer.evaluate(new NDList(x));
          float[] input = x.toFloatArray();
          long[] shape = x.getShape().getShape();

          float[] logits = OnnxRunner.run(NetworkExport.backbone(network), "input", input, shape);
          assertClose(logits, expected.get(5).toFloatArray(), tolerance);

          List<String> branches = List.copyOf(network.branches().keySet());
          for (TrainedExit exit : NetworkExport.exits(network)) {
            NDArray features = features(trainer, network, x, exit.tensor());
            float[] got =
                OnnxRunner.run(
                    exit.onnx(),
                    exit.tensor(),
                    features.toFloatArray(),
                    features.getShape().getShape());
            float[] wanted = expected.get(branches.indexOf(exit.tensor())).toFloatArray();
            assertClose(got, wanted, tolerance);
          }
        }
      }
    }
  }

  /** The backbone's tensor that an exit reads. */
  private static NDArray features(Trainer trainer, SignNetwork network, NDArray x, String at) {
    var store = new ai.djl.training.ParameterStore(trainer.getManager(), false);
    NDArray y = network.stem().apply(store, x, false);
    for (ResidualUnit block : network.blocks()) {
      y = block.apply(store, y, false);
      if (block.name().equals(at)) {
        break;
      }
    }
    return y;
  }

  private static void assertClose(float[] actual, float[] expected, double relative) {
    double largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i]).isCloseTo(expected[i], within(relative * largest));
    }
  }
}
