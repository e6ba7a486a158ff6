package dev.sluice.protocol.codec;

import java.util.Arrays;

/**
 * What calibration knows of integers on a grid of channels, rows and columns: how probable each is
 * beside those already coded. Immutable; the arrays are not to be changed.
 *
 * <p>Channels are coded one after the other, each row by row. First a flag says whether a channel
 * is nothing but zeros. Otherwise each integer has a <em>predicted magnitude</em>, in units of 1 /
 * {@value #UNIT}, which is a weighted sum of the channel's mean magnitude at this place and of the
 * magnitudes around it that are known: left, up, both upper diagonals, the same place in the
 * channel before, and a fading sum over all channels before. The weights come from a regression,
 * one set for each class of channels of similar mean. The predicted magnitude falls into one of
 * {@value #CONTEXTS} contexts, four for each doubling, and each has its own probabilities and its
 * own dead zone. So a hundred numbers stand for what tables per channel would say, and what they
 * cannot: that coefficients cluster.
 *
 * <p>A token stands for an integer's zigzag code: itself below {@value #DIRECT}; above, its number
 * of bits and the second highest bit, with the rest following raw. The last token announces any
 * code that calibration never saw, raw.
 */
final class CoefficientModel {
  /** A magnitude of 1. */
  static final int UNIT = 1024;

  /** Probabilities are in parts of {@code 2^PROBABILITY_BITS}. */
  static final int PROBABILITY_BITS = 15;

  static final int TOTAL = 1 << PROBABILITY_BITS;

  static final int CONTEXTS = 72;
  static final int DIRECT = 16;
  static final int ESCAPE = DIRECT + 24;
  static final int TOKENS = ESCAPE + 1;

  /** Magnitudes above count as this much for the predictions. */
  static final int MAX_MAGNITUDE = 255;

  /** The weights of a class: own mean, left, up, each diagonal, channel before, fading sum. */
  static final int WEIGHTS = 6;

  static final int OWN = 0;
  static final int LEFT = 1;
  static final int UP = 2;
  static final int DIAGONAL = 3;
  static final int BEFORE = 4;
  static final int FADING = 5;

  /** The fading sum counts a magnitude of the channel before as this much. */
  static final int FADING_UNIT = 16;

  static final int MAX_MEAN = (MAX_MAGNITUDE + 1) * UNIT;
  static final int MAX_SHARE = 4096;
  static final int MAX_WEIGHT = 0xFFFF;

  /** Contexts of the flags of empty channels. */
  static final int FLAGS = 48;

  final Geometry geometry;

  /** Mean magnitude by channel, in 1 / {@link #UNIT}. */
  final int[] means;

  /** Shares of a channel's mean by row and by column, in 1 / 256. */
  final int[] rowShares;

  final int[] columnShares;

  /** Class by channel: its mean's octave, counting those that occur. */
  final int[] classes;

  /** {@link #WEIGHTS} for each class, in 1 / {@link #UNIT}, from 0 up. */
  final int[][] weights;

  /** Parts of {@link #TOTAL} by context and token; a context's sum is the total. */
  final int[][] frequencies;

  final DeadZone[] zones;

  /** Parts of {@link #TOTAL} that a channel is empty, by context; from 1 to the total less 1. */
  final int[] emptyFrequencies;

  // Derived.
  /** By context: from where on magnitudes are at least 1 and 2, how much later the others begin. */
  private final float[] one = new float[CONTEXTS];

  private final float[] two = new float[CONTEXTS];
  private final float[] more = new float[CONTEXTS];

  /** By context: what is added to a magnitude of 1, 2 and more. */
  private final float[] readings = new float[4 * CONTEXTS];

  private float smallestNonZero = Float.MAX_VALUE;

  /** Where tokens begin, by context and token; {@code TOKENS + 1} each. */
  final int[] starts = new int[CONTEXTS * (TOKENS + 1)];

