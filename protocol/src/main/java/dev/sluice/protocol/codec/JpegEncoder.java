package dev.sluice.protocol.codec;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Turns pictures into baseline JPEGs (ITU-T T.81) of three components in one scan: the same bytes
 * as Java's own writer, without its trees of metadata and its calls for each row.
 *
 * <p>Immutable and thread-safe. A call allocates what it works on: 15 bytes (full colour: 30) for
 * each pixel of a row of coding units, which is 16 (8) rows of pixels, and 4 bytes a symbol.
 */
final class JpegEncoder {
  private static final int COMPONENTS = 3;

  /** What room is made for at first. */
  private static final int SYMBOLS_PER_BLOCK = 12;

  /** One for each quality and resolution of colour, which is negative where it is full. */
  private static final ConcurrentHashMap<Integer, JpegEncoder> ENCODERS = new ConcurrentHashMap<>();

  private final JpegQuantization luminance;
  private final JpegQuantization colour;
  private final boolean fullColour;
  private final byte[] prefix;

  /**
   * Returns the encoder of a quality.
   *
   * @param quality in 1 to 100
   * @param fullColour whether colour has the resolution of luminance, else half of it either way
   */
  static JpegEncoder of(int quality, boolean fullColour) {
    return ENCODERS.computeIfAbsent(
        fullColour ? -quality : quality, key -> new JpegEncoder(quality, fullColour));
  }

  private JpegEncoder(int quality, boolean fullColour) {
    this.luminance = JpegQuantization.luminance(quality);
    this.colour = JpegQuantization.colour(quality);
    this.fullColour = fullColour;
    this.prefix = JpegSegments.prefix(luminance, colour);
  }

  /** Returns what every file starts with, to its quantisation tables; not to be changed. */
  byte[] prefix() {
    return prefix;
  }

  /** Returns the header of a picture's frame. */
  byte[] frameHeader(int width, int height) {
    return JpegSegments.frameHeader(width, height, fullColour);
  }

  /**
   * Returns what stands in a picture's file between {@link #prefix} and end: the header of the
   * frame, Huffman tables made for the picture, and the scan.
   */
  byte[] body(byte[] rgb, int width, int height) {
    JpegSymbols symbols = symbols(rgb, width, height);
    List<JpegHuffman> codes = symbols.optimalCodes();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(frameHeader(width, height));
    JpegSegments.writeCodes(codes, out);
    out.writeBytes(JpegSegments.SCAN_HEADER);
    out.writeBytes(symbols.scan(codes));
    return out.toByteArray();
  }

  /**
   * Converts, transforms and quantises a picture.
   *
   * @param rgb red, green, blue per pixel, row by row
   * @param width in [1, 65535]
   * @param height in [1, 65535]
   */
  JpegSymbols symbols(byte[] rgb, int width, int height) {
    JpegStrip strip = new JpegStrip(width, fullColour);
    int side = strip.side();
    long blocks = (width / side + 1L) * (height / side + 1L) * strip.blocksPerUnit();
    JpegSymbols symbols =
        new JpegSymbols((int) Math.min(blocks * SYMBOLS_PER_BLOCK, Integer.MAX_VALUE / 2));
    int[] block = new int[ForwardDct.SAMPLES];
    int[] before = new int[COMPONENTS];
    for (int top = 0; top < height; top += side) {
      strip.load(rgb, height, top);
      for (int left = 0; left < width; left += side) {
        for (int y = 0; y < side; y += ForwardDct.SIDE) {
          for (int x = left; x < left + side; x += ForwardDct.SIDE) {
            if (x < width && top + y < height) {
              strip.take(0, x / ForwardDct.SIDE, y / ForwardDct.SIDE, block);
              luminance.quantize(block);
              symbols.add(block, before[0], false);
              before[0] = block[0];
            } else {
              symbols.addFlat(false); // A unit's blocks wholly outside the picture.
            }
          }
        }
        for (int component = 1; component < COMPONENTS; component++) {
          strip.take(component, left / side, 0, block);
          colour.quantize(block);
          symbols.add(block, before[component], true);
          before[component] = block[0];
        }
      }
    }
    return symbols;
  }
}
