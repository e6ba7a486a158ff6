package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;
import java.util.Optional;

/**
 * Integers by the static probabilities of a {@link CoefficientModel}: coefficients in steps, or
 * levels over calibrated ranges, less the level of zero.
 *
 * <p>A tensor that takes no less than two bytes per element is stored as i16le of the nearest
 * integers, which the length tells. Immutable.
 */
final class EntropyCoding implements TensorCoding {
  private final CoefficientModel model;
  private final RansTables tables;
  private final Optional<Ranges> ranges;

  /**
   * @param ranges what makes levels of values; none for values that are in steps already
   */
  EntropyCoding(CoefficientModel model, Optional<Ranges> ranges) {
    this.model = model;
    this.ranges = ranges;
    tables = new RansTables(model);
  }

  @Override
  public int maxEncodedBytes(int elements) {
    return Short.BYTES * elements;
  }

  @Override
  public int encode(float[] values, int[] shape, Scratch scratch) {
    int elements = Shapes.elements(shape);
    if (ranges.isPresent()) {
      toLevels(ranges.get(), values, elements);
    }
    byte[] out = scratch.encoded();
    int storedBytes = Short.BYTES * elements;
    int bytes = scratch.encoder().encode(model, tables, values, out, storedBytes);
    if (bytes == storedBytes) {
      for (int i = 0; i < elements; i++) {
        LittleEndian.putShort(out, Short.BYTES * i, (short) Rounding.nearest(values[i]));
      }
    }
    return bytes;
  }

  /** Divides values by their channel's step and clips them to its levels, zero being 0. */
  static void toLevels(Ranges ranges, float[] values, int elements) {
    int plane = elements / ranges.steps().length;
    int top = (1 << ranges.bits()) - 1;
    for (int channel = 0, i = 0; channel < ranges.steps().length; channel++) {
      float perLevel = ranges.perLevel(channel);
      float min = -ranges.zeros()[channel];
      float max = top + min;
      for (int end = i + plane; i < end; i++) {
        values[i] = Math.max(min, Math.min(max, values[i] * perLevel));
      }
    }
  }

  @Override
  public void decode(byte[] in, int bytes, float[] values, int[] shape, Scratch scratch)
      throws ProtocolException {
    int elements = Shapes.elements(shape);
    if (bytes == Short.BYTES * elements) {
      for (int i = 0; i < elements; i++) {
        values[i] = LittleEndian.getShort(in, Short.BYTES * i);
      }
    } else {
      scratch.decoder().decode(model, in, bytes, values);
    }
    if (ranges.isPresent()) {
      float[] steps = ranges.get().steps();
      int plane = elements / steps.length;
      for (int channel = 0, i = 0; channel < steps.length; channel++) {
        for (int end = i + plane; i < end; i++) {
          values[i] *= steps[channel];
        }
      }
    }
  }

  @Override
  public String toString() {
    return "entropy coding by " + model;
  }
}
