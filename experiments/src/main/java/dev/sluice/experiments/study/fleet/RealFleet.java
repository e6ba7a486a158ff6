package dev.sluice.experiments.study.fleet;

import dev.sluice.cloud.CloudWorker;
import dev.sluice.cloud.worker.ModelShelf;
import dev.sluice.cloud.worker.ServedModel;
import dev.sluice.edge.EdgeSession;
import dev.sluice.edge.host.EmulatedDevice;
import dev.sluice.edge.host.ModelNetwork;
import dev.sluice.edge.host.ThreadLoop;
import dev.sluice.edge.host.WorkerCloud;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.SessionStatus;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.experiments.report.Percentiles;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.protocol.channel.ClientOptions;
import dev.sluice.protocol.channel.ServerOptions;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.sim.link.EmulatedLink;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.trace.LinkTrace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * A small fleet for real: sessions on emulated devices, each behind an emulated link of its own,
 * and a real worker, all of them in this process and on this machine's clock. Networks are computed
 * and bytes sent. Frames come at fixed times, whatever becomes of the ones before.
 */
final class RealFleet implements AutoCloseable {
  /** What a frame without answer counts as at least: later than any deadline here. */
  private static final long DROPPED_NANOS = 300_000_000L;

  private static final int WORKER_THREADS = 1;
  private static final int WORKER_QUEUE = 64;
  private static final long PATIENCE_SECONDS = 60;

  private final ProgressiveModel model;
  private final String digest;
  private final ModelNetwork network;
  private final CloudWorker worker;
  private final ExecutorService compute = Executors.newFixedThreadPool(2, RealFleet::thread);
  private final ExecutorService plans = Executors.newSingleThreadExecutor(RealFleet::thread);
  private final List<Camera> cameras = new ArrayList<>();

  /**
   * What came of it.
   *
   * @param latencies of all frames
   * @param offloadShare share of the frames that were sent
   * @param workerScale worker's time over the profile's, as the devices saw it; the mean
   * @param overruns times that this machine was slower than the devices it emulates
   */
  record Measured(Percentiles latencies, double offloadShare, double workerScale, long overruns) {}

  /** One device with its link. */
  private record Camera(
      ThreadLoop loop, EmulatedLink link, WorkerCloud cloud, EdgeSession session, int number) {}

