package dev.sluice.cloud.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.cloud.admission.ComputeQueue;
import dev.sluice.cloud.admission.LoadMeter;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.protocol.channel.ReceiveStamps;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.Infer;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.Profile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a device believes of a worker that finishes its requests together with those of others. The
 * worker's code is the real one; its clock shows what the test says that a batch takes, and the
 * link takes no longer than its round trip.
 */
class BatchBeliefTest {
  private static final long PERIOD_NANOS = 100_000_000;
  private static final long ROUND_TRIP_NANOS = 10_000_000;
  private static final double FAST_BYTES_PER_SECOND = 1e9;
  private static final int ROUNDS = 40;

  /** The worker's time over the profile's for a request that is computed alone. */
  private static final double SCALE = 4;

  private static final Plan PICTURE = new Plan(0, "raw", List.of());
  private static final Plan JPEG = new Plan(0, "jpeg-75", List.of());
  private static final BundleFacts FACTS = facts();

  private static BundleFacts facts() {
    try {
      Bundle bundle = Bundle.open(Turns.BUNDLE);
      BundleManifest manifest = bundle.manifest();
      Profile profile = Profile.fromJson(bundle.file("profile.json"));
      double macs = manifest.cuts().get(manifest.lastCut()).macsBefore();
      return new BundleFacts(
          manifest.lastCut(),
          manifest.exits().stream()
              .map(exit -> new BundleFacts.ExitFact(exit.index(), exit.cut()))
              .toList(),
          manifest.cuts().stream()
              .map(cut -> new BundleFacts.CutFact(cut.index(), cut.macsBefore() / macs))
              .toList(),
          profile.codecs().stream()
              .map(cost -> new BundleFacts.CodecFact(cost.cut(), cost.codec()))
              .toList(),
          profile,
          CalibrationTable.read(bundle.file("calibration.bin")),
          CalibrationTable.read(bundle.file("certification.bin")));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** What the profile says of a whole request in a codec at the worker. */
  private static double profiledNanos(Plan plan) {
    return new Predictor(FACTS, List.of(plan), 0, 0)
        .predict(0, estimates(1, 0))
        .workerComputeNanos();
  }

  private static Estimates estimates(double workerScale, long queueNanos) {
    return Estimates.of(
        LinkState.UP,
        FAST_BYTES_PER_SECOND,
        0,
        ROUND_TRIP_NANOS,
        0,
        1,
        workerScale,
        queueNanos,
        PERIOD_NANOS);
  }

  /** A worker whose turns take as long as the test says. */
  private static final class Worker implements AutoCloseable {
    private final ModelShelf models;
    private final ComputeQueue queue;
    private final RequestFinisher finisher;
    private final String digest;
    private final Turns.Answers answers = new Turns.Answers();

    /** What the clock will show, look by look. */
    private final Deque<Long> looks = new ArrayDeque<>();

    private long lookNanos;

    Worker(int largestBatch) throws IOException {
      models = ModelShelf.open(Turns.BUNDLE, EngineOptions.singleThread());
      queue = new ComputeQueue(1, 64);
      finisher = new RequestFinisher(models, queue, new LoadMeter(1, 0), this::look, largestBatch);
      digest = models.models().get(0).digest();
    }

    private synchronized long look() {
      lookNanos = looks.isEmpty() ? lookNanos : looks.remove();
      return lookNanos;
    }

    /** A turn looks when it begins, for every answer, and once more at the end of a batch. */
    private synchronized long script(long startNanos, int requests, double nanos) {
      long end = startNanos + Math.round(nanos);
      looks.add(startNanos);
      for (int i = 0; i < (requests == 1 ? 1 : requests + 1); i++) {
        looks.add(end);
      }
      return end;
    }

    /** Has requests wait together, then computed; the answers in the order in which they came. */
    List<Answer> finish(List<Infer> requests, long nowNanos) throws InterruptedException {
      Turns.Held held = new Turns.Held(queue);
      for (Infer request : requests) {
        finisher.onInfer(
            request, new ReceiveStamps(nowNanos, nowNanos), answers.to(request.requestId()));
      }
      held.letGo();
      List<Answer> all = answers.next(requests.size());
      while (queue.unfinished() > 0) {
        Thread.onSpinWait();
      }
      return all;
    }

    Infer request(long id, Plan plan) {
      ByteBuffer payload = plan.equals(JPEG) ? onePixelJpeg() : Turns.onePixel();
      return new Infer(id, digest, 0, plan.codec(), ExitRule.NONE, 0, 0, List.of(payload));
    }

    @Override
    public void close() {
      queue.close();
      models.close();
    }
  }

  private static ByteBuffer onePixelJpeg() {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      assertThat(ImageIO.write(new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB), "jpeg", out))
          .isTrue();
      return ByteBuffer.wrap(out.toByteArray());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * What one of several devices is told, each of which sends a picture at the same time.
   *
   * @param estimates what it believes of the worker then
   * @param insideNanos how long its request was at the worker, the last time
   * @param stamps of the last request
   */
  private record Told(Estimates estimates, long insideNanos, Answer last) {}

  private static Told told(Worker worker, int devices, double batchNanos)
      throws InterruptedException {
    Estimators estimators = new Estimators();
    long profiled = Math.round(profiledNanos(PICTURE));
    Answer mine = null;
    for (int round = 1; round <= ROUNDS; round++) {
      long now = round * PERIOD_NANOS;
      worker.script(now, devices, batchNanos);
      List<Infer> requests = new ArrayList<>();
      for (int device = 0; device < devices; device++) {
        requests.add(worker.request(device + 1, PICTURE));
      }
      mine = worker.finish(requests, now).get(0);
      estimators.onWorker(
          mine.stamps().queueNanos(),
          mine.stamps().computeNanos(),
          profiled,
          mine.stamps().endNanos());
      estimators.onLoad(mine.load().busyFraction(), mine.load().computeScale());
    }
    assertThat(mine).isNotNull();
    return new Told(estimators.at(mine.stamps().endNanos()), mine.stamps().insideNanos(), mine);
  }

  /** The prediction of a device that believes so, and knows the link. */
  private static Prediction predicted(Plan plan, Estimates believed) {
    Estimates known = estimates(believed.workerScale(), believed.workerQueueNanos());
    return new Predictor(FACTS, List.of(plan), 0, 0)
        .predict(0, known.withWorker(believed.worker()));
  }

  private static double metNanos(Plan plan, long insideNanos) {
    return predicted(plan, estimates(1e-4, 0)).meanLatencyNanos() + insideNanos;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 8})
  void aDeviceExpectsTheLatencyItMeetsWhereABatchGainsNothing(int devices) throws Exception {
    holds(devices, requests -> requests);
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8})
  void andWhereItGainsALot(int devices) throws Exception {
    holds(devices, requests -> 1 + 0.1 * (requests - 1));
  }

