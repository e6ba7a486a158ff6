package dev.sluice.protocol.codec;

import java.util.Arrays;

/**
 * The coefficients of one row of a picture's coding units. Beyond the picture's right and lower
 * edge its last column and row go on.
 *
 * <p>Colours are those of JFIF (ITU-T T.871) in whole numbers with 16 bits behind the point, 128
 * subtracted. Where colour has half the resolution, the mean of four pixels is rounded down in even
 * columns and up in odd ones where it lies half-way. Both as the Independent JPEG Group's encoder
 * does.
 *
 * <p>Not thread-safe.
 */
final class JpegStrip {
  private static final int BITS = 16;
  private static final int HALF = 1 << (BITS - 1);

  /*
   * The weights of a colour difference sum to 0 and those of luminance to 1, so that with the
   * differences from green four products do for nine. No rounding comes before the sum, so that the
   * results are the same. Short loops over arrays become vector instructions.
   */
  private static final int RED_Y = fixed(0.299);
  private static final int BLUE_Y = fixed(0.114);
  private static final int RED_CB = fixed(0.16874);
  private static final int BLUE_CR = fixed(0.08131);

  private final boolean fullColour;
  private final int width;
  private final int side;
  private final int units;
  private final ForwardDct dct;
  private final int[] green;
  private final int[] toBlue;
  private final int[] toRed;
  private final int[] luminance;
  private final int[] blue;
  private final int[] red;
  private final int[] blueBelow;
  private final int[] redBelow;

  /**
   * Makes room.
   *
   * @param width of the picture in pixels
   * @param fullColour whether colour has the resolution of luminance, else half of it either way
   */
  JpegStrip(int width, boolean fullColour) {
    this.fullColour = fullColour;
    this.width = width;
    this.side = fullColour ? ForwardDct.SIDE : 2 * ForwardDct.SIDE;
    this.units = (width + side - 1) / side;
    this.dct = new ForwardDct(units * blocksPerUnit());
    int samples = units * side;
    this.green = new int[samples];
    this.toBlue = new int[samples];
    this.toRed = new int[samples];
    this.luminance = new int[samples];
    this.blue = new int[samples];
    this.red = new int[samples];
    this.blueBelow = new int[samples];
    this.redBelow = new int[samples];
  }

  private static int fixed(double constant) {
    return (int) Math.round(constant * (1 << BITS));
  }

  /** Returns the side of a coding unit in pixels: 8 or 16. */
  int side() {
    return side;
  }

  /** Returns how many blocks a coding unit has, of luminance and both colour differences. */
  int blocksPerUnit() {
    return fullColour ? 3 : 6;
  }

  /**
   * Takes and transforms rows of a picture.
   *
   * @param rgb red, green, blue per pixel, row by row
   * @param height of the picture in pixels
   * @param top the first row wanted, a multiple of {@link #side}
   */
  void load(byte[] rgb, int height, int top) {
    int rows = Math.min(side, height - top);
    for (int y = 0; y < side; y++) {
      boolean isBelow = !fullColour && y % 2 == 1;
      if (y < rows) {
        convert(rgb, 3 * (top + y) * width, isBelow ? blueBelow : blue, isBelow ? redBelow : red);
      }
      putLuminance(y);
      if (fullColour) {
        putColour(y);
      } else if (isBelow) {
        if (y <= rows) {
          halve(blue, y < rows ? blueBelow : blue);
          halve(red, y < rows ? redBelow : red);
        }
        putColour(y / 2);
      }
    }
    dct.transform();
  }

  private void convert(byte[] rgb, int from, int[] blueRow, int[] redRow) {
    split(rgb, from);
    brightness(green, toBlue, toRed, luminance);
    difference(toBlue, toRed, RED_CB, blueRow);
    difference(toRed, toBlue, BLUE_CR, redRow);
  }

  private void split(byte[] rgb, int from) {
    for (int x = 0; x < width; x++) {
      int at = from + 3 * x;
      int middle = rgb[at + 1] & 0xFF;
      green[x] = middle;
      toRed[x] = (rgb[at] & 0xFF) - middle;
      toBlue[x] = (rgb[at + 2] & 0xFF) - middle;
    }
    Arrays.fill(green, width, green.length, green[width - 1]);
    Arrays.fill(toRed, width, toRed.length, toRed[width - 1]);
    Arrays.fill(toBlue, width, toBlue.length, toBlue[width - 1]);
  }

  private static void brightness(int[] green, int[] toBlue, int[] toRed, int[] out) {
    for (int x = 0; x < out.length; x++) {
      out[x] = green[x] - 128 + ((RED_Y * toRed[x] + BLUE_Y * toBlue[x] + HALF) >> BITS);
    }
  }

  private static void difference(int[] own, int[] other, int weight, int[] out) {
    for (int x = 0; x < out.length; x++) {
      out[x] = (HALF * own[x] - weight * other[x] + HALF - 1) >> BITS;
    }
  }

  /** Leaves half the samples of two rows in the first half of the upper one. */
  private static void halve(int[] row, int[] below) {
    int half = row.length / 2;
    for (int x = 0; x < half; x++) {
      int sum = row[2 * x] + row[2 * x + 1] + below[2 * x] + below[2 * x + 1];
      row[x] = (sum + 1 + (x & 1)) >> 2;
    }
  }

  private void putLuminance(int y) {
    int across = luminance.length / ForwardDct.SIDE;
    dct.put(luminance, y % ForwardDct.SIDE, y / ForwardDct.SIDE * across, across);
  }

  private void putColour(int y) {
    dct.put(blue, y, firstBlock(1), units);
    dct.put(red, y, firstBlock(2), units);
  }

  /** Returns where a component's blocks start: luminance row by row, then blue, then red. */
  private int firstBlock(int component) {
    return component == 0 ? 0 : (blocksPerUnit() - 3 + component) * units;
  }

  /**
   * Returns a block's coefficients as {@link ForwardDct#take} does.
   *
   * @param component 0 is luminance, 1 the blue and 2 the red difference
   * @param x of the block, counted in the component's blocks
   * @param y of the block within the strip
   */
  void take(int component, int x, int y, int[] coefficients) {
    int across = luminance.length / ForwardDct.SIDE;
    dct.take(firstBlock(component) + y * across + x, coefficients);
  }
}
