package dev.sluice.protocol.codec;

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

  /** Counts that the expected shape of a distribution is worth. */
  private static final double PRIOR_COUNTS = 6;

  private final Geometry geometry;
  private final List<float[]> samples;
  private final double lambda;
  private final boolean deadZones;
  private final CoefficientEncoder encoder = new CoefficientEncoder();

  /**
   * @param samples in steps, not changed
   * @param lambda squared steps that a bit is worth
   * @param deadZones whether thresholds and centroids are chosen, or values rounded to the nearest
   */
  ModelFitting(Geometry geometry, List<float[]> samples, double lambda, boolean deadZones) {
    this.geometry = geometry;
    this.samples = samples;
    this.lambda = lambda;
    this.deadZones = deadZones;
  }

  CoefficientModel fit() {
    CoefficientModel model = beginning();
    for (int round = 0; round < ROUNDS; round++) {
      model = regress(model);
      model = count(model);
    }
    return model;
  }

  /** Returns a model of the channels' means alone. */
  private CoefficientModel beginning() {
    DeadZone zone = deadZones ? new DeadZone(77, 70, 4, 0, 0, 0) : DeadZone.NEAREST;
    double[] channelSums = new double[geometry.channels()];
    double[] rowSums = new double[geometry.rows()];
    double[] columnSums = new double[geometry.columns()];
    for (float[] sample : samples) {
      int i = 0;
      for (int channel = 0; channel < geometry.channels(); channel++) {
        for (int row = 0; row < geometry.rows(); row++) {
          for (int column = 0; column < geometry.columns(); column++) {
            int magnitude =
                Math.min(CoefficientModel.MAX_MAGNITUDE, Math.abs(zone.quantize(sample[i++])));
            channelSums[channel] += magnitude;
            rowSums[row] += magnitude;
            columnSums[column] += magnitude;
          }
        }
      }
    }
    int[] means = new int[geometry.channels()];
    double perChannel = (double) Math.max(1, samples.size()) * geometry.plane();
    for (int channel = 0; channel < means.length; channel++) {
      // A channel that was always empty may not be so next time.
      double mean = (channelSums[channel] + 0.5) / (perChannel + 1);
      means[channel] = TableBytes.roundLogarithmic(Math.max(1, mean * CoefficientModel.UNIT));
    }
    int[] rowShares = shares(rowSums);
    int[] columnShares = shares(columnSums);
    int classes = Arrays.stream(CoefficientModel.classes(means)).max().orElse(0) + 1;
    int[][] weights = new int[classes][FEATURES];
    for (int[] row : weights) {
      row[CoefficientModel.OWN] = CoefficientModel.UNIT;
    }
    DeadZone[] zones = new DeadZone[CoefficientModel.CONTEXTS];
    Arrays.fill(zones, zone);
    int[][] frequencies = new int[CoefficientModel.CONTEXTS][];
    for (int context = 0; context < frequencies.length; context++) {
      frequencies[context] = normalize(expected(context));
    }
    int[] empty = new int[CoefficientModel.FLAGS];
    Arrays.fill(empty, CoefficientModel.TOTAL / 2);
    return new CoefficientModel(
        geometry, means, rowShares, columnShares, weights, frequencies, zones, empty);
  }

  /** Returns each sum over their mean in 1 / 256, from 16 to 4,096. */
  private static int[] shares(double[] sums) {
    double mean = Arrays.stream(sums).average().orElse(0);
    int[] shares = new int[sums.length];
    for (int i = 0; i < sums.length; i++) {
      double share = mean > 0 ? sums[i] / mean : 1;
      shares[i] = TableBytes.roundLogarithmic(Math.max(16, Math.min(4096, 256 * share)));
    }
    return shares;
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
    int shift = context < 8 ? 0 : context / 4 - 1;
    int lowest = context < 8 ? context : (4 + context % 4) << shift;
    return (lowest + 0.5 * (1 << shift)) / CoefficientModel.UNIT;
  }

  /**
   * Regresses magnitudes on what is known before them, each class of channels by itself, with
   * weights that make relative errors count.
   */
  private CoefficientModel regress(CoefficientModel model) {
    int classes = model.weights.length;
    double[][][] products = new double[classes][FEATURES][FEATURES];
    double[][] targets = new double[classes][FEATURES];
    double[] x = new double[FEATURES];
    for (float[] sample : samples) {
      encoder.quantize(model, new RansTables(model), sample, 0, true);
      int[] levels = encoder.levels();
      int[] contexts = encoder.contexts();
      int plane = geometry.plane();
      int columns = geometry.columns();
      double[] fading = new double[plane];
      for (int channel = 0; channel < geometry.channels(); channel++) {
        int start = channel * plane;
        int set = model.classes[channel];
        for (int i = 0; i < plane; i++) {
          int index = start + i;
          int column = i % columns;
          int row = i / columns;
          if (contexts[index] < 0) {
            continue;
          }
          x[CoefficientModel.OWN] =
              (double) model.means[channel]
                  * model.rowShares[row]
                  * model.columnShares[column]
                  / (CoefficientModel.UNIT * 65536.0);
          x[CoefficientModel.LEFT] = column > 0 ? magnitude(levels[index - 1]) : 0;
          x[CoefficientModel.UP] = row > 0 ? magnitude(levels[index - columns]) : 0;
          double diagonal = 0;
          if (row > 0 && column > 0) {
            diagonal += magnitude(levels[index - columns - 1]);
          }
          if (row > 0 && column + 1 < columns) {
            diagonal += magnitude(levels[index - columns + 1]);
          }
          x[CoefficientModel.DIAGONAL] = diagonal;
          x[CoefficientModel.BEFORE] = channel > 0 ? magnitude(levels[index - plane]) : 0;
          x[CoefficientModel.FADING] = fading[i];
          double predicted = middle(contexts[index]) + 0.004;
          double weight = 1 / (predicted * (predicted + 0.5));
          double target = magnitude(levels[index]);
          for (int a = 0; a < FEATURES; a++) {
            targets[set][a] += weight * x[a] * target;
            for (int b = 0; b <= a; b++) {
              products[set][a][b] += weight * x[a] * x[b];
            }
          }
        }
        for (int i = 0; i < plane; i++) {
          fading[i] = fading[i] * 0.75 + magnitude(levels[start + i]);
        }
      }
    }
    int[][] weights = new int[classes][];
    for (int set = 0; set < classes; set++) {
      weights[set] = solve(products[set], targets[set]);
    }
    return new CoefficientModel(
        geometry,
        model.means,
        model.rowShares,
        model.columnShares,
        weights,
        model.frequencies,
        model.zones,
        model.emptyFrequencies);
  }

  private static double magnitude(int level) {
    return Math.min(CoefficientModel.MAX_MAGNITUDE, Math.abs(level));
  }

  /** Solves least squares with weights from 0 up, by coordinate descent from the plain mean. */
  private static int[] solve(double[][] products, double[] targets) {
    double[] solution = new double[FEATURES];
    solution[CoefficientModel.OWN] = 1;
    for (int sweep = 0; sweep < 300; sweep++) {
      for (int a = 0; a < FEATURES; a++) {
        // The ridge keeps what was hardly ever seen at what it was.
        double ridge = 1e-3 * products[a][a] / FEATURES + 1e-6;
        double rest = targets[a];
        for (int b = 0; b < FEATURES; b++) {
          if (b != a) {
            rest -= products[Math.max(a, b)][Math.min(a, b)] * solution[b];
          }
        }
        double prior = a == CoefficientModel.OWN ? 1 : 0;
        solution[a] = Math.max(0, (rest + ridge * prior) / (products[a][a] + ridge));
      }
    }
    int[] weights = new int[FEATURES];
    for (int a = 0; a < FEATURES; a++) {
      weights[a] =
          (int)
              Math.min(
                  CoefficientModel.MAX_WEIGHT, Math.round(solution[a] * CoefficientModel.UNIT));
    }
    return weights;
  }

  /** Counts tokens, flags and centroids, and derives probabilities and dead zones from them. */
  private CoefficientModel count(CoefficientModel model) {
    double[][] counts = new double[CoefficientModel.CONTEXTS][CoefficientModel.TOKENS];
    ZoneStatistics[] statistics = new ZoneStatistics[CoefficientModel.CONTEXTS];
    Arrays.setAll(statistics, i -> new ZoneStatistics());
    double[] flags = new double[2 * CoefficientModel.FLAGS];
    RansTables tables = new RansTables(model);
    for (float[] sample : samples) {
      encoder.quantize(model, tables, sample, 0, true);
      int[] levels = encoder.levels();
      int[] contexts = encoder.contexts();
      for (int i = 0; i < sample.length; i++) {
        int context = contexts[i];
        if (context < 0) {
          continue;
        }
        int level = levels[i];
        counts[context][CoefficientModel.token(Rounding.zigzag(level))]++;
        statistics[context].add(sample[i], level);
      }
      for (int i = 0; i < encoder.count(); i++) {
        int flag = encoder.symbols()[i] - RansTables.FLAG_SYMBOLS;
        if (flag >= 0 && flag < 2 * CoefficientModel.FLAGS) {
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
      zones[context] = deadZones ? statistics[context].zone(lambda) : DeadZone.NEAREST;
    }
    int[] empty = new int[CoefficientModel.FLAGS];
    for (int context = 0; context < CoefficientModel.FLAGS; context++) {
      double yes = flags[2 * context] + 0.4;
      double no = flags[2 * context + 1] + 0.4;
      empty[context] =
          (int)
              Math.max(
                  1,
                  Math.min(
                      CoefficientModel.TOTAL - 1,
                      Math.round(CoefficientModel.TOTAL * yes / (yes + no))));
    }
    return new CoefficientModel(
        geometry,
        model.means,
        model.rowShares,
        model.columnShares,
        model.weights,
        frequencies,
        zones,
        empty);
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
