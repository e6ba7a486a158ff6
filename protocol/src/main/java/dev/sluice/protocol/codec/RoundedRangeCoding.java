package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;
import java.util.Arrays;

/**
 * Nearest integers through an adaptive binary range coder, channel after channel.
 *
 * <p>Each magnitude is a chain of yes-no questions (0? 1? 2? …, from {@link #UNARY} on an
 * Elias-gamma code), then an even bit for the sign. The probability of each answer is learned while
 * coding, from four contexts: the mean magnitude of the channel so far (begun with the previous
 * channel's: a transform sorts channels by variance), the neighbours already coded, both together,
 * and the same place in the channel before. The four estimates are mixed in the logistic domain by
 * weights learned online (Mahoney, "Adaptive Weighing of Context Models for Lossless Data
 * Compression", Florida Tech TR CS-2005-16). No table travels, which is what makes it small where
 * payloads are.
 *
 * <p>A tensor that takes no less than two bytes per element is stored as i16le, which the length
 * tells.
 *
 * <p>Only additions, multiplications and tables made by {@link StrictMath} decide, so both sides
 * compute the same probabilities on any machine. The last two sizes of the shape are rows and
 * columns, those before them channels.
 */
final class RoundedRangeCoding implements TensorCoding {
  private static final int UNARY = 14;
  private static final int GAMMA_BITS = 17;

  private static final ThreadLocal<Model> MODELS = ThreadLocal.withInitial(Model::new);

  @Override
  public int maxEncodedBytes(int elements) {
    return Short.BYTES * elements;
  }

  @Override
  public int encode(float[] values, int[] shape, Scratch scratch) {
    int elements = Shapes.elements(shape);
    int[] integers = scratch.ints(elements);
    for (int i = 0; i < elements; i++) {
      integers[i] = Rounding.nearest(values[i]);
    }
    Model model = MODELS.get();
    byte[] out = scratch.encoded();
    int storedBytes = Short.BYTES * elements;
    model.begin(out, storedBytes);
    model.code(integers, shape, elements);
    int bytes = model.finish();
    if (bytes < storedBytes) {
      return bytes;
    }
    for (int i = 0; i < elements; i++) {
      LittleEndian.putShort(out, Short.BYTES * i, (short) integers[i]);
    }
    return storedBytes;
  }

  @Override
  public void decode(byte[] in, int bytes, float[] values, int[] shape, Scratch scratch)
      throws ProtocolException {
    int elements = Shapes.elements(shape);
    if (bytes == Short.BYTES * elements) {
      for (int i = 0; i < elements; i++) {
        values[i] = LittleEndian.getShort(in, Short.BYTES * i);
      }
      return;
    }
    int[] integers = scratch.ints(elements);
    Model model = MODELS.get();
    model.beginReading(in, bytes);
    model.code(integers, shape, elements);
    model.checkEnd();
    for (int i = 0; i < elements; i++) {
      values[i] = integers[i];
    }
  }

  /**
   * Range coder and probabilities of one tensor; either direction through the same code. Used by
   * one thread.
   */
  private static final class Model {
    private static final int QUESTIONS = UNARY + 2 * GAMMA_BITS;
    private static final int MEAN_LEVELS = 24;
    private static final int NEAR_LEVELS = 16;
    private static final int BOTH_LEVELS = 8 * 6;
    private static final int PLACE_LEVELS = 4 * 3 * 3;
    private static final int INPUTS = 4;
    private static final int[] BASES = {
      0,
      QUESTIONS * MEAN_LEVELS,
      QUESTIONS * (MEAN_LEVELS + NEAR_LEVELS),
      QUESTIONS * (MEAN_LEVELS + NEAR_LEVELS + BOTH_LEVELS)
    };
    private static final int SLOTS =
        QUESTIONS * (MEAN_LEVELS + NEAR_LEVELS + BOTH_LEVELS + PLACE_LEVELS);

    private static final int RATE_LIMIT = 160;
    private static final float LEARNING_RATE = 0.02f;
    private static final int SQUASH_STEPS = 4096;
    private static final float SQUASH_END = 12f;
    private static final float[] STRETCH = new float[4096];
    private static final float[] SQUASH = new float[SQUASH_STEPS];
    private static final float[] RATE = new float[RATE_LIMIT + 1];

    static {
      for (int i = 0; i < STRETCH.length; i++) {
        double p = (i + 0.5) / STRETCH.length;
        STRETCH[i] = (float) StrictMath.log(p / (1 - p));
      }
      for (int i = 0; i < SQUASH_STEPS; i++) {
        double x = ((i + 0.5) / SQUASH_STEPS * 2 - 1) * SQUASH_END;
        SQUASH[i] = (float) (1 / (1 + StrictMath.exp(-x)));
      }
      for (int i = 0; i <= RATE_LIMIT; i++) {
        RATE[i] = 1 / (i + 1.5f);
      }
    }

    /** How many answers the first estimates are worth. */
    private static final short PRIOR_SEEN = 6;

