package dev.sluice.model.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.model.BatchOutcome;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.TinyBundles;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.model.graph.MaskedNetworks;
import dev.sluice.model.graph.TinyNetworks;
import dev.sluice.model.tensor.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BatchRunnerTest {
  /** Kernels for batches round otherwise in the last bits. */
  private static final float TOLERANCE = 1e-4f;

  private static final int CLASSES = 5;
  private static final int PICTURE = 3 * 8 * 8;

  @TempDir private Path folder;

  /** Stages run, as "from-to x batch". */
  private final List<String> ran = new ArrayList<>();

  private final List<ProgressiveModel> models = new ArrayList<>();

  @AfterEach
  void close() {
    models.forEach(ProgressiveModel::close);
  }

  private ProgressiveModel open(Bundle bundle) throws IOException {
    ProgressiveModel model =
        ProgressiveModel.open(
            bundle,
            EngineOptions.singleThread(),
            (from, to, batch, nanos) -> ran.add(from + "-" + to + " x" + batch),
            () -> 0);
    models.add(model);
    return model;
  }

  private ProgressiveModel open(String network) throws IOException {
    return open(
        network.equals("tiny")
            ? TinyBundles.write(folder.resolve(network))
            : TinyBundles.masked(folder.resolve(network), MaskedNetworks.Batch.valueOf(network)));
  }

  private static Activation input(ProgressiveModel model, float[] values) {
    return model.activation(0, List.of(FloatBuffer.wrap(values)));
  }

  private static StageChain everyExit(ProgressiveModel model, int from, int to) {
    return model.compile(
        StageRequest.of(
            from,
            to,
            model.manifest().exits().stream()
                .filter(exit -> exit.cut() > from && exit.cut() <= to)
                .map(ExitInfo::index)
                .toList()));
  }

  /** What one sample has seen: the exits in order, each with its logits. */
  private record Seen(List<Integer> exits, List<float[]> logits) {
    Seen() {
      this(new ArrayList<>(), new ArrayList<>());
    }
  }

  /** Where each sample leaves; {@code exits} for never. */
  private static BatchRunner.Gate leavingAt(int[] leaves, Seen[] seen) {
    return (sample, exit, logits) -> {
      assertThat(logits).hasSize(CLASSES);
      seen[sample].exits().add(exit);
      seen[sample].logits().add(logits);
      return leaves[sample] == exit;
    };
  }

  private static Seen[] nothing(int batch) {
    return IntStream.range(0, batch).mapToObj(i -> new Seen()).toArray(Seen[]::new);
  }

  /** Each network, batch size and seed: random places to leave; some leave nowhere at all. */
  @ParameterizedTest
  @CsvSource({
    "tiny, 1, 1",
    "tiny, 2, 2",
    "tiny, 3, 3",
    "tiny, 8, 4",
    "tiny, 33, 5",
    "OPEN, 1, 6",
    "OPEN, 2, 7",
    "OPEN, 5, 8",
    "OPEN, 16, 9",
    "FIXED_OUTSIDE, 1, 10",
    "FIXED_OUTSIDE, 6, 11",
    "FIXED_INSIDE, 1, 12",
    "FIXED_INSIDE, 6, 13",
    "MIXED, 1, 14",
    "MIXED, 6, 15"
  })
  void givesEachSampleWhatItGetsAlone(String network, int batch, long seed) throws IOException {
    ProgressiveModel model = open(network);
    Random random = new Random(seed);
    int exits = model.manifest().exits().size();
    for (int round = 0; round < 6; round++) {
      float[] values = TinyNetworks.noise(batch * PICTURE, seed * 100 + round);
      int[] leaves = random.ints(batch, 0, exits + 1).toArray();
      if (round == 0) {
        Arrays.fill(leaves, 0);
      } else if (round == 1) {
        Arrays.fill(leaves, exits);
      }
      try (StageChain chain = everyExit(model, 0, model.lastCut());
          Activation input = input(model, values)) {
        Seen[] together = nothing(batch);
        try (BatchRunner.Remainder rest =
            BatchRunner.run(chain, input, leavingAt(leaves, together))) {
          assertThat(rest.samples())
              .as("round %d: who is left", round)
              .isEqualTo(IntStream.range(0, batch).filter(i -> leaves[i] == exits).toArray());
          assertThat(rest.live().isPresent()).isEqualTo(rest.samples().length > 0);
        }
        for (int sample = 0; sample < batch; sample++) {
          float[] own = Arrays.copyOfRange(values, sample * PICTURE, (sample + 1) * PICTURE);
          Seen[] alone = nothing(1);
          try (Activation single = input(model, own)) {
            BatchRunner.run(chain, single, leavingAt(new int[] {leaves[sample]}, alone)).close();
          }
          assertThat(together[sample].exits()).isEqualTo(alone[0].exits());
          for (int i = 0; i < alone[0].logits().size(); i++) {
            assertThat(together[sample].logits().get(i))
                .as("round %d, sample %d, exit %d", round, sample, alone[0].exits().get(i))
                .containsExactly(alone[0].logits().get(i), within(TOLERANCE));
          }
        }
      }
    }
  }

  /** Samples that are all the same are mixed into what each would be alone. */
  @Test
  void doesNotTrustANetworkWithBatchesForOneBatchOfEqualSamples() throws IOException {
    ProgressiveModel model = open("MIXED");
    float[] one = TinyNetworks.noise(PICTURE, 91);
    float[] equal = Arrays.copyOf(one, 2 * PICTURE);
    System.arraycopy(one, 0, equal, PICTURE, PICTURE);
    float[] values = TinyNetworks.noise(3 * PICTURE, 92);
    try (Activation same = input(model, equal);
        Activation input = input(model, values)) {
      model.runUncut(same);
      float[] together = model.runUncut(input);
      for (int sample = 0; sample < 3; sample++) {
        float[] own = Arrays.copyOfRange(values, sample * PICTURE, (sample + 1) * PICTURE);
        try (Activation single = input(model, own)) {
          assertThat(Arrays.copyOfRange(together, sample * CLASSES, (sample + 1) * CLASSES))
              .as("sample %d", sample)
              .containsExactly(model.runUncut(single), within(TOLERANCE));
        }
      }
    }
  }

  @Test
  void neverTrustsAgainWhatOnceMixedSamples() {
    BatchSession.Experience experience = new BatchSession.Experience();
    experience.mixed();
    experience.kept();
    assertThat(experience.manner()).isEqualTo(BatchSession.Manner.ONE_BY_ONE);
  }

  @ParameterizedTest
  @CsvSource({
    "Infinity, 1",
    "-Infinity, 1",
    "1, Infinity",
    "Infinity, -Infinity",
    "NaN, Infinity",
    "1, NaN"
  })
  void takesAnInfiniteValueForNoFiniteOne(float actual, float expected) {
    assertThat(BatchSession.isClose(floats(2, actual), floats(2, expected), TensorType.FLOAT32))
        .isFalse();
    assertThat(BatchSession.isClose(floats(2, expected), floats(2, expected), TensorType.FLOAT32))
        .isTrue();
  }

  private static ByteBuffer floats(float... values) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return buffer;
  }

  @Test
  void computesEachStageForThoseThatAreStillThere() throws IOException {
    ProgressiveModel model = open("OPEN");
    try (StageChain chain = everyExit(model, 0, model.lastCut());
        Activation input = input(model, TinyNetworks.noise(8 * PICTURE, 50))) {
      int[] leaves = {0, 2, 1, 0, 2, 0, 1, 0};
      BatchRunner.run(chain, input, leavingAt(leaves, nothing(8))).close();
      assertThat(ran).containsExactly("0-2 x8", "2-3 x4", "3-4 x2");
      ran.clear();
      BatchRunner.run(chain, input, leavingAt(new int[8], nothing(8))).close();
      assertThat(ran).containsExactly("0-2 x8");
    }
  }

  @ParameterizedTest
  @EnumSource(MaskedNetworks.Batch.class)
  void finishesElsewhereWhatIsLeftAtASplitOfSeveralTensors(MaskedNetworks.Batch kind)
      throws IOException {
    ProgressiveModel model = open(kind.name());
    int batch = 5;
    float[] values = TinyNetworks.noise(batch * PICTURE, 60);
    int[] leaves = {0, 9, 0, 9, 9};
    for (int split = 2; split < model.lastCut(); split++) {
      try (StageChain device = everyExit(model, 0, split);
          StageChain cloud = everyExit(model, split, model.lastCut());
          Activation input = input(model, values);
          BatchRunner.Remainder rest =
              BatchRunner.run(device, input, leavingAt(leaves, nothing(batch)))) {
        assertThat(rest.samples()).containsExactly(1, 3, 4);
        Activation live = rest.live().orElseThrow();
        List<ByteBuffer> sent = new ArrayList<>();
        for (int i = 0; i < live.shapes().size(); i++) {
          assertThat(live.type(i)).isEqualTo(model.manifest().cuts().get(split).types().get(i));
          ByteBuffer view = live.bytes(i);
          sent.add(ByteBuffer.allocate(view.remaining()).put(view).flip());
        }
        Seen[] seen = nothing(3);
        try (Activation received = model.activationOfBytes(split, sent)) {
          assertThat(received.batch()).isEqualTo(3);
          BatchRunner.run(cloud, received, leavingAt(new int[] {9, 9, 9}, seen)).close();
        }
        for (int i = 0; i < 3; i++) {
          int sample = rest.samples()[i];
          float[] own = Arrays.copyOfRange(values, sample * PICTURE, (sample + 1) * PICTURE);
          try (Activation single = input(model, own)) {
            List<float[]> logits = seen[i].logits();
            assertThat(logits.get(logits.size() - 1))
                .as("split %d, sample %d", split, sample)
                .containsExactly(model.runUncut(single), within(TOLERANCE));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"top1 >= 0.3", "entropy <= 1.5 nats", "patience 1", "margin >= 0.05", "never"})
  void judgesEachSampleByItselfAlsoWhereThePolicyRemembers(String text) throws IOException {
    ProgressiveModel model = open("OPEN");
    ExitPolicy policy = ExitPolicy.parse(text);
    ExitPolicies policies =
        ExitPolicies.of(3, CLASSES, Map.of(0, policy, 1, policy), PolicyData.NONE);
    int batch = 12;
    float[] values = TinyNetworks.noise(batch * PICTURE, 65);
    try (StageChain chain = everyExit(model, 0, model.lastCut());
        Activation input = input(model, values);
        BatchOutcome together = model.run(chain, input, policies)) {
      assertThat(together.rest().samples()).isEmpty();
      for (int sample = 0; sample < batch; sample++) {
        float[] own = Arrays.copyOfRange(values, sample * PICTURE, (sample + 1) * PICTURE);
        try (Activation single = input(model, own);
            BatchOutcome alone = model.run(chain, single, policies)) {
          BatchOutcome.Answered expected = alone.answers().get(0).orElseThrow();
          BatchOutcome.Answered actual = together.answers().get(sample).orElseThrow();
          assertThat(actual.exit()).as("sample %d", sample).isEqualTo(expected.exit());
          assertThat(actual.scores().confidence())
              .isCloseTo(expected.scores().confidence(), within((double) TOLERANCE));
        }
      }
    }
  }

  @Test
  void keepsWhatTheFusedEncoderMadeOfThoseThatAreLeft() throws IOException {
    ProgressiveModel model = open("tiny");
    StageRequest fused =
        StageRequest.of(0, 2, List.of(0, 1)).encodedInLastStageBy(TinyBundles.DOUBLING);
    try (StageChain chain = model.compile(fused);
        Activation input = input(model, TinyNetworks.noise(4 * PICTURE, 70));
        BatchRunner.Remainder rest =
            BatchRunner.run(chain, input, leavingAt(new int[] {1, 9, 0, 9}, nothing(4)))) {
      assertThat(chain.encoder()).isEmpty();
      assertThat(rest.samples()).containsExactly(1, 3);
      FloatBuffer live = rest.live().orElseThrow().floats(0);
      FloatBuffer encoded = rest.encoded().orElseThrow().floats(0);
      assertThat(encoded.remaining()).isEqualTo(live.remaining()).isEqualTo(2 * 4 * 8 * 8);
      for (int i = 0; i < live.remaining(); i++) {
        assertThat(encoded.get(i)).isEqualTo(2 * live.get(i));
      }
    }
  }

  @Test
  void handsOverWhatCameInWhereTheChainHasNoStage() throws IOException {
    ProgressiveModel model = open("tiny");
    try (StageChain chain = model.compile(StageRequest.of(0, 0, List.of()));
        Activation input = input(model, TinyNetworks.noise(2 * PICTURE, 80));
        BatchRunner.Remainder rest = BatchRunner.run(chain, input, (s, e, l) -> true)) {
      assertThat(rest.samples()).containsExactly(0, 1);
      assertThat(rest.live().orElseThrow().floats(0)).isEqualTo(input.floats(0));
    }
  }

  @Test
  void freesEverythingWhereTheGateFails() throws IOException {
    ProgressiveModel model = open("tiny");
    try (StageChain chain = everyExit(model, 0, model.lastCut());
        Activation input = input(model, TinyNetworks.noise(2 * PICTURE, 90))) {
      assertThatThrownBy(
              () ->
                  BatchRunner.run(
                      chain,
                      input,
                      (sample, exit, logits) -> {
                        throw new IllegalStateException("no such sample wanted");
                      }))
          .hasMessage("no such sample wanted");
      BatchRunner.run(chain, input, (sample, exit, logits) -> false).close();
    }
  }

  @Test
  void refusesTensorsOfAnotherTypeOrBatch() throws IOException {
    ProgressiveModel model = open("OPEN");
    ByteBuffer floats = ByteBuffer.allocate(4 * 4 * 8 * 8);
    ByteBuffer mask = ByteBuffer.allocate(8 * 8);
    ByteBuffer index = ByteBuffer.allocate(8 * 8 * 8);
    model.activationOfBytes(1, List.of(floats, mask, index)).close();
    assertThatThrownBy(() -> model.activationOfBytes(1, List.of(floats, index, mask)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> model.activationOfBytes(1, List.of(floats, mask)))
        .hasMessageContaining("2 buffers for 3 tensors");
    assertThatThrownBy(
            () ->
                model.activationOfBytes(1, List.of(floats, ByteBuffer.allocate(2 * 8 * 8), index)))
        .hasMessageContaining("different batches");
    assertThatThrownBy(() -> model.activation(1, List.of(FloatBuffer.allocate(4 * 8 * 8))))
        .hasMessageContaining("BOOL");
    assertThatThrownBy(() -> model.activationOfBytes(5, List.of()))
        .isInstanceOf(NoSuchCutException.class)
        .hasMessageContaining("last cut is 4");
    try (Activation two = model.activationOfBytes(3, List.of(floats, index));
        StageChain chain = model.compile(StageRequest.of(1, 2, List.of()))) {
      assertThatThrownBy(() -> chain.stages().get(0).run(two))
          .hasMessageContaining("INT64")
          .hasMessageContaining("BOOL");
      assertThatThrownBy(() -> two.floats(1)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> two.rows(new int[] {1}))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
