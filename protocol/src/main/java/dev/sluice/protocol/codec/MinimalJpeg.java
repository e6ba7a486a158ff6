package dev.sluice.protocol.codec;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.protocol.message.ProtocolException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import javax.imageio.plugins.jpeg.JPEGHuffmanTable;

/**
 * A baseline JPEG reduced to what the other side cannot know, of the picture as it is or scaled
 * down. Quality, colour resolution and scale are agreed by name; the markers, the quantisation
 * tables and the headers of frame and scan follow from them and from the size.
 *
 * <pre>
 *  0       2       4       5
 * +-------+-------+-------+------------------------------+--------
 * | width | height| tables| if tables = 1: 4 times        | scan
 * | u16le | u16le | u8    |   16 counts u8, values u8     |
 * +-------+-------+-------+------------------------------+--------
 * </pre>
 *
 * <p>Width and height are the picture's own, before scaling. With tables = 0 the Huffman tables are
 * those of ITU-T T.81, annex K.3; otherwise they are made for the picture and stand in the order
 * luminance DC, luminance AC, colour DC, colour AC. The encoder takes what is shorter: the tables
 * of a 32×32 picture are longer than its scan.
 */
final class MinimalJpeg implements PictureCoding {
  private static final int HEADER_BYTES = 5;
  private static final int CODE_LENGTHS = 16;
  private static final int MAX_VALUES = 256;

  /** Class and number of the tables in their order here. */
  private static final int[] TABLE_IDS = {0x00, 0x10, 0x01, 0x11};

  private static final byte[] STANDARD_TABLES =
      tables(
          JPEGHuffmanTable.StdDCLuminance,
          JPEGHuffmanTable.StdACLuminance,
          JPEGHuffmanTable.StdDCChrominance,
          JPEGHuffmanTable.StdACChrominance);

  private static final byte[] SCAN_HEADER = {
    (byte) 0xFF, (byte) 0xDA, 0, 12, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0
  };
  private static final byte[] END = {(byte) 0xFF, (byte) 0xD9};

  /** Start, JFIF segment and quantisation tables. */
  private static final ConcurrentHashMap<String, byte[]> PREFIXES = new ConcurrentHashMap<>();

  private final int quality;
  private final boolean fullColour;
  private final PictureScale scale;

  MinimalJpeg(int quality, boolean fullColour, PictureScale scale) {
    this.quality = quality;
    this.fullColour = fullColour;
    this.scale = scale;
  }

