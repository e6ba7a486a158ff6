package dev.sluice.scheduler.rival;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.math3.linear.SingularMatrixException;
import org.apache.commons.math3.stat.regression.OLSMultipleLinearRegression;

/**
 * Regression models that tell a layer's time from its kind and sizes. Immutable.
 *
 * <p>Kang et al., "Neurosurgeon", ASPLOS 2017, section 5.1, and Li et al., "Edge AI: On-Demand
 * Accelerating Deep Neural Network Inference via Edge Computing" (Edgent), IEEE TWC 2020, section
 * IV: one model per kind of layer, fitted offline by least squares on measured layers of many
 * shapes. Neurosurgeon takes either a linear or a logarithmic function of the sizes; here both are
 * fitted and the one with the smaller residual is kept, the linear one if they are equal.
 *
 * <p>It needs measurements of single layers. Of a bundle only segments are measured, for which
 * there is {@link LayerCosts}.
 *
 * <p>Deviations: a kind whose samples do not determine the weights (too few, or without spread) has
 * its mean as its model, and no prediction is below 0.
 */
public final class LayerTimes {
  /** Sizes are scaled to at most 1; columns nearer to dependence than this are held to depend. */
  private static final double SINGULAR = 1e-9;

  private final Map<String, Model> models;

  private LayerTimes(Map<String, Model> models) {
    this.models = models;
  }

  /**
   * A measured layer.
   *
   * @param kind such as convolution or fully connected
   * @param sizes what its time depends on, such as input size and multiplications; each finite and
   *     at least 0, as many for each layer of a kind
   * @param nanos measured time, finite, at least 0
   */
  public record Sample(String kind, List<Double> sizes, double nanos) {
    public Sample {
      sizes = List.copyOf(sizes);
      sizes.forEach(size -> requireMeasure(size, "a layer's size"));
      requireMeasure(nanos, "a layer's time");
    }
  }

  /**
   * Fits a model for each kind.
   *
   * @throws IllegalArgumentException if there is no sample, or samples of a kind have different
   *     numbers of sizes
   */
  public static LayerTimes fit(List<Sample> samples) {
    if (samples.isEmpty()) {
      throw new IllegalArgumentException("a regression needs at least one sample");
    }
    Map<String, List<Sample>> kinds = new TreeMap<>();
    for (Sample sample : samples) {
      List<Sample> kind = kinds.computeIfAbsent(sample.kind(), name -> new ArrayList<>());
      if (!kind.isEmpty() && kind.get(0).sizes().size() != sample.sizes().size()) {
        throw new IllegalArgumentException("samples of a kind need the same sizes: " + sample);
      }
      kind.add(sample);
    }
    Map<String, Model> models = new TreeMap<>();
    kinds.forEach((kind, fitted) -> models.put(kind, Model.best(fitted)));
    return new LayerTimes(models);
  }

  /**
   * Returns a layer's predicted time in nanoseconds, at least 0.
   *
   * @throws IllegalArgumentException if no layer of this kind was measured, or with other sizes
   */
  public double nanos(String kind, List<Double> sizes) {
    Model model = models.get(kind);
    if (model == null) {
      throw new IllegalArgumentException("no layer of this kind was measured: " + kind);
    }
    if (sizes.size() != model.scale.length) {
      throw new IllegalArgumentException(
          kind + " depends on " + model.scale.length + " sizes, not " + sizes);
    }
    sizes.forEach(size -> requireMeasure(size, "a layer's size"));
    return Math.max(0, model.nanos(sizes));
  }

  private static void requireMeasure(double value, String name) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(name + " must be finite and not negative: " + value);
    }
  }

  /** {@code weights[0] + sum weights[i + 1] f(sizes[i] / scale[i])} with f linear or ln. */
  private static final class Model {
    private final double[] weights;
    private final double[] scale;
    private final boolean logarithmic;
    private final double residual;

    private Model(double[] weights, double[] scale, boolean logarithmic, double residual) {
      this.weights = weights;
      this.scale = scale;
      this.logarithmic = logarithmic;
      this.residual = residual;
    }

    static Model best(List<Sample> samples) {
      int sizes = samples.get(0).sizes().size();
      double[] scale = new double[sizes];
      boolean positive = true;
      for (Sample sample : samples) {
        for (int i = 0; i < sizes; i++) {
          scale[i] = Math.max(scale[i], sample.sizes().get(i));
          positive &= sample.sizes().get(i) > 0;
        }
      }
      for (int i = 0; i < sizes; i++) {
        scale[i] = scale[i] == 0 ? 1 : scale[i];
      }
      if (sizes == 0 || samples.size() < sizes + 1) {
        return mean(samples, scale);
      }
      Model linear = fitted(samples, scale, false);
      if (!positive) {
        return linear;
      }
      Model logarithmic = fitted(samples, scale, true);
      return logarithmic.residual < linear.residual ? logarithmic : linear;
    }

    private static Model fitted(List<Sample> samples, double[] scale, boolean logarithmic) {
      double[] nanos = samples.stream().mapToDouble(Sample::nanos).toArray();
      double[][] terms = new double[samples.size()][];
      for (int row = 0; row < terms.length; row++) {
        terms[row] = terms(samples.get(row).sizes(), scale, logarithmic);
      }
      OLSMultipleLinearRegression regression = new OLSMultipleLinearRegression(SINGULAR);
      regression.newSampleData(nanos, terms);
      try {
        return new Model(
            regression.estimateRegressionParameters(),
            scale,
            logarithmic,
            regression.calculateResidualSumOfSquares());
      } catch (SingularMatrixException dependent) {
        return mean(samples, scale);
      }
    }

    private static Model mean(List<Sample> samples, double[] scale) {
      double[] weights = new double[scale.length + 1];
      weights[0] = samples.stream().mapToDouble(Sample::nanos).average().orElseThrow();
      double residual =
          samples.stream()
              .mapToDouble(s -> (s.nanos() - weights[0]) * (s.nanos() - weights[0]))
              .sum();
      return new Model(weights, scale, false, residual);
    }

    private static double[] terms(List<Double> sizes, double[] scale, boolean logarithmic) {
      double[] terms = new double[scale.length];
      for (int i = 0; i < terms.length; i++) {
        double size = sizes.get(i) / scale[i];
        terms[i] = logarithmic ? Math.log(Math.max(size, Double.MIN_NORMAL)) : size;
      }
      return terms;
    }

    double nanos(List<Double> sizes) {
      double[] terms = terms(sizes, scale, logarithmic);
      double nanos = weights[0];
      for (int i = 0; i < terms.length; i++) {
        nanos += weights[i + 1] * terms[i];
      }
      return nanos;
    }
  }
}
