package dev.sluice.protocol.codec;

import java.util.Arrays;

/**
 * What calibration knows of coefficients on a grid of channels, rows and columns: what to expect of
 * each beside those already coded. Immutable; the arrays are not to be changed.
 *
 * <p>Channels are coded one after the other, each row by row. What is coded of a coefficient is the
 * integer nearest to its difference from a <em>prediction</em>: what the channel's filter makes of
 * the readings on the left, above and on both upper diagonals (0 where a channel has no filter),
 * since a transform over channels leaves neighbouring places alike.
 *
 * <p>A flag says first whether a channel has nothing but zeros. Otherwise each integer has an
 * <em>expected magnitude</em>, in units of 1 / {@value #UNIT}: a weighted sum of the mean magnitude
 * at this place and of the magnitudes around it: left, above, both upper diagonals, the same place
 * in the channel before, and a fading sum over all channels before. The weights come from a
 * regression, one set for each class of channels of similar mean. The expected magnitude falls into
 * one of {@value #CONTEXTS} contexts, four for each doubling, and each has its own probabilities
 * and its own dead zone. So a few hundred numbers stand for what tables per channel would say, and
 * what they cannot: that coefficients cluster.
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

  /** Places kept for a context's tokens, a power of two. */
  static final int TOKEN_STRIDE = 64;

  /** Magnitudes above count as this much for what is expected. */
  static final int MAX_MAGNITUDE = 255;

  /** The weights of a class. */
  static final int WEIGHTS = 6;

  /** Of the place's own mean. */
  static final int OWN = 0;

  static final int LEFT = 1;
  static final int UP = 2;

  /** Of each upper diagonal. */
  static final int DIAGONAL = 3;

  /** Of the same place in the channel before. */
  static final int BEFORE = 4;

  static final int FADING = 5;

  /** The fading sum counts a magnitude of the channel before as this much. */
  static final int FADING_UNIT = 16;

  /** Contexts of the flags of empty channels. */
  static final int FLAGS = 48;

  /** The numbers of a filter: left, up, upper left, upper right. */
  static final int FILTER = 4;

  /** A filter's number for 1. */
  static final int FILTER_UNIT = 64;

  private static final int FILTER_BITS = 6;

  /** Readings are clipped to this, either sign. */
  static final int MAX_READING = 1 << 22;

  private static final int MAX_WEIGHT = 0xFFFF;
  private static final int MAX_OWN = 1 << 19;

  final Geometry grid;

  /** Mean magnitudes by place or by runs of places, as contexts. */
  final byte[] means;

  /** {@link #WEIGHTS} for each class, one after the other, in 1 / {@link #UNIT}, from 0 up. */
  final int[] weights;

  /** {@link #FILTER} numbers for each channel, in 1 / {@link #FILTER_UNIT}. */
  final int[] filters;

  /** Parts of {@link #TOTAL} by context and token; a context's sum is the total. */
  final int[][] frequencies;

  final DeadZone[] zones;

  /** Parts of {@link #TOTAL} that a channel is empty, by context; from 1 to the total less 1. */
  final int[] emptyFrequencies;

  // What follows is derived.

  /**
   * By place: what its mean has in what is expected there. Rows follow each other in the distance
   * of {@link Neighbours#stride}.
   */
  final int[] own;

  /** Where tokens begin, by context and token; {@link #TOKEN_STRIDE} each. */
  final int[] starts = new int[CONTEXTS * TOKEN_STRIDE];

  /** The first token of each 256th part of the total, by context. */
  final byte[] firstTokens = new byte[CONTEXTS * 256];

  /**
   * What a level is read as, in 1 / {@link DeadZone#UNIT}: four for each context, by the lesser of
   * 3 and the magnitude, what is added to the magnitude.
   */
  final int[] readings = new int[4 * CONTEXTS];

  /** By context, in 1 / {@link DeadZone#UNIT}: from where on magnitudes are at least 1, and 2. */
  final int[] one = new int[CONTEXTS];

  final float[] two = new float[CONTEXTS];

  /** By context: how much later than half-way between integers the magnitudes from 3 on begin. */
  final float[] more = new float[CONTEXTS];

  /** The least of {@link #one} up to a context. */
  final int[] leastOne = new int[CONTEXTS];

  private final int[] weightsAt;
  private final boolean[] predicted;

  CoefficientModel(
      Geometry grid,
      byte[] means,
      int[] weights,
      int[] filters,
      int[][] frequencies,
      DeadZone[] zones,
      int[] emptyFrequencies) {
    this.grid = grid;
    this.means = means;
    this.weights = weights;
    this.filters = filters;
    this.frequencies = frequencies;
    this.zones = zones;
    this.emptyFrequencies = emptyFrequencies;
    weightsAt = classes(grid, means);
    int run = grid.elements() / means.length;
    int stride = Neighbours.stride(grid);
    own = new int[grid.channels() * grid.rows() * stride];
    for (int i = 0; i < grid.elements(); i++) {
      long mean = lowest(means[i / run]);
      int weight = weights[weightsAt[i / grid.plane()] * WEIGHTS + OWN];
      int at = i / grid.columns() * stride + i % grid.columns();
      own[at] = (int) Math.min(MAX_OWN, (mean * weight) >> 10);
    }
    for (int channel = 0; channel < weightsAt.length; channel++) {
      weightsAt[channel] *= WEIGHTS;
    }
    predicted = new boolean[grid.channels()];
    for (int i = 0; i < filters.length; i++) {
      predicted[i / FILTER] |= filters[i] != 0;
    }
    int least = Integer.MAX_VALUE;
    for (int context = 0; context < CONTEXTS; context++) {
      int sum = 0;
      for (int token = 0; token < TOKENS; token++) {
        starts[context * TOKEN_STRIDE + token] = sum;
        int next = sum + frequencies[context][token];
        for (int part = (sum + 127) >> 7; 128 * part < next; part++) {
          firstTokens[context * 256 + part] = (byte) token;
        }
        sum = next;
      }
      starts[context * TOKEN_STRIDE + TOKENS] = sum;
      DeadZone zone = zones[context];
      one[context] = zone.one();
      two[context] = zone.two() + DeadZone.UNIT;
      more[context] = zone.more();
      readings[4 * context + 1] = zone.readOne();
      readings[4 * context + 2] = zone.readTwo();
      readings[4 * context + 3] = zone.readMore();
      least = Math.min(least, one[context]);
      leastOne[context] = least;
    }
  }

  /** Returns where the weights of a channel's class begin. */
  int weightsAt(int channel) {
    return weightsAt[channel];
  }

  /** Returns whether a channel has a filter. */
  boolean predicts(int channel) {
    return predicted[channel];
  }

  /** Does {@link DeadZone#quantize} for a context and a value in 1 / {@link DeadZone#UNIT}. */
  int quantize(int context, float value) {
    float magnitude = Math.abs(value);
    if (!(magnitude >= one[context])) {
      return 0;
    }
    int level = 1;
    if (magnitude >= two[context]) {
      float shifted = (magnitude - more[context]) * (1f / DeadZone.UNIT) + 0.5f;
      level = (int) Math.max(2f, Math.min(Rounding.MAX, shifted));
    }
    // Signs are as good as random: branches on them would be taken back half the time.
    int sign = Float.floatToRawIntBits(value) >> 31;
    return (level ^ sign) - sign;
  }

  /** Does {@link DeadZone#reconstruct} for a context, in 1 / {@link DeadZone#UNIT}. */
  int read(int context, int level) {
    int sign = level >> 31;
    int magnitude = (level ^ sign) - sign;
    int value = magnitude * DeadZone.UNIT + readings[4 * context + Math.min(3, magnitude)];
    return (value ^ sign) - sign;
  }

  /** Returns a prediction from a filter's sum. */
  static int prediction(int sum) {
    return Math.max(-MAX_READING, Math.min(MAX_READING, (sum + FILTER_UNIT / 2) >> FILTER_BITS));
  }

  /** Returns the context of an expected magnitude, from 0 up. */
  static int context(int expected) {
    // Four to each doubling; 0 to 7 stand for themselves.
    int clipped = Math.min(expected, (1 << 18) - 1);
    int shift = 29 - Integer.numberOfLeadingZeros(clipped | 4);
    return 4 * shift + (clipped >>> shift);
  }

  /** Returns the lowest expected magnitude of a context. */
  static int lowest(int context) {
    return context < 8 ? context : (4 + (context & 3)) << ((context >> 2) - 1);
  }

  /** Returns the flag's context for the sum of what is expected of a channel. */
  static int flagContext(long sum) {
    int clipped = (int) Math.min(sum >>> 4, (1 << 24) - 1);
    int shift = 30 - Integer.numberOfLeadingZeros(clipped | 2);
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

  /** Returns each channel's class: the octave of its mean, counting those that occur. */
  static int[] classes(Geometry grid, byte[] means) {
    int[] octaves = new int[grid.channels()];
    for (int channel = 0; channel < octaves.length; channel++) {
      int from = (int) ((long) channel * means.length / octaves.length);
      int to = Math.max(from + 1, (int) ((channel + 1L) * means.length / octaves.length));
      long sum = 0;
      for (int i = from; i < to; i++) {
        sum += lowest(means[i]);
      }
      octaves[channel] = 64 - Long.numberOfLeadingZeros(sum / (to - from));
    }
    int[] present = Arrays.stream(octaves).distinct().sorted().toArray();
    for (int channel = 0; channel < octaves.length; channel++) {
      octaves[channel] = Arrays.binarySearch(present, octaves[channel]);
    }
    return octaves;
  }

  /** Writes all but how many elements there are. */
  void write(TableBytes.Writer out) {
    out.unsigned(grid.channels());
    out.unsigned(grid.rows());
    out.unsigned(means.length);
    for (byte mean : means) {
      out.unsigned(mean);
    }
    for (int weight : weights) {
      out.unsigned(weight);
    }
    int passed = 0;
    for (int channel = 0; channel < grid.channels(); channel++) {
      if (predicted[channel]) {
        out.unsigned(passed + 1);
        for (int i = 0; i < FILTER; i++) {
          out.signed(filters[channel * FILTER + i]);
        }
        passed = 0;
      } else {
        passed++;
      }
    }
    out.unsigned(0);
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
  static CoefficientModel read(int elements, TableBytes.Reader in) {
    int channels = in.unsigned("number of channels", 1, elements);
    int rows = in.unsigned("number of rows", 1, elements);
    if (elements % ((long) channels * rows) != 0) {
      throw new IllegalArgumentException(
          channels + " channels of " + rows + " rows do not divide " + elements);
    }
    Geometry grid = new Geometry(channels, rows, elements / (channels * rows));
    int count = in.unsigned("number of means", 1, elements);
    if (elements % count != 0 || (count % channels != 0 && channels % count != 0)) {
      throw new IllegalArgumentException(count + " means do not divide " + grid);
    }
    in.checkRoom("means", count);
    byte[] means = new byte[count];
    for (int i = 0; i < count; i++) {
      means[i] = (byte) in.unsigned("mean magnitude", 0, CONTEXTS - 1);
    }
    int classes = Arrays.stream(classes(grid, means)).max().orElse(0) + 1;
    int[] weights = new int[classes * WEIGHTS];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = in.unsigned("weight", 0, MAX_WEIGHT);
    }
    int[] filters = new int[channels * FILTER];
    int next = -1;
    while (true) {
      int distance = in.unsigned("distance to the next filter", 0, channels - 1 - next);
      if (distance == 0) {
        break;
      }
      next += distance;
      boolean any = false;
      for (int i = 0; i < FILTER; i++) {
        int number = in.signed("number of a filter", -128, 127);
        filters[next * FILTER + i] = number;
        any |= number != 0;
      }
      if (!any) {
        throw new IllegalArgumentException("filter of channel " + next + " is nothing");
      }
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
      if (left == TOTAL || (used > 0 && frequencies[context][used - 1] == 0)) {
        throw new IllegalArgumentException("context " + context + " has a last token of 0");
      }
      frequencies[context][ESCAPE] = left;
      zones[context] = DeadZone.read(in);
    }
    int[] empty = new int[FLAGS];
    for (int flag = 0; flag < FLAGS; flag++) {
      empty[flag] = in.unsigned("frequency of empty channels", 1, TOTAL - 1);
    }
    return new CoefficientModel(grid, means, weights, filters, frequencies, zones, empty);
  }

  @Override
  public String toString() {
    return "model of " + grid + " with weights " + Arrays.toString(weights);
  }
}
