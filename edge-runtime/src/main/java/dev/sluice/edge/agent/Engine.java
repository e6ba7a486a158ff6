package dev.sluice.edge.agent;

import dev.sluice.edge.host.BundleFactsReader;
import dev.sluice.edge.host.DeviceMemory;
import dev.sluice.edge.host.KeptRoutes;
import dev.sluice.edge.host.ModelNetwork;
import dev.sluice.edge.host.SerialDevice;
import dev.sluice.edge.host.ThreadLoop;
import dev.sluice.edge.host.TooLittleMemoryException;
import dev.sluice.edge.host.WorkerCloud;
import dev.sluice.edge.host.WorkerCloud.Standing;
import dev.sluice.edge.session.Cloud;
import dev.sluice.edge.session.Device;
import dev.sluice.edge.session.NoCloud;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.protocol.channel.ClientOptions;
import dev.sluice.protocol.channel.LinkTrouble;
import dev.sluice.protocol.pool.PoolOptions;
import dev.sluice.protocol.pool.WorkerTarget;
import dev.sluice.scheduler.plan.PlanMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A bundle opened to run: its network, the threads of a session, the way to a worker. */
final class Engine implements AutoCloseable {
  private static final long STANDING_TIMEOUT_SECONDS = 6;
  private static final long SETTLE_SECONDS = 2;

  private final Bundle bundle;
  private final ProgressiveModel model;
  private final ModelNetwork network;
  private final String precision;
  private final Optional<DeviceMemory> memory;
  private final ThreadLoop loop = new ThreadLoop("edge-loop");
  private final ExecutorService deviceThread = thread("edge-device");
  private final ExecutorService background = thread("edge-plans");
  private final KeptRoutes keptRoutes;
  private @Nullable WorkerCloud worker;

  private Engine(
      Bundle bundle,
      ProgressiveModel model,
      String precision,
      ModelNetwork network,
      Optional<DeviceMemory> memory) {
    this.precision = precision;
    this.memory = memory;
    this.bundle = bundle;
    this.model = model;
    this.network = network;
    this.keptRoutes = new KeptRoutes(network);
  }

  /**
   * Opens a bundle and compiles its stages at a precision that it has.
   *
   * @param memoryBytes what weights and tensors may take; empty if all of it fits in any case
   * @throws TooLittleMemoryException if not even the first exit fits
   * @throws IOException if the bundle is missing or damaged; the message says which file
   */
  static Engine open(Path path, EngineOptions options, String precision, OptionalLong memoryBytes)
      throws IOException {
    Bundle bundle = Bundle.open(path);
    if (!precision.equals(VariantInfo.FLOAT32) && bundle.manifest().variant(precision).isEmpty()) {
      throw new IOException(
          path + ": has no variant '" + precision + "'; make one with ./sluice model quantise");
    }
    ProgressiveModel model = ProgressiveModel.open(bundle, options);
    boolean opened = false;
    try {
      Optional<DeviceMemory> memory =
          memoryBytes.isPresent()
              ? Optional.of(DeviceMemory.of(model, precision, memoryBytes.getAsLong()))
              : Optional.empty();
      int deepest = memory.map(DeviceMemory::deepestCut).orElse(model.lastCut());
      ModelNetwork network = new ModelNetwork(model, precision, deepest);
      BundleFactsReader.companion(bundle).ifPresent(network::accompaniedBy);
      Engine engine = new Engine(bundle, model, precision, network, memory);
      opened = true;
      return engine;
    } catch (TooLittleMemoryException tooLittle) {
      throw tooLittle;
    } catch (IllegalArgumentException misfit) {
      throw new IOException(
          path + ": its files do not fit together (" + misfit.getMessage() + "); prepare it again",
          misfit);
    } finally {
      if (!opened) {
        model.close();
      }
    }
  }

  private static ExecutorService thread(String name) {
    return Executors.newSingleThreadExecutor(
        task -> {
          Thread t = new Thread(task, name);
          t.setDaemon(true);
          return t;
        });
  }

  Bundle bundle() {
    return bundle;
  }

  ModelNetwork network() {
    return network;
  }

  /** Returns the same network for plans whose thresholds change all the time. */
  KeptRoutes keptRoutes() {
    return keptRoutes;
  }

  /** Returns what fits in the device's memory, if that is bounded. */
  Optional<DeviceMemory> memory() {
    return memory;
  }

  /**
   * Returns what plans need on this device, measured by running the network stage by stage where
   * that has not been done.
   */
  PlanMemory planMemory() {
    DeviceMemory known = memory.orElseGet(() -> DeviceMemory.of(model, precision, Long.MAX_VALUE));
    return known::bytes;
  }

  ThreadLoop loop() {
    return loop;
  }

  ExecutorService deviceThread() {
    return deviceThread;
  }

  /** Returns this machine as the device; what it computes can be given up. */
  Device device() {
    CompletableFuture<Thread> own = new CompletableFuture<>();
    deviceThread.execute(() -> own.complete(Thread.currentThread()));
    return new SerialDevice(loop, deviceThread, model.haltable(own.join()));
  }

  ExecutorService background() {
    return background;
  }

  /**
   * Begins to connect to workers, if any are named.
   *
   * @param idlePingNanos distance of pings while no request is under way
   */
  Cloud cloud(Optional<Workers> named, long idlePingNanos) {
    if (named.isEmpty()) {
      return new NoCloud();
    }
    Workers workers = named.get();
    WorkerTarget first = workers.targets().get(0);
    List<String> networks = new ArrayList<>(List.of(bundle.digest()));
    network.companion().ifPresent(companion -> networks.add(companion.digest()));
    ClientOptions client =
        ClientOptions.to(first.host(), first.port(), bundle.digest(), workers.deviceName())
            .as(new ClientOptions.Identity(workers.deviceName(), networks, "", List.of()))
            .withSecurity(workers.security())
            .withIdlePings(idlePingNanos);
    WorkerCloud cloud = new WorkerCloud(loop, PoolOptions.of(workers.targets(), client));
    worker = cloud;
    return cloud;
  }

  /** Waits until the first attempt to connect has ended; empty if no worker is named. */
  Optional<Standing> standing() throws InterruptedException {
    WorkerCloud cloud = worker;
    if (cloud == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(cloud.standing().get(STANDING_TIMEOUT_SECONDS, TimeUnit.SECONDS));
    } catch (TimeoutException late) {
      return Optional.of(
          new Standing.Failed(
              LinkTrouble.TIMED_OUT, "no answer within " + STANDING_TIMEOUT_SECONDS + " s"));
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Override
  public void close() {
    WorkerCloud cloud = worker;
    if (cloud != null) {
      cloud.close();
    }
    settle();
    deviceThread.shutdown();
    background.shutdown();
    try {
      // Native memory must not go while a computation is under way.
      if (deviceThread.awaitTermination(5, TimeUnit.SECONDS)
          && background.awaitTermination(5, TimeUnit.SECONDS)) {
        keptRoutes.close();
        network.close();
        model.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    loop.close();
  }

  /** Lets the loop do what closing the session has left it; before, it may still ask for plans. */
  private void settle() {
    CompletableFuture<Boolean> settled = new CompletableFuture<>();
    loop.execute(() -> settled.complete(true));
    try {
      settled.get(SETTLE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException stuck) {
      // Whatever holds the loop up does not keep the program from ending.
    }
  }
}