  private static void holds(int devices, IntToDoubleFunction gain) throws Exception {
    double alone = SCALE * profiledNanos(PICTURE);
    double batchNanos = alone * gain.applyAsDouble(devices);
    try (Worker worker = new Worker(devices)) {
      Told told = told(worker, devices, batchNanos);
      Prediction predicted = predicted(PICTURE, told.estimates());

      assertThat(told.insideNanos()).isEqualTo(Math.round(batchNanos));
      double met = metNanos(PICTURE, told.insideNanos());
      assertThat(predicted.meanLatencyNanos()).isCloseTo(met, within(0.05 * met));
      double share = batchNanos / devices;
      assertThat(predicted.workerComputeNanos())
          .as("compute per frame, which objectives bound and minimise")
          .isCloseTo(share, within(0.05 * share));
      assertThat(told.estimates().workerScale())
          .as("as the worker reports itself")
          .isCloseTo(told.last().load().computeScale(), within(0.05 * SCALE));
      double others = told.estimates().worker().others() / told.estimates().worker().utilisation();
      assertThat(others)
          .as("share of the worker's load that stays when this device leaves")
          .isCloseTo((devices - 1.0) / devices, within(0.1));
    }
  }

  /**
   * A request of another kind is in no batch: it comes behind the others' and takes its own time,
   * not as many times that as the batch has requests.
   */
  @ParameterizedTest
  @CsvSource({"4", "8"})
  void aDeviceKnowsWhatAPlanTakesThatIsInNoBatch(int devices) throws Exception {
    try (Worker worker = new Worker(devices)) {
      double alone = SCALE * profiledNanos(PICTURE);
      Told told = told(worker, devices, alone * devices);
      long now = (ROUNDS + 1) * PERIOD_NANOS;
      long batchEnd = worker.script(now, devices - 1, alone * (devices - 1));
      worker.script(batchEnd, 1, SCALE * profiledNanos(JPEG));
      List<Infer> requests = new ArrayList<>();
      for (int device = 1; device < devices; device++) {
        requests.add(worker.request(device + 1, PICTURE));
      }
      requests.add(worker.request(99, JPEG));
      List<Answer> answers = worker.finish(requests, now);
      Answer mine = answers.get(answers.size() - 1);
      assertThat(mine.requestId()).isEqualTo(99);

      double met = metNanos(JPEG, mine.stamps().insideNanos());
      assertThat(predicted(JPEG, told.estimates()).meanLatencyNanos())
          .isCloseTo(met, within(0.05 * met));
    }
  }

  @Test
  void theSharesOfABatchAreItsWholeTimeAndNothingIsLost() throws Exception {
    try (Worker worker = new Worker(4)) {
      worker.script(1_000, 4, 400);
      List<Answer> answers =
          worker.finish(
              List.of(
                  worker.request(1, PICTURE),
                  worker.request(2, PICTURE),
                  worker.request(3, PICTURE),
                  worker.request(4, PICTURE)),
              700);

      assertThat(answers).extracting(a -> a.stamps().computeNanos()).containsOnly(100L);
      assertThat(answers).extracting(a -> a.stamps().queueNanos()).containsOnly(600L);
      assertThat(answers).extracting(a -> a.stamps().insideNanos()).containsOnly(700L);
    }
  }
}
