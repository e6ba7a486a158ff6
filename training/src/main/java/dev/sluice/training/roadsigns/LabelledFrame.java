package dev.sluice.training.roadsigns;

import java.util.Arrays;

/**
 * One crop of a dashcam picture with the class of the sign in it.
 *
 * @param rgb 8-bit pixels, interleaved as {@code [height 96][width 96][red, green, blue]}; shared,
 *     not copied: do not modify
 * @param label index into {@link RoadSigns#labels()}
 * @param fill share of the frame's width that the sign takes, in [0.25, 0.9]
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by content below.
public record LabelledFrame(byte[] rgb, int label, double fill) {
  public LabelledFrame {
    if (rgb.length != RoadSigns.FRAME_BYTES) {
      throw new IllegalArgumentException(
          "a frame has %d bytes, not %d".formatted(RoadSigns.FRAME_BYTES, rgb.length));
    }
    if (label < 0) {
      throw new IllegalArgumentException("label must not be negative: " + label);
    }
    if (!(fill > 0 && fill <= 1)) {
      throw new IllegalArgumentException("fill not in (0, 1]: " + fill);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LabelledFrame that
        && label == that.label
        && Double.compare(fill, that.fill) == 0
        && Arrays.equals(rgb, that.rgb);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(rgb) + label;
  }

  @Override
  public String toString() {
    return "LabelledFrame[label=%d, fill=%.2f]".formatted(label, fill);
  }
}