    /**
     * First estimates: magnitudes of mean m that fall off geometrically are larger than any k with
     * m / (1 + m).
     */
    private static final float[] PRIOR_PROBABILITY = new float[SLOTS];

    static {
      Arrays.fill(PRIOR_PROBABILITY, 0.5f);
      for (int level = 0; level < MEAN_LEVELS; level++) {
        expect(0, level, StrictMath.pow(2, level / 2.0) / 256);
      }
      for (int level = 0; level < NEAR_LEVELS; level++) {
        expect(1, level, level < 8 ? 0.1 + level / 7.0 : StrictMath.pow(2, level - 4.0) / 7);
      }
      for (int level = 0; level < BOTH_LEVELS; level++) {
        expect(2, level, StrictMath.pow(2, (3 * (level / 6) + 1) / 2.0) / 256 + level % 6 * 0.1);
      }
      for (int level = 0; level < PLACE_LEVELS; level++) {
        int before = level / 9;
        int near = level % 3 + level / 3 % 3;
        expect(3, level, 0.2 + 0.2 * near + 0.15 * before);
      }
    }

    private static void expect(int input, int level, double mean) {
      for (int question = 0; question < UNARY; question++) {
        PRIOR_PROBABILITY[BASES[input] + level * QUESTIONS + question] =
            (float) Math.max(0.01, Math.min(0.99, mean / (1 + mean)));
      }
    }

    /** Prior counts of a channel's mean, in values of the previous channel. */
    private static final int PRIOR = 8;

    private final float[] probability = new float[SLOTS];
    private final short[] seen = new short[SLOTS];
    private final float[] weights = new float[QUESTIONS * INPUTS];
    private final int[] slots = new int[INPUTS];
    private final float[] stretched = new float[INPUTS];

    private byte[] bytes = {};
    private boolean reading;
    private int at;
    private int end;
    private int low;
    private int high;
    private int window;

    /** Begins writing; what would go past {@code limit} bytes is counted, not written. */
    void begin(byte[] out, int limit) {
      reset(out);
      reading = false;
      end = limit;
    }

    void beginReading(byte[] in, int length) {
      reset(in);
      reading = true;
      end = length;
      for (int i = 0; i < 4; i++) {
        window = (window << 8) | nextByte();
      }
    }

    private void reset(byte[] array) {
      bytes = array;
      at = 0;
      low = 0;
      high = -1;
      window = 0;
      System.arraycopy(PRIOR_PROBABILITY, 0, probability, 0, SLOTS);
      Arrays.fill(seen, PRIOR_SEEN);
      Arrays.fill(weights, 0.3f);
    }

    private int nextByte() {
      int value = at < end ? bytes[at] & 0xFF : 0;
      at++;
      return value;
    }

    private void write(int value) {
      if (at < end) {
        bytes[at] = (byte) value;
      }
      at++;
    }

    /**
     * Ends writing. Returns the bytes written, the limit or more when there was too little room.
     */
    int finish() {
      // The fewest bytes that name a number between low and high, zeros being read after them.
      for (int kept = 0; kept <= 3; kept++) {
        int mask = kept == 0 ? -1 : -1 >>> (8 * kept);
        long candidate = ((low & 0xFFFFFFFFL) + (mask & 0xFFFFFFFFL)) & ~(mask & 0xFFFFFFFFL);
        if (candidate <= (high & 0xFFFFFFFFL)) {
          for (int i = 0; i < kept; i++) {
            write((int) (candidate >>> (24 - 8 * i)));
          }
          break;
        }
        if (kept == 3) {
          for (int i = 0; i < 4; i++) {
            write(high >>> (24 - 8 * i));
          }
        }
      }
      // Zeros at the end need not be written, the reader supplies them.
      while (at > 0 && at <= end && bytes[at - 1] == 0) {
        at--;
      }
      return at;
    }

    void checkEnd() throws ProtocolException {
      // The reader is always four bytes ahead of what decided.
      if (at < end) {
        throw ProtocolException.malformedRequest(
            "range coder used " + at + " of " + end + " bytes; payload of another shape?");
      }
    }

    void code(int[] integers, int[] shape, int elements) {
      int columns = shape.length == 0 ? 1 : shape[shape.length - 1];
      int rows = shape.length < 2 ? 1 : shape[shape.length - 2];
      int plane = rows * columns;
      int previousMean = 256;
      for (int start = 0; start < elements; start += plane) {
        long sum = 0;
        for (int i = 0; i < plane; i++) {
          int index = start + i;
          int column = i % columns;
          int left = column > 0 ? Math.abs(integers[index - 1]) : 0;
          int up = i >= columns ? Math.abs(integers[index - columns]) : 0;
          int upLeft = column > 0 && i >= columns ? Math.abs(integers[index - columns - 1]) : 0;
          int upRight =
              column + 1 < columns && i >= columns ? Math.abs(integers[index - columns + 1]) : 0;
          int before = start > 0 ? Math.abs(integers[index - plane]) : 0;
          long mean = ((256L * sum) + (long) PRIOR * previousMean) / (i + PRIOR);
          contexts(mean, left, up, upLeft + upRight, before);
          int value = reading ? readValue() : writeValue(integers[index]);
          integers[index] = value;
          sum += Math.min(Math.abs(value), 4096);
        }
        previousMean = (int) ((256L * sum) / plane);
      }
    }

