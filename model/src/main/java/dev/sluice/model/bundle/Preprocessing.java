package dev.sluice.model.bundle;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Locale;

/**
 * How a picture becomes the network's input: size, then {@code x = (rgb / 255 - mean) / std} per
 * channel. Immutable and deterministic: the same pixels give the same floats on both sides.
 *
 * @param width width of the input in pixels, in {@code [1, 8192]}
 * @param height height of the input in pixels, in {@code [1, 8192]}
 * @param resize what happens to pictures of another size
 * @param mean one per channel (red, green, blue), of values in {@code [0, 1]}
 * @param std one per channel, positive
 */
@SuppressWarnings("ArrayRecordComponent") // copied in and out, with its own equals
public record Preprocessing(int width, int height, Resize resize, float[] mean, float[] std) {
  private static final int CHANNELS = 3;
  private static final int MAX_SIDE = 8192;

  public Preprocessing {
    if (width < 1 || width > MAX_SIDE || height < 1 || height > MAX_SIDE) {
      throw new IllegalArgumentException("picture size not in [1, 8192]: " + width + "x" + height);
    }
    if (mean.length != CHANNELS || std.length != CHANNELS) {
      throw new IllegalArgumentException("mean and std need three values each");
    }
    mean = mean.clone();
    std = std.clone();
    for (int c = 0; c < CHANNELS; c++) {
      if (!Float.isFinite(mean[c]) || !Float.isFinite(std[c]) || !(std[c] > 0)) {
        throw new IllegalArgumentException("mean " + mean[c] + ", std " + std[c]);
      }
    }
  }

  /**
   * Reads the short text form: {@code key=value} pairs with blanks between.
   *
   * <ul>
   *   <li>{@code mean=0.485,0.456,0.406 std=0.229,0.224,0.225 size=32}: of values in [0, 1]; one
   *       number counts for all channels;
   *   <li>{@code scale=127.5 shift=-1 size=224}: {@code x = rgb / scale + shift};
   *   <li>{@code size=W} or {@code size=WxH}; {@code resize=crop|scale|none}, crop unless said.
   * </ul>
   *
   * @throws IllegalArgumentException if the text is anything else; the message says what is wrong
   */
  public static Preprocessing parse(String text) {
    return PreprocessingText.parse(text);
  }

  /** Returns the number of floats of one input, three channels. */
  public int elements() {
    return CHANNELS * width * height;
  }

  /**
   * Turns a picture into an input.
   *
   * @param rgb 8-bit red, green, blue, interleaved, row by row; not modified
   * @return {@code [3, height, width]}, row-major
   * @throws IllegalArgumentException if the picture has another size than {@code rgb}, or than the
   *     input while {@link #resize()} is {@link Resize#NONE}
   */
  public float[] apply(byte[] rgb, int pictureWidth, int pictureHeight) {
    float[] out = new float[elements()];
    apply(rgb, pictureWidth, pictureHeight, FloatBuffer.wrap(out));
    return out;
  }

  /**
   * Turns a picture into an input.
   *
   * @param rgb 8-bit red, green, blue, interleaved, row by row; not modified
   * @param nchwOut receives {@code [3, height, width]} from its position on, which then stands
   *     behind them
   * @throws IllegalArgumentException as the other form, or if {@code nchwOut} is too short
   */
  public void apply(byte[] rgb, int pictureWidth, int pictureHeight, FloatBuffer nchwOut) {
    if (pictureWidth < 1
        || pictureHeight < 1
        || rgb.length != (long) CHANNELS * pictureWidth * pictureHeight) {
      throw new IllegalArgumentException(
          "%d bytes are no RGB picture of %dx%d"
              .formatted(rgb.length, pictureWidth, pictureHeight));
    }
    if (nchwOut.remaining() < elements()) {
      throw new IllegalArgumentException(
          "room for %d floats, %d wanted".formatted(nchwOut.remaining(), elements()));
    }
    if (pictureWidth == width && pictureHeight == height) {
      normalise(rgb, nchwOut);
      return;
    }
    switch (resize) {
      case NONE ->
          throw new IllegalArgumentException(
              "picture is %dx%d, the network takes %dx%d; resize it or prepare the bundle with resize=crop"
                  .formatted(pictureWidth, pictureHeight, width, height));
      case SCALE ->
          normalise(
              Resampler.resample(
                  rgb,
                  pictureWidth,
                  pictureHeight,
                  0,
                  0,
                  pictureWidth,
                  pictureHeight,
                  width,
                  height),
              nchwOut);
      case CENTER_CROP -> {
        double scale = Math.min((double) pictureWidth / width, (double) pictureHeight / height);
        double cropWidth = width * scale;
        double cropHeight = height * scale;
        normalise(
            Resampler.resample(
                rgb,
                pictureWidth,
                pictureHeight,
                (pictureWidth - cropWidth) / 2,
                (pictureHeight - cropHeight) / 2,
                cropWidth,
                cropHeight,
                width,
                height),
            nchwOut);
      }
    }
  }

  private void normalise(byte[] rgb, FloatBuffer out) {
    int pixels = width * height;
    float[] plane = new float[pixels];
    float[] table = new float[256];
    for (int c = 0; c < CHANNELS; c++) {
      for (int v = 0; v < table.length; v++) {
        table[v] = (v / 255f - mean[c]) / std[c];
      }
      for (int i = 0, j = c; i < pixels; i++, j += CHANNELS) {
        plane[i] = table[rgb[j] & 0xff];
      }
      out.put(plane);
    }
  }

  private void normalise(float[] rgb, FloatBuffer out) {
    int pixels = width * height;
    float[] plane = new float[pixels];
    for (int c = 0; c < CHANNELS; c++) {
      for (int i = 0, j = c; i < pixels; i++, j += CHANNELS) {
        plane[i] = (rgb[j] / 255f - mean[c]) / std[c];
      }
      out.put(plane);
    }
  }

  @Override
  public float[] mean() {
    return mean.clone();
  }

  @Override
  public float[] std() {
    return std.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Preprocessing that
        && width == that.width
        && height == that.height
        && resize == that.resize
        && Arrays.equals(mean, that.mean)
        && Arrays.equals(std, that.std);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(mean) * 31 + width * 17 + height;
  }

  @Override
  public String toString() {
    return "size=%dx%d resize=%s mean=%s std=%s"
        .formatted(
            width,
            height,
            resize.name().toLowerCase(Locale.ROOT),
            Arrays.toString(mean),
            Arrays.toString(std));
  }
}
