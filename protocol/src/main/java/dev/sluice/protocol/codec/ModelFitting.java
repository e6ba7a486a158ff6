package dev.sluice.protocol.codec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Fits a {@link CoefficientModel} to samples, and with it the dead zones that cost least.
 *
 * <p>Thresholds follow Chou, Lookabaugh and Gray, "Entropy-constrained vector quantization", IEEE
 * Transactions on Acoustics, Speech and Signal Processing 37(1), 1989, for scalars: quantise with
 * the present thresholds, count, take from the counts each integer's bits and its centroid, and put
 * each threshold where squared error + lambda * bits is the same on either side; again, a few
 * times. The bits are those in the value's own context, so that a lone coefficient needs to be
 * larger to be kept than one in company.
 */
final class ModelFitting {
  private static final int ROUNDS = 4;
  private static final int FEATURES = CoefficientModel.WEIGHTS;
  private static final int FILTER = CoefficientModel.FILTER;
  private static final int MAX_WEIGHT = 0xFFFF;

  /** Counts that the expected shape of a distribution is worth. */
  private static final double PRIOR_COUNTS = 6;

  /** How many channels of a block transform may belong to one before it: squares of block sizes. */
  private static final int[] PERIODS = {4, 9, 16, 25, 36, 49, 64};

  /** Channels of fewer values are not worth a flag each. */
  private static final int FEW = 8;

  /** Channels of more values are not laid together. */
  private static final int MANY = 64;

  private static final int TRIAL_SAMPLES = 16;
  private static final int TRIAL_ROUNDS = 2;

  private final Geometry shape;
  private final Geometry grid;
  private final List<float[]> samples;
  private final double lambda;
  private final boolean coefficients;
  private final CoefficientEncoder encoder = new CoefficientEncoder();

  private ModelFitting(
      Geometry shape, Geometry grid, List<float[]> samples, double lambda, boolean coefficients) {
    this.shape = shape;
    this.grid = grid;
    this.samples = samples;
    this.lambda = lambda;
    this.coefficients = coefficients;
  }

  /**
   * Fits a model.
   *
   * @param samples in steps, not changed
   * @param lambda squared steps that a bit is worth
   * @param coefficients whether values are coefficients, which filters may predict, or levels,
   *     which must be read as they are
   */
  static CoefficientModel fit(
      Geometry shape, List<float[]> samples, double lambda, boolean coefficients) {
    List<Geometry> grids = grids(shape);
    Geometry best = grids.get(0);
    if (grids.size() > 1) {
      List<float[]> some = spread(samples);
      double least = Double.MAX_VALUE;
      for (Geometry grid : grids) {
        ModelFitting trial = new ModelFitting(shape, grid, some, lambda, coefficients);
        double cost = trial.cost(trial.fit(TRIAL_ROUNDS));
        if (cost < least) {
          least = cost;
          best = grid;
        }
      }
    }
    return new ModelFitting(shape, best, samples, lambda, coefficients).fit(ROUNDS);
  }

  /**
   * Returns the ways to lay values out: as the shape says, and where channels are small, as those
   * of a transform over blocks are, those of one block side by side.
   */
  private static List<Geometry> grids(Geometry shape) {
    List<Geometry> grids = new ArrayList<>();
    int plane = shape.plane();
    for (int period : PERIODS) {
      if (plane <= MANY && shape.channels() % period == 0 && period * plane >= FEW) {
        int side = (int) Math.round(Math.sqrt(period));
        grids.add(
            plane == 1
                ? new Geometry(shape.channels() / period, side, side)
                : new Geometry(shape.channels() / period, period, plane));
      }
    }
    if (plane >= FEW) {
      grids.add(0, shape);
    } else if (grids.isEmpty()) {
      grids.add(new Geometry(1, shape.channels(), plane));
    }
    return grids;
  }

  private static List<float[]> spread(List<float[]> samples) {
    int stride = (samples.size() + TRIAL_SAMPLES - 1) / TRIAL_SAMPLES;
    List<float[]> some = new ArrayList<>();
    for (int i = 0; i < samples.size(); i += stride) {
      some.add(samples.get(i));
    }
    return some;
  }

  /** Returns bits and squared errors together, in bits. */
  private double cost(CoefficientModel model) {
    RansTables tables = new RansTables(model);
    double bits = 0;
    double errors = 0;
    for (float[] sample : samples) {
      encoder.quantizeAndKeep(model, sample);
      for (int i = 0; i < encoder.count(); i++) {
        bits += tables.costs[encoder.symbols()[i]];
      }
      for (int i = 0; i < sample.length; i++) {
        double error = sample[i] - reading(model, i);
        errors += error * error;
      }
    }
    return bits + errors / Math.max(lambda, FittingOptions.HIGH_RATE_LAMBDA);
  }

