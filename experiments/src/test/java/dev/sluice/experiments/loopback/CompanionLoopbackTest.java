package dev.sluice.experiments.loopback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cloud.CloudWorker;
import dev.sluice.cloud.worker.ModelShelf;
import dev.sluice.edge.EdgeSession;
import dev.sluice.edge.host.ModelNetwork;
import dev.sluice.edge.host.SerialDevice;
import dev.sluice.edge.host.ThreadLoop;
import dev.sluice.edge.host.WorkerCloud;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Place;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.BundleWriter;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.stage.Activation;
import dev.sluice.protocol.channel.ClientOptions;
import dev.sluice.protocol.channel.ServerOptions;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.LatencyDistribution;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.plan.Sends;
import dev.sluice.scheduler.profile.CompanionInfo;
import dev.sluice.scheduler.profile.Profile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pictures that the device sends after it has computed, to a real worker. The companion is the
 * shipped network again, in a bundle whose classes have changed names: its answers are known, and
 * differ from the network's own.
 */
class CompanionLoopbackTest {
  private static final Path SHIPPED = Path.of("bundles", "roadsigns");
  private static final Prediction NO_PREDICTION =
      new Prediction(LatencyDistribution.of(new long[] {1}), 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0);
  private static final int FRAMES = 6;

  /** No exit is ever so sure. */
  private static final double NEVER = 1.5;

  @TempDir private Path folder;
  private final ThreadLoop loop = new ThreadLoop("loop");
  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final ExecutorService background = Executors.newSingleThreadExecutor();
  private Bundle twin;
  private ProgressiveModel model;
  private ModelNetwork device;

  @BeforeEach
  void open() throws Exception {
    Bundle shipped = Bundle.open(SHIPPED);
    copy(shipped, "roadsigns", shipped.manifest().labels(), shipped.manifest().exits());
    List<String> labels = new ArrayList<>(shipped.manifest().labels());
    Collections.rotate(labels, 1);
    ExitInfo last = shipped.manifest().finalExit();
    twin =
        copy(
            shipped,
            "twin",
            labels,
            List.of(new ExitInfo(0, last.cut(), last.head(), last.headMacs(), 1, 0)));
    model = ProgressiveModel.open(shipped, EngineOptions.singleThread());
    device = new ModelNetwork(model);
    int classes = labels.size();
    device.accompaniedBy(
        new CompanionInfo(
            CompanionInfo.VERSION,
            "twin",
            twin.digest(),
            1_000_000,
            IntStream.range(0, classes).mapToObj(i -> (i + classes - 1) % classes).toList()));
  }

  @AfterEach
  void close() throws Exception {
    thread.shutdown();
    background.shutdown();
    assertThat(thread.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    assertThat(background.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    loop.close();
    device.close();
    model.close();
  }

  private Bundle copy(Bundle from, String name, List<String> labels, List<ExitInfo> exits)
      throws IOException {
    BundleManifest old = from.manifest();
    Path to = folder.resolve("served").resolve(name);
    if (exits.equals(old.exits()) && labels.equals(old.labels())) {
      Files.createDirectories(to);
      for (String path : from.paths()) {
        Files.createDirectories(to.resolve(path).getParent());
        Files.write(to.resolve(path), from.file(path));
      }
      Files.copy(SHIPPED.resolve("bundle.json"), to.resolve("bundle.json"));
      return Bundle.open(to);
    }
    BundleWriter writer = BundleWriter.to(to);
    for (String path : from.paths()) {
      writer.put(path, from.file(path));
    }
    return writer.commit(
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            name,
            labels,
            old.preprocessing(),
            old.cuts(),
            exits,
            old.codecs(),
            Map.of(),
            Map.of()),
        false);
  }

  private Frame frame(long id) {
    int width = model.manifest().preprocessing().width();
    int height = model.manifest().preprocessing().height();
    byte[] rgb = new byte[3 * width * height];
    Random random = new Random(id);
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (random.nextInt(60) + 40 * (i / (width * 24) % 4));
    }
    return new Frame(id, "frame " + id, rgb, width, height, loop.nanoTime());
  }

  private int uncut(Frame frame) {
    try (Activation input = model.input(frame.rgb(), frame.width(), frame.height())) {
      return model.scores(model.manifest().finalExit().index(), model.runUncut(input)).predicted();
    }
  }

