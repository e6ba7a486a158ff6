package dev.sluice.cloud;

import dev.sluice.cloud.admission.ComputeQueue;
import dev.sluice.cloud.admission.LoadMeter;
import dev.sluice.cloud.worker.ModelShelf;
import dev.sluice.cloud.worker.RequestFinisher;
import dev.sluice.protocol.channel.ServerOptions;
import dev.sluice.protocol.channel.WorkerServer;
import java.io.IOException;

/**
 * The cloud half: accepts requests from devices, finishes them and answers.
 *
 * <p>Event loops receive and send; {@code computeThreads} threads decode and compute, one request
 * each at a time, the most urgent first. A full queue refuses instead of growing. Thread-safe.
 */
public final class CloudWorker implements AutoCloseable {
  private final WorkerServer server;
  private final ComputeQueue queue;
  private final ModelShelf models;

  private CloudWorker(WorkerServer server, ComputeQueue queue, ModelShelf models) {
    this.server = server;
    this.queue = queue;
    this.models = models;
  }

  /**
   * Starts serving.
   *
   * @param models owned by the worker from now on, closed with it; also when starting fails
   * @param computeThreads requests computed at the same time, at least 1
   * @param queueCapacity requests that may wait before others are refused, at least 1
   * @throws IOException if the address cannot be bound
   */
  public static CloudWorker start(
      ServerOptions options, ModelShelf models, int computeThreads, int queueCapacity)
      throws IOException {
    ComputeQueue queue = new ComputeQueue(computeThreads, queueCapacity);
    LoadMeter load = new LoadMeter(computeThreads, options.nanoClock().getAsLong());
    try {
      WorkerServer server =
          WorkerServer.bind(options, new RequestFinisher(models, queue, load, options.nanoClock()));
      return new CloudWorker(server, queue, models);
    } catch (IOException | RuntimeException e) {
      queue.close();
      models.close();
      throw e;
    }
  }

  /** Returns the port that is listened on. */
  public int port() {
    return server.port();
  }

  /**
   * Sends devices elsewhere and finishes what they have asked for, as long as that takes at most.
   * To be closed afterwards.
   *
   * @param nanos how long to wait, positive
   * @return whether all was finished in that time
   */
  public boolean drain(long nanos) throws InterruptedException {
    return server.drain(nanos);
  }

  /** Says goodbye to the devices, lets what is being computed end, and frees the models. */
  @Override
  public void close() {
    server.close();
    queue.close();
    models.close();
  }
}
