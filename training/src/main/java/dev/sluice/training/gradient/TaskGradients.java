package dev.sluice.training.gradient;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Gradients of the log-probability of a class that the network itself would draw, at the tensors of
 * its cuts. The mean of their outer products is the Fisher information, and half the quadratic form
 * that it gives is, to second order, the Kullback-Leibler divergence between the network's answers
 * before and after a change (Martens, "New Insights and Perspectives on the Natural Gradient
 * Method", JMLR 21, 2020, section 5). So no labels are needed, and what changes no answer weighs
 * nothing.
 *
 * <p>Not thread-safe. The engine allows one computation of gradients in a process at a time.
 */
public final class TaskGradients implements AutoCloseable {
  private final TorchGraph graph;
  private final List<String> tensors;

  private TaskGradients(TorchGraph graph, List<String> tensors) {
    this.graph = graph;
    this.tensors = tensors;
  }

  /**
   * Reads a network.
   *
   * @param onnx one input of pictures, one output of logits {@code [N, classes]}
   * @param tensors at which gradients are wanted
   * @throws NotDifferentiableException if the network has operators through which none is taken
   */
  public static TaskGradients of(byte[] onnx, List<String> tensors)
      throws NotDifferentiableException {
    return new TaskGradients(TorchGraph.read(onnx), List.copyOf(tensors));
  }

  /**
   * Computes the gradients of some samples.
   *
   * @param inputs one per sample, as the network takes them
   * @param shape of an input, without batch
   * @param random draws one class per sample
   * @return by tensor one array for all samples, {@code [N, …]}, row-major
   * @throws NotDifferentiableException if an operator is used in a way that is not known here
   */
  public Map<String, float[]> of(List<float[]> inputs, int[] shape, SplittableRandom random)
      throws NotDifferentiableException {
    int count = inputs.size();
    int each = inputs.get(0).length;
    float[] all = new float[count * each];
    for (int s = 0; s < count; s++) {
      System.arraycopy(inputs.get(s), 0, all, s * each, each);
    }
    long[] sizes = new long[shape.length + 1];
    sizes[0] = count;
    for (int i = 0; i < shape.length; i++) {
      sizes[i + 1] = shape[i];
    }
    Map<String, NDArray> offsets = new HashMap<>();
    try (NDManager scope = graph.manager().newSubManager();
        GradientCollector collector = Engine.getEngine(TorchGraph.ENGINE).newGradientCollector()) {
      NDArray input = scope.create(all, new Shape(sizes));
      NDArray logits =
          graph.run(
              input,
              (name, value) -> {
                if (!tensors.contains(name)) {
                  return value;
                }
                // Gradients are kept for leaves alone: one that adds nothing stands for the tensor.
                NDArray offset = scope.zeros(value.getShape());
                offset.setRequiresGradient(true);
                offsets.put(name, offset);
                return value.add(offset);
              });
      NDArray logProbabilities = logits.logSoftmax(1);
      NDArray drawn = scope.create(drawn(logProbabilities, random), logits.getShape());
      collector.backward(logProbabilities.mul(drawn).sum());
      Map<String, float[]> gradients = new HashMap<>();
      offsets.forEach((name, offset) -> gradients.put(name, offset.getGradient().toFloatArray()));
      return gradients;
    }
  }

  /** Returns a one for the class drawn in each row, zeros elsewhere. */
  private static float[] drawn(NDArray logProbabilities, SplittableRandom random) {
    int rows = Math.toIntExact(logProbabilities.getShape().get(0));
    float[] logs = logProbabilities.toFloatArray();
    int classes = logs.length / rows;
    float[] one = new float[logs.length];
    for (int row = 0; row < rows; row++) {
      double left = random.nextDouble();
      int chosen = 0;
      while (chosen < classes - 1 && (left -= Math.exp(logs[row * classes + chosen])) > 0) {
        chosen++;
      }
      one[row * classes + chosen] = 1;
    }
    return one;
  }

  /**
   * Computes the logits of some samples, to be compared with those of the engine that runs the
   * network in earnest.
   */
  float[] logits(List<float[]> inputs, int[] shape) throws NotDifferentiableException {
    int each = inputs.get(0).length;
    float[] all = new float[inputs.size() * each];
    for (int s = 0; s < inputs.size(); s++) {
      System.arraycopy(inputs.get(s), 0, all, s * each, each);
    }
    long[] sizes = new long[shape.length + 1];
    sizes[0] = inputs.size();
    for (int i = 0; i < shape.length; i++) {
      sizes[i + 1] = shape[i];
    }
    try (NDManager scope = graph.manager().newSubManager()) {
      return graph.run(scope.create(all, new Shape(sizes)), (name, value) -> value).toFloatArray();
    }
  }

  @Override
  public void close() {
    graph.close();
  }
}
