package dev.sluice.experiments.demo;

import dev.sluice.cloud.worker.ModelShelf;
import dev.sluice.cloud.worker.ServedModel;
import dev.sluice.experiments.report.Terminal;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleException;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.training.data.LabelledImages;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The main job, for real: a stream of frames through an edge agent, an emulated link and a cloud
 * worker, each in a process of its own; then the same for the rivals, one after another.
 */
public final class Demo {
  private static final Duration START_PATIENCE = Duration.ofSeconds(60);
  private static final int MAIN_STREAM = 0;
  private static final int RIVALRY_STREAM = 1;

  /** A network that is right less often than this many random guesses has the wrong pictures. */
  private static final double CHANCES = 2;

  private final DemoOptions options;
  private final TestImages images;
  private final Terminal terminal;

  /**
   * Prepares a demo.
   *
   * @param images to stream
   * @param terminal shows the streams as they run
   */
  public Demo(DemoOptions options, TestImages images, Terminal terminal) {
    this.options = options;
    this.images = images;
    this.terminal = terminal;
  }

  /**
   * Runs it. Whatever happens, no process is left behind.
   *
   * @throws BundleException if the bundle cannot be used
   * @throws DemoException if a process dies or something needed is missing
   */
  public DemoResult run() throws BundleException, IOException, InterruptedException {
    Programs programs =
        new Programs(
            options.bundle(),
            options.goal(),
            options.device(),
            options.precision(),
            options.engine());
    Bundle bundle = Bundle.open(options.bundle());
    try (Children children = new Children();
        ProgressiveModel model = ProgressiveModel.open(bundle, EngineOptions.singleThread())) {
      ChildProcess worker = children.start(programs.worker(), line -> {});
      LabelledImages mainImages = images.stream(options.scenario().frames(), MAIN_STREAM);
      LabelledImages rivalImages = images.stream(options.rivalry().frames(), RIVALRY_STREAM);
      boolean[] mainUncut = AccuracyFloor.uncutRight(model, mainImages);
      checkAboveChance(mainUncut, bundle.manifest().labels().size());
      boolean[] rivalUncut = AccuracyFloor.uncutRight(model, rivalImages);
      String workerAddress = worker.awaitReady(START_PATIENCE);

      terminal.print(
          "%s: %s at %s frames/s, device emulated at %d ms for the whole network"
              .formatted(
                  bundle.manifest().name(),
                  images.description(),
                  String.format(Locale.ROOT, "%.0f", options.scenario().framesPerSecond()),
                  options.device().toMillis()));
      terminal.print("goal: " + options.goal().text());
      StreamResult main =
          new StreamRun(
                  Strategy.SLUICE,
                  options.scenario(),
                  mainImages,
                  mainUncut,
                  options.goal().deadlineNanos())
              .run(children, workerAddress, programs, this::show);

      FutureTask<List<PlanAccuracy>> floor =
          inBackground(() -> floor(bundle, model, main.mostUsed(options.floorPlans())));
      List<StreamResult> strategies = new ArrayList<>();
      for (Strategy strategy : options.strategies()) {
        strategies.add(
            new StreamRun(
                    strategy,
                    options.rivalry(),
                    rivalImages,
                    rivalUncut,
                    options.goal().deadlineNanos())
                .run(children, workerAddress, programs, this::show));
      }
      return new DemoResult(
          bundle.manifest().name(),
          images.description(),
          options.goal(),
          main,
          strategies,
          joined(floor),
          options.device().toNanos() / 1e6);
    }
  }

  private void checkAboveChance(boolean[] uncutRight, int classes) {
    int right = 0;
    for (boolean each : uncutRight) {
      right += each ? 1 : 0;
    }
    double accuracy = (double) right / uncutRight.length;
    if (accuracy < Math.min(0.6, CHANCES / classes)) {
      throw new DemoException(
          "the uncut network is right on %.0f %% of the %s only; are these the pictures that %s is for?"
              .formatted(100 * accuracy, images.description(), options.bundle()));
    }
  }

  private List<PlanAccuracy> floor(Bundle bundle, ProgressiveModel model, List<Plan> plans)
      throws IOException, InterruptedException {
    if (plans.isEmpty()) {
      return List.of();
    }
    try (ModelShelf shelf = ModelShelf.open(options.bundle(), EngineOptions.singleThread());
        DeviceHalf half = DeviceHalf.of(model, options.precision())) {
      ServedModel served = shelf.find(bundle.digest()).orElseThrow();
      SplitNetwork network = new SplitNetwork(half.network(), served);
      int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
      return new AccuracyFloor(model, network).evaluate(plans, images.independent(), threads);
    }
  }

  private void show(LiveView.Moment moment) {
    terminal.show(System.nanoTime(), LiveView.block(moment), LiveView.plain(moment));
  }

  private static <T> FutureTask<T> inBackground(Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    Thread thread = new Thread(task, "accuracy-floor-main");
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  private static List<PlanAccuracy> joined(FutureTask<List<PlanAccuracy>> floor)
      throws InterruptedException {
    try {
      return floor.get();
    } catch (ExecutionException e) {
      throw new DemoException("the accuracy floor could not be shown: " + e.getCause(), e);
    }
  }
}
