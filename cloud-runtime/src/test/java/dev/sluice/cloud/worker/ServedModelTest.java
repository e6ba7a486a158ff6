package dev.sluice.cloud.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.BatchRunner;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.protocol.codec.PictureCodec;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.ExitThreshold;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.ProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ServedModelTest {
  private static final Path BUNDLE = Path.of("../experiments/bundles/roadsigns");

  /** Logits differ in the last bits where the graph is cut elsewhere. */
  private static final double TOLERANCE = 1e-3;

  private static final int PICTURES = 6;

  private final Queue<Thread> compilers = new ConcurrentLinkedQueue<>();
  private final CountDownLatch slow = new CountDownLatch(1);
  private volatile boolean warm;
  private ProgressiveModel truth;
  private ServedModel served;

  @BeforeEach
  void open() throws IOException {
    truth = ProgressiveModel.open(Bundle.open(BUNDLE), EngineOptions.singleThread());
    served =
        ServedModel.open(
            Bundle.open(BUNDLE),
            EngineOptions.singleThread(),
            model ->
                request -> {
                  if (warm) {
                    compilers.add(Thread.currentThread());
                    waitFor(slow);
                  }
                  return model.compile(request);
                });
  }

  @AfterEach
  void close() {
    slow.countDown();
    served.close();
    truth.close();
  }

  private static void waitFor(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private byte[] rgb(int picture) {
    var size = truth.manifest().preprocessing();
    byte[] rgb = new byte[3 * size.width() * size.height()];
    new Random(picture).nextBytes(rgb);
    return rgb;
  }

  /** A request for a whole picture, with these early exits. */
  private Infer infer(int picture, List<ExitThreshold> exits) {
    var size = truth.manifest().preprocessing();
    byte[] raw = PictureCodec.of("raw").encode(rgb(picture), size.width(), size.height());
    return new Infer(
        1,
        truth.bundle().digest(),
        0,
        "raw",
        new ExitRule(ExitRule.TOP1_PROBABILITY, exits),
        0,
        0,
        List.of(ByteBuffer.wrap(raw)));
  }

  /** What each exit says of a picture. */
  private List<ExitScores> scores(int picture) {
    var size = truth.manifest().preprocessing();
    List<Integer> exits = truth.manifest().exits().stream().map(ExitInfo::index).toList();
    List<ExitScores> scores = new ArrayList<>();
    try (Activation input = truth.input(rgb(picture), size.width(), size.height());
        StageChain chain = truth.compile(StageRequest.of(0, truth.lastCut(), exits))) {
      BatchRunner.run(
              chain,
              input,
              (sample, exit, logits) -> {
                scores.add(truth.scores(exit, logits));
                return false;
              })
          .close();
    }
    return scores;
  }

  private static void check(
      ServedModel.Finished finished, List<ExitThreshold> exits, List<ExitScores> scores) {
    int expected = scores.size() - 1;
    for (int i = exits.size() - 1; i >= 0; i--) {
      ExitThreshold exit = exits.get(i);
      if (scores.get(exit.exit()).confidence() >= exit.threshold()) {
        expected = exit.exit();
      }
    }
    assertThat(finished.exit()).isEqualTo(expected);
    assertThat(finished.confidence())
        .isCloseTo(scores.get(expected).confidence(), within(TOLERANCE));
    assertThat(finished.top().get(0).label()).isEqualTo(scores.get(expected).predicted());
  }

  /** Every subset of the early exits in turn, with thresholds that some pictures reach. */
  private List<List<ExitThreshold>> plans() {
    int early = truth.manifest().exits().size() - 1;
    List<List<ExitThreshold>> plans = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      List<ExitThreshold> exits = new ArrayList<>();
      for (int exit = 0; exit < early; exit++) {
        if ((i >> exit & 1) == 1) {
          exits.add(new ExitThreshold(exit, i % 3 == 0 ? 0.1 : 0.2 + 0.1 * (i % 7)));
        }
      }
      plans.add(exits);
    }
    return plans;
  }

  @Test
  void letsNoRequestWaitForACompilationInAHundredPlanSwitches() throws Exception {
    served.warmUp();
    warm = true;
    List<List<ExitScores>> scores = new ArrayList<>();
    for (int picture = 0; picture < PICTURES; picture++) {
      scores.add(scores(picture));
    }
    List<Callable<Thread>> load = new ArrayList<>();
    for (List<ExitThreshold> plan : plans()) {
      for (int i = 0; i < PICTURES; i++) {
        int picture = i;
        load.add(
            () -> {
              check(served.finish(infer(picture, plan)), plan, scores.get(picture));
              return Thread.currentThread();
            });
      }
    }
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Thread> servers = new ArrayList<>();
      // The compiler hangs all the while: whoever waited for it would never be done.
      for (Future<Thread> answered : threads.invokeAll(load, 50, TimeUnit.SECONDS)) {
        servers.add(answered.get());
      }
      assertThat(servers).hasSize(100 * PICTURES);
      assertThat(compilers).as("one compilation at a time, in the background").hasSize(1);
      assertThat(servers).doesNotContain(compilers.peek());
      slow.countDown();
      for (Future<Thread> answered : threads.invokeAll(load, 50, TimeUnit.SECONDS)) {
        answered.get();
      }
      assertThat(threads.submit(Thread::currentThread).get()).isNotIn(compilers);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void finishesABatchAsItsRequestsOneByOne() throws ProtocolException {
    served.warmUp();
    List<ExitThreshold> plan = List.of(new ExitThreshold(0, 0.35), new ExitThreshold(1, 0.5));
    List<ServedModel.Finished> together = new ArrayList<>();
    List<ServedModel.Asked> asked = new ArrayList<>();
    List<ServedModel.Finished> inOrder = new ArrayList<>();
    List<ProtocolException> refused = new ArrayList<>();
    for (int picture = 0; picture < PICTURES; picture++) {
      int place = picture;
      inOrder.add(served.finish(infer(picture, plan)));
      together.add(inOrder.get(picture));
      asked.add(
          new ServedModel.Asked(
              infer(picture, plan), outcome(f -> together.set(place, f), refused)));
    }
    Infer broken =
        new Infer(
            9,
            truth.bundle().digest(),
            0,
            "raw",
            infer(0, plan).exits(),
            0,
            0,
            List.of(ByteBuffer.allocate(3)));
    asked.add(2, new ServedModel.Asked(broken, outcome(f -> {}, refused)));
    together.replaceAll(f -> new ServedModel.Finished(-1, List.of(), 0, 0, 0));
    served.finish(asked);
    assertThat(refused).hasSize(1);
    for (int picture = 0; picture < PICTURES; picture++) {
      check(together.get(picture), plan, scores(picture));
      assertThat(together.get(picture).exit()).isEqualTo(inOrder.get(picture).exit());
      assertThat(together.get(picture).profiledNanos()).isPositive();
    }
  }

  private static ServedModel.Outcome outcome(
      java.util.function.Consumer<ServedModel.Finished> done, List<ProtocolException> refused) {
    return new ServedModel.Outcome() {
      @Override
      public void finished(ServedModel.Finished finished) {
        done.accept(finished);
      }

      @Override
      public void refused(ProtocolException why) {
        refused.add(why);
      }
    };
  }
}
