package dev.sluice.edge.session;

import java.util.Objects;

/**
 * A picture to classify. The pixels are shared, not copied: nobody may change them afterwards.
 *
 * @param id running number from 0, unique within a session
 * @param name where it came from, for people
 * @param rgb interleaved 8-bit pixels, {@code [height, width, 3]}
 * @param width pixels per row, positive
 * @param height rows, positive
 * @param captureNanos when it was captured, on the session's clock; the deadline counts from here
 */
@SuppressWarnings("ArrayRecordComponent") // identity is the id; pixels are never compared
public record Frame(long id, String name, byte[] rgb, int width, int height, long captureNanos) {

  /** Checks that the pixels have the size that is named. */
  public Frame {
    Objects.requireNonNull(name, "name");
    if (id < 0) {
      throw new IllegalArgumentException("frame id must not be negative: " + id);
    }
    if (width <= 0 || height <= 0 || rgb.length != 3L * width * height) {
      throw new IllegalArgumentException(
          "frame " + name + " has " + rgb.length + " bytes, not 3 x " + width + " x " + height);
    }
  }
}