    private void contexts(long mean, int left, int up, int diagonal, int before) {
      int meanLevel = Math.min(MEAN_LEVELS - 1, logLevel(mean));
      int near = Math.min(1 << 16, 2 * left + 2 * up + diagonal);
      int nearLevel = Math.min(NEAR_LEVELS - 1, near < 8 ? near : 4 + logLevel(near) / 2);
      slots[0] = meanLevel;
      slots[1] = nearLevel;
      slots[2] = Math.min(7, meanLevel / 3) * 6 + Math.min(5, (nearLevel + 1) / 2);
      slots[3] = (Math.min(3, before) * 3 + Math.min(2, left)) * 3 + Math.min(2, up);
    }

    /** Returns about {@code 2 log2(value)} with half steps, from 0 up. */
    private static int logLevel(long value) {
      if (value < 2) {
        return (int) value;
      }
      int bits = 63 - Long.numberOfLeadingZeros(value);
      return 2 * bits + (int) ((value >>> (bits - 1)) & 1);
    }

    private int writeValue(int value) {
      int magnitude = Math.abs(value);
      for (int k = 0; k < UNARY; k++) {
        boolean larger = magnitude > k;
        bit(k, larger);
        if (!larger) {
          if (k > 0) {
            evenBit(value < 0);
          }
          return value;
        }
      }
      int rest = magnitude - UNARY;
      int length = 32 - Integer.numberOfLeadingZeros(rest);
      for (int k = 1; k < GAMMA_BITS; k++) {
        bit(UNARY + k, length >= k);
        if (length < k) {
          break;
        }
      }
      for (int k = length - 2; k >= 0; k--) {
        evenBit(((rest >>> k) & 1) != 0);
      }
      evenBit(value < 0);
      return value;
    }

    private int readValue() {
      for (int k = 0; k < UNARY; k++) {
        if (!bit(k, false)) {
          return k > 0 && evenBit(false) ? -k : k;
        }
      }
      int length = 0;
      while (length + 1 < GAMMA_BITS && bit(UNARY + length + 1, false)) {
        length++;
      }
      int rest = length == 0 ? 0 : 1;
      for (int k = length - 2; k >= 0; k--) {
        rest = (rest << 1) | (evenBit(false) ? 1 : 0);
      }
      int magnitude = rest + UNARY;
      return evenBit(false) ? -magnitude : magnitude;
    }

    /** Codes one learned answer: writes {@code answer}, or reads and returns it. */
    private boolean bit(int question, boolean answer) {
      int weightsAt = question * INPUTS;
      float dot = 0;
      for (int i = 0; i < INPUTS; i++) {
        int slot = BASES[i] + slots[i] * QUESTIONS + question;
        float s = STRETCH[(int) (probability[slot] * 4096f)];
        stretched[i] = s;
        dot += weights[weightsAt + i] * s;
      }
      int step = (int) ((dot + SQUASH_END) * (SQUASH_STEPS / (2 * SQUASH_END)));
      float p = SQUASH[Math.max(0, Math.min(SQUASH_STEPS - 1, step))];
      boolean result = split(Math.max(32, Math.min(65504, (int) (p * 65536f))), answer);

      float target = result ? 1f : 0f;
      float error = (target - p) * LEARNING_RATE;
      for (int i = 0; i < INPUTS; i++) {
        weights[weightsAt + i] += error * stretched[i];
        int slot = BASES[i] + slots[i] * QUESTIONS + question;
        float updated = probability[slot] + (target - probability[slot]) * RATE[seen[slot]];
        probability[slot] = Math.max(0.0002f, Math.min(0.9998f, updated));
        if (seen[slot] < RATE_LIMIT) {
          seen[slot]++;
        }
      }
      return result;
    }

    private boolean evenBit(boolean answer) {
      return split(1 << 15, answer);
    }

    /** Divides the range: the lower part, {@code chance} of 65,536, is a yes. */
    private boolean split(int chance, boolean answer) {
      int range = high - low;
      int middle = low + (range >>> 16) * chance + (((range & 0xFFFF) * chance) >>> 16);
      boolean yes = reading ? Integer.compareUnsigned(window, middle) <= 0 : answer;
      if (yes) {
        high = middle;
      } else {
        low = middle + 1;
      }
      while ((low ^ high) >>> 24 == 0) {
        if (reading) {
          window = (window << 8) | nextByte();
        } else {
          write(high >>> 24);
        }
        low <<= 8;
        high = (high << 8) | 0xFF;
      }
      return yes;
    }
  }
}