  /** Returns what a value of the sample last quantised is read as. */
  private double reading(CoefficientModel model, int index) {
    int context = encoder.contexts()[index];
    int rest = context < 0 ? 0 : model.read(context, encoder.levels()[index]);
    return (encoder.predictions()[index] + rest) / (double) DeadZone.UNIT;
  }

  private CoefficientModel fit(int rounds) {
    CoefficientModel model = beginning();
    for (int round = 0; round < rounds; round++) {
      model = regress(model);
      model = count(model);
    }
    return model;
  }

  /** Returns each channel's mean magnitude, as a context. */
  static byte[] means(Geometry grid, List<float[]> samples) {
    int plane = grid.plane();
    byte[] means = new byte[grid.channels()];
    for (int channel = 0; channel < means.length; channel++) {
      // A channel that was always empty may not be so next time.
      double sum = 0.5;
      for (float[] sample : samples) {
        for (int i = channel * plane; i < (channel + 1) * plane; i++) {
          float magnitude = Math.abs(sample[i]);
          sum += magnitude < 0.6f ? 0 : Math.min(CoefficientModel.MAX_MAGNITUDE, magnitude);
        }
      }
      double mean = sum / ((double) samples.size() * plane + 1);
      means[channel] =
          (byte) CoefficientModel.context((int) Math.round(mean * CoefficientModel.UNIT));
    }
    return means;
  }

  /** Returns a model of the channels' means alone. */
  private CoefficientModel beginning() {
    byte[] means = means(shape, samples);
    int classes = Arrays.stream(CoefficientModel.classes(grid, means)).max().orElse(0) + 1;
    int[] weights = new int[classes * FEATURES];
    for (int i = 0; i < classes; i++) {
      weights[i * FEATURES + CoefficientModel.OWN] = CoefficientModel.UNIT;
    }
    DeadZone[] zones = new DeadZone[CoefficientModel.CONTEXTS];
    Arrays.fill(zones, lambda > 0 ? new DeadZone(77, 70, 4, 0, 0, 0) : DeadZone.NEAREST);
    int[][] frequencies = new int[CoefficientModel.CONTEXTS][];
    for (int context = 0; context < frequencies.length; context++) {
      frequencies[context] = normalize(expected(context));
    }
    int[] empty = new int[CoefficientModel.FLAGS];
    Arrays.fill(empty, CoefficientModel.TOTAL / 2);
    int[] filters = new int[grid.channels() * FILTER];
    return new CoefficientModel(grid, means, weights, filters, frequencies, zones, empty);
  }

  /** Returns a context's token shares if magnitudes fell off geometrically from its middle. */
  private static double[] expected(int context) {
    double middle = middle(context);
    double more = middle / (1 + middle);
    double[] shares = new double[CoefficientModel.TOKENS];
    for (int token = 0; token < CoefficientModel.ESCAPE; token++) {
      int lowest = CoefficientModel.lowestCode(token);
      int codes = 1 << CoefficientModel.rawBits(token);
      // Two codes for each magnitude but 0.
      double from = Math.pow(more, (lowest + 1) >> 1);
      double to = Math.pow(more, (lowest + codes + 1) >> 1);
      shares[token] =
          token == 0 ? 1 - more : codes == 1 ? from * (1 - more) / 2 : Math.max(0, from - to);
    }
    return shares;
  }

  /** Returns the magnitude in the middle of a context. */
  private static double middle(int context) {
    double width = context < 8 ? 1 : 1 << ((context >> 2) - 1);
    return (CoefficientModel.lowest(context) + 0.5 * width) / CoefficientModel.UNIT;
  }

