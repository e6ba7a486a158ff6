package dev.sluice.scheduler.rival;

import java.util.List;

/**
 * A network as a directed acyclic graph of layers, with what each takes on either side and what its
 * output takes to send. Immutable.
 *
 * <p>Layers without inputs are where data come from: they are on the device. What layers without
 * successors give is the answer, which costs nothing to send.
 *
 * @param layers in an order in which they can be computed, 1 to {@value #MOST_LAYERS}
 */
public record LayerGraph(List<Layer> layers) {
  /** Most layers, so that no sum of times overflows. */
  public static final int MOST_LAYERS = 1024;

  /** Most nanoseconds or bytes of one part, about 13 days or a petabyte. */
  private static final long MOST = 1L << 50;

  /**
   * A layer.
   *
   * @param name for people
   * @param inputs numbers of the layers whose outputs it takes, ascending, each below its own
   * @param deviceNanos time on the device at scale 1, in [0, 2^50]
   * @param workerNanos time on the worker at scale 1, in [0, 2^50]
   * @param output its output, sent at most once whatever the number of its successors
   */
  public record Layer(
      String name, List<Integer> inputs, long deviceNanos, long workerNanos, Output output) {
    public Layer {
      inputs = List.copyOf(inputs);
      for (int i = 1; i < inputs.size(); i++) {
        if (inputs.get(i - 1) >= inputs.get(i)) {
          throw new IllegalArgumentException("inputs must ascend: " + inputs);
        }
      }
      requireMeasure(deviceNanos, "deviceNanos");
      requireMeasure(workerNanos, "workerNanos");
    }
  }

  /**
   * What a layer gives.
   *
   * @param bytes to send, in [0, 2^50]
   * @param encodeNanos device's time to encode it at scale 1, in [0, 2^50]
   * @param decodeNanos worker's time to decode it at scale 1, in [0, 2^50]
   */
  public record Output(long bytes, long encodeNanos, long decodeNanos) {
    public Output {
      requireMeasure(bytes, "bytes");
      requireMeasure(encodeNanos, "encodeNanos");
      requireMeasure(decodeNanos, "decodeNanos");
    }

    /** Returns an output that is sent as it is. */
    public static Output raw(long bytes) {
      return new Output(bytes, 0, 0);
    }
  }

  public LayerGraph {
    layers = List.copyOf(layers);
    if (layers.isEmpty() || layers.size() > MOST_LAYERS) {
      throw new IllegalArgumentException(
          "a graph needs 1 to " + MOST_LAYERS + " layers, not " + layers.size());
    }
    for (int i = 0; i < layers.size(); i++) {
      for (int input : layers.get(i).inputs()) {
        if (input < 0 || input >= i) {
          throw new IllegalArgumentException(
              "layer " + i + " must take outputs of layers before it: " + input);
        }
      }
    }
  }

  private static void requireMeasure(long value, String name) {
    if (value < 0 || value > MOST) {
      throw new IllegalArgumentException(name + " must be in [0, 2^50]: " + value);
    }
  }
}
