package dev.sluice.training.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.initializer.XavierInitializer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Needs the PyTorch engine; skipped where the build leaves it out. */
class GuardedStepsTest {
  private static final int WIDTH = 4;
  private static final int BATCH = 8;
  private static final int STEPS = 60;

  @BeforeAll
  static void needsTheEngine() {
    System.setProperty("ai.djl.offline", "true");
    boolean there;
    try {
      there = Engine.hasEngine("PyTorch") && Engine.getEngine("PyTorch") != null;
    } catch (RuntimeException | LinkageError e) {
      there = false;
    }
    assumeTrue(there, "skipped: the PyTorch engine is not on the class path");
  }

  @Test
  void leavesAnOrdinaryTrainingAsItIs() {
    assertThat(train(-1, 0, true)).isEqualTo(train(-1, 0, false));
  }

  @Test
  void dropsABatchOfGarbageAsIfItHadNeverBeen() {
    // Behind a multiple of the steps between copies, so that no statistics are lost either.
    float[] expected = train(-1, 0, false);

    assertThat(train(40, Float.NaN, true)).isEqualTo(expected);
    assertThat(train(40, 1e5f, true)).isEqualTo(expected);
  }

  @Test
  void losesTheTrainingToTheSameBatchWithoutAGuard() {
    assertThat(train(40, Float.NaN, false)).contains(Float.NaN);
  }

  /** Trains and returns all parameters; an extra step of a spoilt loss comes before a step. */
  private static float[] train(int garbageBefore, float garbage, boolean guarded) {
    Engine.getEngine("PyTorch").setRandomSeed(5);
    SplittableRandom random = new SplittableRandom(9);
    SequentialBlock block =
        new SequentialBlock()
            .add(Linear.builder().setUnits(6).build())
            .add(BatchNorm.builder().build())
            .add(Linear.builder().setUnits(3).build());
    try (Model model = Model.newInstance("guarded", Device.cpu(), "PyTorch")) {
      model.setBlock(block);
      var config =
          new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
              .optDevices(new Device[] {Device.cpu()})
              .optInitializer(new XavierInitializer(), Parameter.Type.WEIGHT)
              .optOptimizer(Optimizer.adam().build());
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(BATCH, WIDTH));
        try (GuardedSteps steps = new GuardedSteps(trainer)) {
          for (int step = 0; step < STEPS; step++) {
            if (step == garbageBefore) {
              float[] ones = new float[BATCH * WIDTH];
              Arrays.fill(ones, 1);
              assertThat(step(trainer, steps, ones, garbage, guarded)).isEqualTo(!guarded);
            }
            float[] values = new float[BATCH * WIDTH];
            for (int i = 0; i < values.length; i++) {
              values[i] = (float) random.nextDouble();
            }
            assertThat(step(trainer, steps, values, 1, guarded)).isTrue();
          }
          assertThat(steps.dropped()).isEqualTo(garbageBefore >= 0 && guarded ? 1 : 0);
        }
        FloatBuffer all = FloatBuffer.allocate(1000);
        for (Parameter parameter : block.getParameters().values()) {
          all.put(parameter.getArray().toFloatArray());
        }
        return Arrays.copyOf(all.array(), all.position());
      }
    }
  }

  private static boolean step(
      Trainer trainer, GuardedSteps steps, float[] values, float factor, boolean guarded) {
    float[] labels = new float[BATCH];
    for (int i = 0; i < BATCH; i++) {
      labels[i] = i % 3;
    }
    try (NDManager scope = trainer.getManager().newSubManager()) {
      float value;
      try (GradientCollector gradients = trainer.newGradientCollector()) {
        NDList out = trainer.forward(new NDList(scope.create(values, new Shape(BATCH, WIDTH))));
        NDArray loss =
            trainer
                .getLoss()
                .evaluate(new NDList(scope.create(labels, new Shape(BATCH))), out)
                .mul(factor);
        gradients.backward(loss);
        value = loss.getFloat();
      }
      if (guarded) {
        return steps.step(value);
      }
      trainer.step();
      return true;
    }
  }
}