  /**
   * Regresses values on the readings around them, each channel by itself, and magnitudes on what is
   * known before them, each class of channels by itself and with weights that make relative errors
   * count.
   */
  private CoefficientModel regress(CoefficientModel model) {
    int classes = model.weights.length / FEATURES;
    double[][][] products = new double[classes][FEATURES][FEATURES];
    double[][] targets = new double[classes][FEATURES];
    double[][][] filterProducts = new double[grid.channels()][FILTER][FILTER];
    double[][] filterTargets = new double[grid.channels()][FILTER];
    double[] energies = new double[grid.channels()];
    double[] x = new double[FEATURES];
    double[] y = new double[FILTER];
    int plane = grid.plane();
    int columns = grid.columns();
    double[] fading = new double[plane];
    double[] read = new double[plane];
    for (float[] sample : samples) {
      encoder.quantizeAndKeep(model, sample);
      int[] levels = encoder.levels();
      int[] contexts = encoder.contexts();
      Arrays.fill(fading, 0);
      for (int channel = 0; channel < grid.channels(); channel++) {
        int start = channel * plane;
        int set = model.weightsAt(channel) / FEATURES;
        int ownWeight = model.weights[set * FEATURES + CoefficientModel.OWN];
        for (int i = 0; i < plane; i++) {
          int index = start + i;
          int column = i % columns;
          int row = i / columns;
          boolean hasLeft = column > 0;
          boolean hasUp = row > 0;
          boolean hasRight = hasUp && column + 1 < columns;
          double target = sample[index];
          if (contexts[index] >= 0) {
            int ownAt = index / columns * Neighbours.stride(grid) + column;
            x[CoefficientModel.OWN] = (double) model.own[ownAt] / Math.max(1, ownWeight);
            x[CoefficientModel.LEFT] = hasLeft ? magnitude(levels[index - 1]) : 0;
            x[CoefficientModel.UP] = hasUp ? magnitude(levels[index - columns]) : 0;
            x[CoefficientModel.DIAGONAL] =
                (hasUp && hasLeft ? magnitude(levels[index - columns - 1]) : 0)
                    + (hasRight ? magnitude(levels[index - columns + 1]) : 0);
            x[CoefficientModel.BEFORE] = channel > 0 ? magnitude(levels[index - plane]) : 0;
            x[CoefficientModel.FADING] = fading[i];
            double expected = middle(contexts[index]) + 0.004;
            double weight = 1 / (expected * (expected + 0.5));
            accumulate(products[set], targets[set], x, magnitude(levels[index]), weight);
          }
          read[i] = reading(model, index);
          if (coefficients) {
            y[0] = hasLeft ? read[i - 1] : 0;
            y[1] = hasUp ? read[i - columns] : 0;
            y[2] = hasUp && hasLeft ? read[i - columns - 1] : 0;
            y[3] = hasRight ? read[i - columns + 1] : 0;
            energies[channel] += target * target;
            accumulate(filterProducts[channel], filterTargets[channel], y, target, 1);
          }
        }
        for (int i = 0; i < plane; i++) {
          fading[i] = 0.75 * fading[i] + magnitude(levels[start + i]);
        }
      }
    }
    int[] weights = new int[classes * FEATURES];
    for (int set = 0; set < classes; set++) {
      solve(products[set], targets[set], weights, set * FEATURES);
    }
    int[] filters = new int[grid.channels() * FILTER];
    for (int channel = 0; coefficients && channel < grid.channels(); channel++) {
      filter(
          filterProducts[channel],
          filterTargets[channel],
          energies[channel],
          filters,
          channel * FILTER);
    }
    return new CoefficientModel(
        grid,
        model.means,
        weights,
        filters,
        model.frequencies,
        model.zones,
        model.emptyFrequencies);
  }

  private static void accumulate(
      double[][] products, double[] targets, double[] x, double target, double weight) {
    for (int a = 0; a < x.length; a++) {
      if (x[a] != 0) {
        targets[a] += weight * x[a] * target;
        for (int b = 0; b <= a; b++) {
          products[a][b] += weight * x[a] * x[b];
        }
      }
    }
  }

  private static double magnitude(int level) {
    return Math.min(CoefficientModel.MAX_MAGNITUDE, Math.abs(level));
  }

  /** Solves least squares with weights from 0 up, by coordinate descent from the plain mean. */
  private static void solve(double[][] products, double[] targets, int[] weights, int at) {
    double[] solution = new double[FEATURES];
    solution[CoefficientModel.OWN] = 1;
    for (int sweep = 0; sweep < 300; sweep++) {
      for (int a = 0; a < FEATURES; a++) {
        // The ridge keeps what was hardly ever seen at what it was.
        double ridge = 1e-3 * products[a][a] / FEATURES + 1e-6;
        double prior = a == CoefficientModel.OWN ? 1 : 0;
        double rest = targets[a] - others(products, solution, a) + ridge * prior;
        solution[a] = Math.max(0, rest / (products[a][a] + ridge));
      }
    }
    for (int a = 0; a < FEATURES; a++) {
      weights[at + a] = (int) Math.min(MAX_WEIGHT, Math.round(solution[a] * CoefficientModel.UNIT));
    }
  }

  private static double others(double[][] products, double[] solution, int a) {
    double sum = 0;
    for (int b = 0; b < solution.length; b++) {
      if (b != a) {
        sum += products[Math.max(a, b)][Math.min(a, b)] * solution[b];
      }
    }
    return sum;
  }