  /** The first token of each 256th part of the total, by context. */
  final byte[] firstTokens = new byte[CONTEXTS * 256];

  CoefficientModel(
      Geometry geometry,
      int[] means,
      int[] rowShares,
      int[] columnShares,
      int[][] weights,
      int[][] frequencies,
      DeadZone[] zones,
      int[] emptyFrequencies) {
    this.geometry = geometry;
    this.means = means;
    this.rowShares = rowShares;
    this.columnShares = columnShares;
    classes = classes(means);
    this.weights = weights;
    this.frequencies = frequencies;
    this.zones = zones;
    this.emptyFrequencies = emptyFrequencies;
    for (int context = 0; context < CONTEXTS; context++) {
      int sum = 0;
      for (int token = 0; token < TOKENS; token++) {
        starts[context * (TOKENS + 1) + token] = sum;
        for (int part = (sum + 127) >> 7; (part << 7) < sum + frequencies[context][token]; part++) {
          firstTokens[context * 256 + part] = (byte) token;
        }
        sum += frequencies[context][token];
      }
      starts[context * (TOKENS + 1) + TOKENS] = sum;
      DeadZone zone = zones[context];
      one[context] = zone.one() / (float) DeadZone.UNIT;
      two[context] = zone.two() / (float) DeadZone.UNIT + 1;
      more[context] = zone.more() / (float) DeadZone.UNIT;
      readings[4 * context + 1] = zone.readOne() / (float) DeadZone.UNIT;
      readings[4 * context + 2] = zone.readTwo() / (float) DeadZone.UNIT;
      readings[4 * context + 3] = zone.readMore() / (float) DeadZone.UNIT;
      smallestNonZero = Math.min(smallestNonZero, one[context]);
    }
  }

  /** Returns a magnitude below which everything is 0. */
  float smallestNonZero() {
    return smallestNonZero;
  }

  /** Does {@link DeadZone#quantize} for a context. */
  int quantize(int context, float value) {
    float magnitude = Math.abs(value);
    if (!(magnitude >= one[context])) {
      return 0;
    }
    int level =
        magnitude < two[context]
            ? 1
            : (int) Math.max(2f, Math.min(Rounding.MAX, magnitude - more[context] + 0.5f));
    return value < 0 ? -level : level;
  }

  /** Does {@link DeadZone#reconstruct} for a context. */
  float reconstruct(int context, int level) {
    int magnitude = Math.abs(level);
    float value = magnitude + readings[4 * context + Math.min(3, magnitude)];
    return level < 0 ? -value : value;
  }

  /** Returns the context of a predicted magnitude, from 0 up. */
  static int context(int predicted) {
    // Four to each doubling; 0 to 3 stand for themselves.
    int clipped = Math.min(predicted, (1 << 18) - 1);
    int exponent = 31 - Integer.numberOfLeadingZeros(clipped | 2);
    int shift = Math.max(0, exponent - 2);
    return 4 * shift + (clipped >>> shift);
  }

  /** Returns the flag's context for the sum of a channel's predicted magnitudes. */
  static int flagContext(long sum) {
    int clipped = (int) Math.min(sum >>> 4, (1 << 24) - 1);
    int exponent = 31 - Integer.numberOfLeadingZeros(clipped | 1);
    int shift = Math.max(0, exponent - 1);
    return 2 * shift + (clipped >>> shift);
  }

  /** Returns the token of a zigzag code. */
  static int token(int code) {
    if (code < DIRECT) {
      return code;
    }
    int exponent = 31 - Integer.numberOfLeadingZeros(code);
    return DIRECT + 2 * (exponent - 4) + ((code >>> (exponent - 1)) & 1);
  }

  /** Returns how many raw bits follow a token. */
  static int rawBits(int token) {
    return token < DIRECT ? 0 : token == ESCAPE ? 16 : ((token - DIRECT) >> 1) + 3;
  }

