package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.rival.LayerGraph.Layer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where to part a graph of layers between device and worker.
 *
 * <p>Hu, Bao, Wang and Liu, "Dynamic Adaptive DNN Surgery for Inference Acceleration on the Edge",
 * INFOCOM 2019 (DADS). {@link #light} is its DNN Surgery Light: the least latency of one inference,
 * which is a minimum cut of a graph in which every layer hangs on the device by its worker's time
 * and on the worker by its device's time, and every output with successors has a node of its own
 * behind an edge of its sending time, so that it is paid once. {@link #heavy} is its DNN Surgery
 * Heavy: the least maximum of the device's, link's and worker's stage, which bounds the throughput
 * of a pipeline. What runs on the worker stays there: nothing is sent back but the answer.
 *
 * <p>Heavy is NP-hard; the paper approximates it within a factor of 3. So does this: the cut of
 * least sum is within 3 times the optimum. Deviations, none of which makes it worse: minimum cuts
 * for further weights of the three stages are tried, heavier where the best cut's stage is longer;
 * the cuts of the layers' given order are tried, so that on a chain the result is exact; and as a
 * weighted sum with weights that add up to 1 never exceeds the maximum, the largest of the minimum
 * cuts is returned as a bound of how far the optimum can be away. Encoding and decoding count to
 * the device's and the worker's stage; the paper has neither.
 */
public final class DnnSurgery {
  /** Times beyond this, 1.6 days, are alike; so sums over all layers do not overflow. */
  private static final double MOST_NANOS = 1L << 47;

  private static final int ROUNDS = 40;
  private static final double STEP = 0.5;

  private final LayerGraph graph;
  private final Conditions conditions;

  /**
   * What times depend on.
   *
   * @param bytesPerSecond uplink's rate, positive and finite
   * @param deviceScale device's time over the graph's, positive and finite
   * @param workerScale the worker's
   * @param fixedNanos what any sending adds to the latency, such as the round trip; at least 0
   */
  public record Conditions(
      double bytesPerSecond, double deviceScale, double workerScale, long fixedNanos) {
    public Conditions {
      for (double value : new double[] {bytesPerSecond, deviceScale, workerScale}) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
          throw new IllegalArgumentException("rate and scales must be positive, not " + value);
        }
      }
      if (fixedNanos < 0) {
        throw new IllegalArgumentException("fixedNanos must not be negative: " + fixedNanos);
      }
    }

    /** Returns those of estimates; round trip and worker's queue are fixed. */
    public static Conditions of(Estimates estimates) {
      return new Conditions(
          estimates.uplinkBytesPerSecond(),
          estimates.deviceScale(),
          estimates.workerScale(),
          estimates.roundTripNanos() + estimates.workerQueueNanos());
    }
  }

  /**
   * A graph parted in two.
   *
   * @param onDevice numbers of the layers on the device; every layer's inputs are among them too
   * @param deviceNanos device's time for one inference
   * @param linkNanos sending time for one inference
   * @param workerNanos worker's time for one inference
   * @param fixedNanos what sending adds to the latency; 0 where all is on the device
   * @param leastNanos no cut of this graph has a smaller value of what was minimised
   */
  public record Cut(
      Set<Integer> onDevice,
      long deviceNanos,
      long linkNanos,
      long workerNanos,
      long fixedNanos,
      double leastNanos) {
    public Cut {
      onDevice = Set.copyOf(onDevice);
    }

    /** Returns the time of one inference alone. */
    public long latencyNanos() {
      return deviceNanos + linkNanos + workerNanos + fixedNanos;
    }

    /** Returns the longest stage: a pipeline gives an answer every so often. */
    public long bottleneckNanos() {
      return Math.max(deviceNanos, Math.max(linkNanos, workerNanos));
    }

    private Cut withLeast(double nanos) {
      return new Cut(onDevice, deviceNanos, linkNanos, workerNanos, fixedNanos, nanos);
    }
  }

  private DnnSurgery(LayerGraph graph, Conditions conditions) {
    this.graph = graph;
    this.conditions = conditions;
  }

  /** Returns a cut of least latency; exact. */
  public static Cut light(LayerGraph graph, Conditions conditions) {
    DnnSurgery surgery = new DnnSurgery(graph, conditions);
    Cut all = surgery.allOnDevice();
    Cut sent = surgery.leastWeighted(1, 1, 1);
    /*
     * What sending adds is the same for every cut that sends. So the cut of least sum is the best
     * of them, or it does not send, and then none that does can beat it.
     */
    Cut best = sent.latencyNanos() < all.latencyNanos() ? sent : all;
    return best.withLeast((double) best.latencyNanos());
  }

  /** Returns a cut whose longest stage is small: within 3 times the optimum, exact on a chain. */
  public static Cut heavy(LayerGraph graph, Conditions conditions) {
    DnnSurgery surgery = new DnnSurgery(graph, conditions);
    Cut best = surgery.allOnDevice();
    Set<Integer> prefix = new TreeSet<>();
    for (int layer = 0; layer < graph.layers().size(); layer++) {
      prefix.add(layer);
      if (prefix.containsAll(surgery.sources())) {
        best = shorter(best, surgery.cut(prefix));
      }
    }
    if (surgery.isChain()) {
      return best.withLeast((double) best.bottleneckNanos());
    }
    /* Capacities are rounded: a cut may be the least by up to half a nanosecond per edge in it. */
    double least = 0;
    double[] weight = {1.0 / 3, 1.0 / 3, 1.0 / 3};
    for (int round = 0; round < ROUNDS && least < best.bottleneckNanos(); round++) {
      Cut cut = surgery.leastWeighted(weight[0], weight[1], weight[2]);
      least =
          Math.max(
              least,
              weight[0] * cut.deviceNanos()
                  + weight[1] * cut.linkNanos()
                  + weight[2] * cut.workerNanos()
                  - 2.0 * graph.layers().size());
      best = shorter(best, cut);
      weight = reweighted(weight, cut);
    }
    return best.withLeast(Math.min(least, (double) best.bottleneckNanos()));
  }

  /* Multiplicative weights: a stage gains by how long it is against the longest. */
  private static double[] reweighted(double[] weight, Cut cut) {
    double longest = Math.max(1, cut.bottleneckNanos());
    double[] next = {
      weight[0] * Math.exp(STEP * cut.deviceNanos() / longest),
      weight[1] * Math.exp(STEP * cut.linkNanos() / longest),
      weight[2] * Math.exp(STEP * cut.workerNanos() / longest)
    };
    double sum = next[0] + next[1] + next[2];
    for (int i = 0; i < next.length; i++) {
      next[i] /= sum;
    }
    return next;
  }

  private static Cut shorter(Cut best, Cut other) {
    return other.bottleneckNanos() < best.bottleneckNanos() ? other : best;
  }

  private List<Integer> sources() {
    List<Integer> sources = new ArrayList<>();
    for (int i = 0; i < graph.layers().size(); i++) {
      if (graph.layers().get(i).inputs().isEmpty()) {
        sources.add(i);
      }
    }
    return sources;
  }

  private boolean isChain() {
    for (int i = 1; i < graph.layers().size(); i++) {
      if (!graph.layers().get(i).inputs().equals(List.of(i - 1))) {
        return false;
      }
    }
    return true;
  }

  private Cut allOnDevice() {
    Set<Integer> all = new TreeSet<>();
    for (int i = 0; i < graph.layers().size(); i++) {
      all.add(i);
    }
    return cut(all);
  }

  /** Returns the cut with the given layers on the device. */
  Cut cut(Set<Integer> onDevice) {
    long device = 0;
    long link = 0;
    long worker = 0;
    Set<Integer> sent = new TreeSet<>();
    for (int i = 0; i < graph.layers().size(); i++) {
      Layer layer = graph.layers().get(i);
      if (onDevice.contains(i)) {
        device += device(layer.deviceNanos());
      } else {
        worker += worker(layer.workerNanos());
        layer.inputs().stream().filter(onDevice::contains).forEach(sent::add);
      }
    }
    for (int i : sent) {
      LayerGraph.Output output = graph.layers().get(i).output();
      device += device(output.encodeNanos());
      link += link(output.bytes());
      worker += worker(output.decodeNanos());
    }
    boolean sends = onDevice.size() < graph.layers().size();
    return new Cut(onDevice, device, link, worker, sends ? conditions.fixedNanos() : 0, 0);
  }

  private long device(long nanos) {
    return bounded(nanos * conditions.deviceScale());
  }

  private long worker(long nanos) {
    return bounded(nanos * conditions.workerScale());
  }

  private long link(long bytes) {
    return bounded(bytes / conditions.bytesPerSecond() * 1e9);
  }

  private static long bounded(double nanos) {
    return Math.round(Math.min(MOST_NANOS, nanos));
  }

  /**
   * Returns a cut of least weighted sum of its stages.
   *
   * <p>Layers on the device are on the source's side. Node {@code n + i} is the output of layer i:
   * it is on the device's side only where all who take it are.
   */
  private Cut leastWeighted(double deviceWeight, double linkWeight, double workerWeight) {
    int n = graph.layers().size();
    int source = 2 * n;
    int sink = 2 * n + 1;
    MaxFlow flow = new MaxFlow(2 * n + 2);
    boolean[] taken = new boolean[n];
    for (int i = 0; i < n; i++) {
      Layer layer = graph.layers().get(i);
      flow.edge(i, sink, Math.round(deviceWeight * device(layer.deviceNanos())));
      flow.edge(
          source,
          i,
          layer.inputs().isEmpty()
              ? MaxFlow.UNLIMITED
              : Math.round(workerWeight * worker(layer.workerNanos())));
      for (int input : layer.inputs()) {
        flow.edge(i, input, MaxFlow.UNLIMITED);
        flow.edge(n + input, i, MaxFlow.UNLIMITED);
        taken[input] = true;
      }
    }
    for (int i = 0; i < n; i++) {
      if (taken[i]) {
        LayerGraph.Output output = graph.layers().get(i).output();
        double nanos =
            deviceWeight * device(output.encodeNanos())
                + linkWeight * link(output.bytes())
                + workerWeight * worker(output.decodeNanos());
        flow.edge(i, n + i, Math.round(nanos));
      }
    }
    flow.run(source, sink);
    Set<Integer> onDevice = new TreeSet<>();
    flow.sourceSide().stream().filter(node -> node < n).forEach(onDevice::add);
    return cut(onDevice);
  }
}