  /** Solves least squares for a channel's filter; leaves it at nothing where that gains little. */
  private void filter(double[][] products, double[] targets, double energy, int[] filters, int at) {
    double count = (double) samples.size() * grid.plane();
    double[] solution = new double[FILTER];
    // As if the readings had a little noise: filters of nearly empty channels stay small.
    double ridge = 0.02 * count / FILTER + 1e-9;
    for (int sweep = 0; sweep < 200; sweep++) {
      for (int a = 0; a < FILTER; a++) {
        solution[a] = (targets[a] - others(products, solution, a)) / (products[a][a] + ridge);
      }
    }
    double explained = 0;
    for (int a = 0; a < FILTER; a++) {
      explained += solution[a] * targets[a];
    }
    // Errors of quantisation, a twelfth, are not predicted.
    double before = energy / count + 1 / 12.0;
    double after = Math.max(1e-9, before - explained / count);
    if (Math.log(before / after) < 0.02) {
      return;
    }
    for (int a = 0; a < FILTER; a++) {
      long number = Math.round(solution[a] * CoefficientModel.FILTER_UNIT);
      filters[at + a] = (int) Math.max(-128, Math.min(127, number));
    }
  }

  /** Counts tokens, flags and centroids, and derives probabilities and dead zones from them. */
  private CoefficientModel count(CoefficientModel model) {
    double[][] counts = new double[CoefficientModel.CONTEXTS][CoefficientModel.TOKENS];
    ZoneStatistics[] statistics = new ZoneStatistics[CoefficientModel.CONTEXTS];
    Arrays.setAll(statistics, i -> new ZoneStatistics());
    double[] flags = new double[2 * CoefficientModel.FLAGS];
    for (float[] sample : samples) {
      encoder.quantizeAndKeep(model, sample);
      int[] levels = encoder.levels();
      int[] contexts = encoder.contexts();
      int[] predictions = encoder.predictions();
      for (int i = 0; i < sample.length; i++) {
        int context = contexts[i];
        if (context >= 0) {
          counts[context][CoefficientModel.token(Rounding.zigzag(levels[i]))]++;
          float rest = sample[i] - predictions[i] / (float) DeadZone.UNIT;
          statistics[context].add(rest, levels[i]);
        }
      }
      for (int i = 0; i < encoder.count(); i++) {
        int flag = encoder.symbols()[i] - RansTables.FLAG_SYMBOLS;
        if (flag >= 0 && flag < flags.length) {
          flags[flag]++;
        }
      }
    }
    int[][] frequencies = new int[CoefficientModel.CONTEXTS][];
    DeadZone[] zones = new DeadZone[CoefficientModel.CONTEXTS];
    for (int context = 0; context < CoefficientModel.CONTEXTS; context++) {
      double[] shares = expected(context);
      double total = Arrays.stream(counts[context]).sum();
      for (int token = 0; token < CoefficientModel.TOKENS; token++) {
        shares[token] =
            (counts[context][token] + PRIOR_COUNTS * shares[token]) / (total + PRIOR_COUNTS);
      }
      frequencies[context] = normalize(shares);
      zones[context] = lambda > 0 ? statistics[context].zone(lambda) : DeadZone.NEAREST;
    }
    int[] empty = new int[CoefficientModel.FLAGS];
    for (int context = 0; context < CoefficientModel.FLAGS; context++) {
      double yes = flags[2 * context] + 0.4;
      double no = flags[2 * context + 1] + 0.4;
      long part = Math.round(CoefficientModel.TOTAL * yes / (yes + no));
      empty[context] = (int) Math.max(1, Math.min(CoefficientModel.TOTAL - 1, part));
    }
    return new CoefficientModel(
        grid, model.means, model.weights, model.filters, frequencies, zones, empty);
  }

  /**
   * Returns parts of {@link CoefficientModel#TOTAL}: none for what is rarer than half a part but
   * the escape, which has at least one.
   */
  private static int[] normalize(double[] shares) {
    int[] parts = new int[CoefficientModel.TOKENS];
    double sum = Arrays.stream(shares).sum();
    int given = 0;
    int largest = 0;
    for (int token = 0; token < CoefficientModel.ESCAPE; token++) {
      parts[token] = (int) Math.round(shares[token] / sum * (CoefficientModel.TOTAL - 2));
      given += parts[token];
      largest = parts[token] > parts[largest] ? token : largest;
    }
    parts[CoefficientModel.ESCAPE] = 1;
    parts[largest] += CoefficientModel.TOTAL - 1 - given;
    return parts;
  }
}