  /** Returns the lowest code of a token. */
  static int lowestCode(int token) {
    if (token < DIRECT) {
      return token;
    }
    if (token == ESCAPE) {
      return 0;
    }
    return (2 + ((token - DIRECT) & 1)) << rawBits(token);
  }

  /** Returns a row's own part of the predictions before the column's share, in 1 / UNIT. */
  int ownPart(int channel, int row) {
    long mean = ((long) means[channel] * weights[classes[channel]][OWN]) >> 10;
    return (int) Math.min(1 << 19, (mean * rowShares[row]) >> 8);
  }

  /** Returns each mean's octave, numbered from 0 in the order of those that occur. */
  static int[] classes(int[] means) {
    int[] octaves = new int[means.length];
    for (int channel = 0; channel < means.length; channel++) {
      octaves[channel] = 32 - Integer.numberOfLeadingZeros(means[channel]);
    }
    int[] present = Arrays.stream(octaves).distinct().sorted().toArray();
    for (int channel = 0; channel < means.length; channel++) {
      octaves[channel] = Arrays.binarySearch(present, octaves[channel]);
    }
    return octaves;
  }

  /** Writes all but the geometry. */
  void write(TableBytes.Writer out) {
    for (int mean : means) {
      out.unsigned(mean);
    }
    for (int share : rowShares) {
      out.unsigned(share);
    }
    for (int share : columnShares) {
      out.unsigned(share);
    }
    for (int[] set : weights) {
      for (int weight : set) {
        out.unsigned(weight);
      }
    }
    for (int context = 0; context < CONTEXTS; context++) {
      int used = TOKENS - 1;
      while (used > 0 && frequencies[context][used - 1] == 0) {
        used--;
      }
      out.unsigned(used);
      for (int token = 0; token < used; token++) {
        out.unsigned(frequencies[context][token]);
      }
      zones[context].write(out);
    }
    for (int empty : emptyFrequencies) {
      out.unsigned(empty);
    }
  }

  /** Reads what {@link #write} wrote. */
  static CoefficientModel read(Geometry geometry, TableBytes.Reader in) {
    int[] means = numbers(in, "mean magnitude", geometry.channels(), MAX_MEAN);
    int[] rowShares = numbers(in, "share of a row", geometry.rows(), MAX_SHARE);
    int[] columnShares = numbers(in, "share of a column", geometry.columns(), MAX_SHARE);
    int[][] weights = new int[Arrays.stream(classes(means)).max().orElse(0) + 1][];
    for (int set = 0; set < weights.length; set++) {
      weights[set] = numbers(in, "weight", WEIGHTS, MAX_WEIGHT);
    }
    int[][] frequencies = new int[CONTEXTS][TOKENS];
    DeadZone[] zones = new DeadZone[CONTEXTS];
    for (int context = 0; context < CONTEXTS; context++) {
      int used = in.unsigned("number of tokens", 0, TOKENS - 1);
      int left = TOTAL;
      for (int token = 0; token < used; token++) {
        frequencies[context][token] = in.unsigned("frequency", 0, left - 1);
        left -= frequencies[context][token];
      }
      // The escape has the rest, at least 1 and not all.
      if (left == TOTAL) {
        throw new IllegalArgumentException("context " + context + " has no token but the escape");
      }
      frequencies[context][ESCAPE] = left;
      zones[context] = DeadZone.read(in);
    }
    int[] empty = new int[FLAGS];
    for (int flag = 0; flag < FLAGS; flag++) {
      empty[flag] = in.unsigned("frequency of empty channels", 1, TOTAL - 1);
    }
    return new CoefficientModel(
        geometry, means, rowShares, columnShares, weights, frequencies, zones, empty);
  }

  private static int[] numbers(TableBytes.Reader in, String what, int count, int max) {
    in.checkRoom(what, count);
    int[] numbers = new int[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = in.unsigned(what, 0, max);
    }
    return numbers;
  }

  @Override
  public String toString() {
    return "model of " + geometry + " with weights " + Arrays.deepToString(weights);
  }
}