  private List<EdgeAnswer> answers(Plan plan, Path served) throws Exception {
    List<EdgeAnswer> answers = new ArrayList<>();
    String digest = model.bundle().digest();
    try (CloudWorker worker =
            CloudWorker.start(
                ServerOptions.on("127.0.0.1", 0, "worker"),
                ModelShelf.open(served, EngineOptions.singleThread()),
                1,
                16);
        WorkerCloud cloud =
            new WorkerCloud(
                loop,
                ClientOptions.to("127.0.0.1", worker.port(), digest, "device")
                    .as(
                        new ClientOptions.Identity(
                            "device", List.of(digest, twin.digest()), "", List.of())))) {
      assertThat(cloud.standing().get(20, TimeUnit.SECONDS))
          .isInstanceOf(WorkerCloud.Standing.Connected.class);
      BlockingQueue<EdgeAnswer> came = new LinkedBlockingQueue<>();
      try (EdgeSession session =
          EdgeSession.open(
              new Surroundings(loop, new SerialDevice(loop, thread), cloud, device, background),
              Profile.fromJson(model.bundle().file("profile.json")),
              (estimates, current, now) ->
                  new PlanDecision(plan, "as the test says", NO_PREDICTION, true),
              new Estimators(),
              SessionOptions.of(20_000_000_000L))) {
        for (long id = 0; id < FRAMES; id++) {
          session.submit(frame(id), came::add);
          EdgeAnswer answer = came.poll(30, TimeUnit.SECONDS);
          assertThat(answer).as("answer to frame %d", id).isNotNull();
          answers.add(answer);
        }
      }
    }
    return answers;
  }

  private List<ExitThreshold> neverTo(int exit) {
    return IntStream.rangeClosed(0, exit).mapToObj(e -> new ExitThreshold(e, NEVER)).toList();
  }

  @Test
  void answersWithTheDevicesExitsOffAsIfThePictureHadBeenSentAtOnce() throws Exception {
    int cut = model.manifest().exits().get(1).cut();
    Path served = folder.resolve("served");

    List<EdgeAnswer> later = answers(new Plan(cut, "png", neverTo(1), Sends.PICTURE), served);
    List<EdgeAnswer> atOnce = answers(new Plan(0, "png", List.of()), served);

    for (int i = 0; i < FRAMES; i++) {
      assertThat(later.get(i).place()).isEqualTo(Place.CLOUD);
      assertThat(later.get(i).label()).isEqualTo(uncut(frame(i)));
      assertThat(later.get(i).top()).isEqualTo(atOnce.get(i).top());
      assertThat(later.get(i).exit()).isEqualTo(atOnce.get(i).exit());
      assertThat(later.get(i).bytesSent()).isEqualTo(atOnce.get(i).bytesSent());
    }
  }

  @Test
  void asksTheCompanionWhereTheWholeNetworkIsNotSure() throws Exception {
    int last = model.manifest().finalExit().index();
    Plan cascade =
        new Plan(model.lastCut(), "png", List.of(new ExitThreshold(last, NEVER)), Sends.COMPANION);

    List<EdgeAnswer> answers = answers(cascade, folder.resolve("served"));

    int classes = model.manifest().labels().size();
    for (int i = 0; i < FRAMES; i++) {
      EdgeAnswer answer = answers.get(i);
      assertThat(answer.place()).isEqualTo(Place.CLOUD);
      assertThat(answer.exit()).isEqualTo(last + 1);
      assertThat(answer.degraded()).isFalse();
      assertThat(answer.label()).isEqualTo((uncut(frame(i)) + classes - 1) % classes);
    }
  }

  @Test
  void answersByItselfWhereTheWorkerHasNoCompanion() throws Exception {
    int last = model.manifest().finalExit().index();
    Plan cascade =
        new Plan(model.lastCut(), "png", List.of(new ExitThreshold(last, NEVER)), Sends.COMPANION);

    List<EdgeAnswer> answers = answers(cascade, folder.resolve("served").resolve("roadsigns"));

    for (int i = 0; i < FRAMES; i++) {
      EdgeAnswer answer = answers.get(i);
      assertThat(answer.place()).isEqualTo(Place.DEVICE);
      assertThat(answer.label()).isEqualTo(uncut(frame(i)));
      assertThat(answer.degraded()).isTrue();
      assertThat(answer.reason()).contains("UNKNOWN_MODEL");
    }
  }
}
