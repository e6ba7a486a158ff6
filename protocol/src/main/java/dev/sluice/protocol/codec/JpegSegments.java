package dev.sluice.protocol.codec;

import java.io.ByteArrayOutputStream;
import java.util.List;

/**
 * What stands around the scan of a JFIF file (ITU-T T.81, annex B, and T.871): three components
 * with identifiers 1 to 3, luminance first, in one scan. Immutable.
 */
final class JpegSegments {
  /** Class and number of the Huffman tables in their order everywhere. */
  static final int[] CODE_IDS = {0x00, 0x10, 0x01, 0x11};

  /** Counts of codes by their length. */
  static final int CODE_LENGTHS = 16;

  /** The header of the scan. */
  static final byte[] SCAN_HEADER = {
    (byte) 0xFF, (byte) 0xDA, 0, 12, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0
  };

  /** The end of the file. */
  static final byte[] END = {(byte) 0xFF, (byte) 0xD9};

  /** Start of image, then JFIF 1.2 without density or thumbnail. */
  private static final byte[] START = {
    (byte) 0xFF,
    (byte) 0xD8,
    (byte) 0xFF,
    (byte) 0xE0,
    0,
    16,
    'J',
    'F',
    'I',
    'F',
    0,
    1,
    2,
    0,
    0,
    1,
    0,
    1,
    0,
    0
  };

  private JpegSegments() {}

  /** Returns start, JFIF segment and quantisation tables. */
  static byte[] prefix(JpegQuantization luminance, JpegQuantization colour) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(START);
    writeQuantization(0, luminance, out);
    writeQuantization(1, colour, out);
    return out.toByteArray();
  }

  private static void writeQuantization(int id, JpegQuantization table, ByteArrayOutputStream out) {
    out.writeBytes(new byte[] {(byte) 0xFF, (byte) 0xDB, 0, 3 + ForwardDct.SAMPLES, (byte) id});
    for (int k = 0; k < ForwardDct.SAMPLES; k++) {
      out.write(table.step(k));
    }
  }

  /** Returns the header of the frame. */
  static byte[] frameHeader(int width, int height, boolean fullColour) {
    byte luminance = (byte) (fullColour ? 0x11 : 0x22);
    return new byte[] {
      (byte) 0xFF,
      (byte) 0xC0,
      0,
      17,
      8,
      (byte) (height >> 8),
      (byte) height,
      (byte) (width >> 8),
      (byte) width,
      3,
      1,
      luminance,
      0,
      2,
      0x11,
      1,
      3,
      0x11,
      1
    };
  }

  /** Writes one Huffman table: 16 counts, then its symbols. */
  static void writeCode(int id, byte[] bytes, int from, int length, ByteArrayOutputStream out) {
    int segment = length + 3;
    out.writeBytes(
        new byte[] {(byte) 0xFF, (byte) 0xC4, (byte) (segment >> 8), (byte) segment, (byte) id});
    out.write(bytes, from, length);
  }

  /** Writes the Huffman tables of a picture. */
  static void writeCodes(List<JpegHuffman> codes, ByteArrayOutputStream out) {
    for (int i = 0; i < CODE_IDS.length; i++) {
      byte[] bytes = codes.get(i).bytes();
      writeCode(CODE_IDS[i], bytes, 0, bytes.length, out);
    }
  }
}