  private RealFleet(ProgressiveModel model, String digest, CloudWorker worker) {
    this.model = model;
    this.digest = digest;
    this.worker = worker;
    network = new ModelNetwork(model);
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "real-fleet");
    thread.setDaemon(true);
    return thread;
  }

  /** Starts the worker. */
  static RealFleet start(Path bundle) throws IOException {
    Bundle opened = Bundle.open(bundle);
    ProgressiveModel model = ProgressiveModel.open(opened, EngineOptions.singleThread());
    try {
      ModelShelf shelf = ModelShelf.open(bundle, EngineOptions.singleThread());
      shelf.models().forEach(ServedModel::warmUp);
      CloudWorker worker =
          CloudWorker.start(
              ServerOptions.on("127.0.0.1", 0, "worker"), shelf, WORKER_THREADS, WORKER_QUEUE);
      return new RealFleet(model, opened.digest(), worker);
    } catch (IOException | RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /**
   * Adds a device that connects, warms up and plans.
   *
   * @param facts whose profile, times the factor, is the device's
   */
  void add(
      BundleFacts facts,
      Supplier<Planner> planner,
      double factor,
      SessionOptions options,
      LinkTrace trace,
      SplittableRandom noise)
      throws IOException, InterruptedException, ExecutionException, TimeoutException {
    int number = cameras.size();
    ThreadLoop loop = new ThreadLoop("camera-" + number);
    EmulatedLink link =
        EmulatedLink.open(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            new InetSocketAddress(InetAddress.getLoopbackAddress(), worker.port()),
            trace,
            LinkOptions.DEFAULT,
            EmulatedLink.Start.NOW);
    WorkerCloud cloud =
        new WorkerCloud(
            loop,
            ClientOptions.to("127.0.0.1", link.address().getPort(), digest, "camera-" + number));
    EdgeSession session =
        EdgeSession.open(
            new Surroundings(
                loop,
                new EmulatedDevice(loop, compute, factor, Cameras.RELATIVE_SD, noise),
                cloud,
                network,
                plans),
            facts.profile(),
            planner.get(),
            new Estimators(),
            options);
    cameras.add(new Camera(loop, link, cloud, session, number));
    CompletableFuture<Boolean> warm = new CompletableFuture<>();
    session.warmUp(network.blankFrame(), () -> warm.complete(true));
    warm.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /**
   * Streams frames on all devices, each at its own phase.
   *
   * @param pictures what they see; each device its own order
   * @param warmUp frames per device that do not count
   * @param frames per device that count
   */
  Measured stream(
      List<Picture> pictures, long periodNanos, int warmUp, int frames, SplittableRandom random)
      throws InterruptedException, ExecutionException {
    Percentiles latencies = new Percentiles();
    CountDownLatch open = new CountDownLatch(cameras.size() * (warmUp + frames));
    long sentBefore = 0;
    long start = System.nanoTime() + periodNanos;
    List<Long> sent = new ArrayList<>();
    for (Camera camera : cameras) {
      long phase = start + random.nextLong(periodNanos);
      SplittableRandom mine = random.split();
      for (int i = 0; i < warmUp + frames; i++) {
        int number = i;
        long at = phase + i * periodNanos;
        Picture picture = pictures.get(mine.nextInt(pictures.size()));
        camera.loop.at(
            at,
            () ->
                camera.session.submit(
                    frame(number, picture, at),
                    answer -> {
                      take(answer, number >= warmUp, latencies);
                      open.countDown();
                    }));
      }
      /* Just before the first frame that counts; the one before it is a period old. */
      camera.loop.at(
          phase + warmUp * periodNanos - 1,
          () -> {
            synchronized (sent) {
              sent.add(camera.session.status().counters().sent());
            }
          });
    }
    long patience = (warmUp + frames + 2) * periodNanos + TimeUnit.SECONDS.toNanos(10);
    if (!open.await(patience, TimeUnit.NANOSECONDS)) {
      throw new IllegalStateException(open.getCount() + " frames got no answer");
    }
    synchronized (sent) {
      sentBefore = sent.stream().mapToLong(Long::longValue).sum();
    }
    return measured(latencies, sentBefore, (double) frames * cameras.size());
  }

  private Measured measured(Percentiles latencies, long sentBefore, double frames)
      throws InterruptedException, ExecutionException {
    long sent = -sentBefore;
    long overruns = 0;
    double scale = 0;
    for (Camera camera : cameras) {
      CompletableFuture<SessionStatus> asked = new CompletableFuture<>();
      camera.loop.execute(() -> asked.complete(camera.session.status()));
      sent += asked.get().counters().sent();
      overruns += asked.get().overruns();
      scale += asked.get().estimates().workerScale() / cameras.size();
    }
    return new Measured(latencies, sent / frames, scale, overruns);
  }

  private static void take(EdgeAnswer answer, boolean counts, Percentiles latencies) {
    if (counts) {
      synchronized (latencies) {
        latencies.add(
            answer.dropped()
                ? Math.max(answer.latencyNanos(), DROPPED_NANOS)
                : answer.latencyNanos());
      }
    }
  }

  private static Frame frame(long id, Picture picture, long captureNanos) {
    return new Frame(
        id, "frame " + id, picture.rgb(), picture.width(), picture.height(), captureNanos);
  }

  @Override
  public void close() {
    for (Camera camera : cameras) {
      camera.session.close();
      camera.cloud.close();
      camera.link.close();
      camera.loop.close();
    }
    plans.shutdown();
    compute.shutdown();
    try {
      /* Native memory must not go while something computes. */
      if (compute.awaitTermination(5, TimeUnit.SECONDS)
          && plans.awaitTermination(5, TimeUnit.SECONDS)) {
        network.close();
        model.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    worker.close();
  }
}