  @Override
  public byte[] encode(byte[] rgb, int width, int height) {
    int sentWidth = scale.side(width);
    int sentHeight = scale.side(height);
    BufferedImage image = PictureFiles.image(scale.down(rgb, width, height), sentWidth, sentHeight);
    Parts optimised = parts(image, true);
    Parts standard = parts(image, false);
    boolean own = optimised.tables().length + optimised.scan().length < standard.scan().length;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] header = new byte[HEADER_BYTES];
    LittleEndian.putShort(header, 0, (short) width);
    LittleEndian.putShort(header, 2, (short) height);
    header[4] = (byte) (own ? 1 : 0);
    out.writeBytes(header);
    if (own) {
      out.writeBytes(optimised.tables());
    }
    out.writeBytes(own ? optimised.scan() : standard.scan());
    return out.toByteArray();
  }

  @Override
  public Picture decode(byte[] bytes, int maxPixels) throws ProtocolException {
    if (bytes.length < HEADER_BYTES) {
      throw ProtocolException.malformedRequest("JPEG ends within its header: " + bytes.length);
    }
    int width = LittleEndian.getShort(bytes, 0) & 0xFFFF;
    int height = LittleEndian.getShort(bytes, 2) & 0xFFFF;
    PictureCoding.checkSize(width, height, maxPixels);
    int at = HEADER_BYTES;
    byte[] tables = STANDARD_TABLES;
    if (bytes[4] == 1) {
      at = tablesEnd(bytes);
      tables = Arrays.copyOfRange(bytes, HEADER_BYTES, at);
    } else if (bytes[4] != 0) {
      throw ProtocolException.malformedRequest("JPEG with tables of kind " + (bytes[4] & 0xFF));
    }
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(prefix());
    file.writeBytes(frameHeader(scale.side(width), scale.side(height)));
    writeTables(tables, file);
    file.writeBytes(SCAN_HEADER);
    file.write(bytes, at, bytes.length - at);
    file.writeBytes(END);
    Picture sent = PictureFiles.read("jpeg", file.toByteArray(), maxPixels);
    if (sent.width() != scale.side(width) || sent.height() != scale.side(height)) {
      throw ProtocolException.malformedRequest("JPEG changes its size");
    }
    return new Picture(scale.up(sent.rgb(), width, height), width, height);
  }

  /** Returns where the tables end that stand behind the header. */
  private static int tablesEnd(byte[] bytes) throws ProtocolException {
    int at = HEADER_BYTES;
    for (int table = 0; table < TABLE_IDS.length; table++) {
      if (bytes.length - at < CODE_LENGTHS) {
        throw ProtocolException.malformedRequest("JPEG ends within its tables");
      }
      int values = values(bytes, at);
      if (values > MAX_VALUES || bytes.length - at < CODE_LENGTHS + values) {
        throw ProtocolException.malformedRequest("JPEG table claims " + values + " values");
      }
      at += CODE_LENGTHS + values;
    }
    return at;
  }

  private static int values(byte[] bytes, int at) {
    int values = 0;
    for (int i = 0; i < CODE_LENGTHS; i++) {
      values += bytes[at + i] & 0xFF;
    }
    return values;
  }

  private static void writeTables(byte[] tables, ByteArrayOutputStream file) {
    int at = 0;
    for (int id : TABLE_IDS) {
      int length = CODE_LENGTHS + values(tables, at);
      file.writeBytes(
          new byte[] {
            (byte) 0xFF, (byte) 0xC4, (byte) ((length + 3) >> 8), (byte) (length + 3), (byte) id
          });
      file.write(tables, at, length);
      at += length;
    }
  }

  private static byte[] tables(JPEGHuffmanTable... tables) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (JPEGHuffmanTable table : tables) {
      byte[] counts = new byte[CODE_LENGTHS];
      short[] lengths = table.getLengths();
      for (int i = 0; i < lengths.length; i++) {
        counts[i] = (byte) lengths[i];
      }
      out.writeBytes(counts);
      for (short value : table.getValues()) {
        out.write(value);
      }
    }
    return out.toByteArray();
  }

  private byte[] frameHeader(int width, int height) {
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

  private byte[] prefix() {
    return PREFIXES.computeIfAbsent(
        quality + (fullColour ? " full" : ""),
        key -> parts(new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB), true).prefix());
  }

  /** A JPEG file taken apart. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Parts(byte[] prefix, byte[] tables, byte[] scan) {}

  private Parts parts(BufferedImage image, boolean optimised) {
    byte[] file =
        PictureFiles.jpeg(image, new PictureFiles.JpegOptions(quality, fullColour, optimised));
    byte[][] tables = new byte[TABLE_IDS.length][0];
    ByteArrayOutputStream prefix = new ByteArrayOutputStream();
    prefix.write(file, 0, 2);
    int at = 2;
    while ((file[at + 1] & 0xFF) != 0xDA) {
      int length = 2 + ((file[at + 2] & 0xFF) << 8 | (file[at + 3] & 0xFF));
      switch (file[at + 1] & 0xFF) {
        case 0xC4 -> takeTables(file, at + 4, at + length, tables);
        case 0xC0 -> require(file, at, frameHeader(image.getWidth(), image.getHeight()), "frame");
        default -> prefix.write(file, at, length);
      }
      at += length;
    }
    require(file, at, SCAN_HEADER, "scan");
    require(file, file.length - END.length, END, "end");
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] table : tables) {
      joined.writeBytes(table);
    }
    return new Parts(
        prefix.toByteArray(),
        joined.toByteArray(),
        Arrays.copyOfRange(file, at + SCAN_HEADER.length, file.length - END.length));
  }

  private static void takeTables(byte[] file, int from, int to, byte[][] tables) {
    int at = from;
    while (at < to) {
      int length = CODE_LENGTHS + values(file, at + 1);
      for (int t = 0; t < TABLE_IDS.length; t++) {
        if (TABLE_IDS[t] == file[at]) {
          tables[t] = Arrays.copyOfRange(file, at + 1, at + 1 + length);
        }
      }
      at += 1 + length;
    }
  }

  private static void require(byte[] file, int at, byte[] expected, String what) {
    if (!Arrays.equals(file, at, at + expected.length, expected, 0, expected.length)) {
      throw new IllegalStateException("this JDK writes another " + what + " into its JPEGs");
    }
  }
}
