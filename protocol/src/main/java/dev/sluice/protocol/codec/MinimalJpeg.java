package dev.sluice.protocol.codec;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.protocol.message.ProtocolException;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

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
  private static final int CODE_LENGTHS = JpegSegments.CODE_LENGTHS;
  private static final int MAX_VALUES = 256;

  private static final byte[] STANDARD_TABLES = tables(JpegSymbols.STANDARD_CODES);

  private final JpegEncoder encoder;
  private final PictureScale scale;

  MinimalJpeg(int quality, boolean fullColour, PictureScale scale) {
    this.encoder = JpegEncoder.of(quality, fullColour);
    this.scale = scale;
  }

  @Override
  public byte[] encode(byte[] rgb, int width, int height) {
    JpegSymbols symbols =
        encoder.symbols(scale.down(rgb, width, height), scale.side(width), scale.side(height));
    Coded coded = smallest(symbols);
    byte[] header = new byte[HEADER_BYTES];
    LittleEndian.putShort(header, 0, (short) width);
    LittleEndian.putShort(header, 2, (short) height);
    header[4] = (byte) (coded.tables().length > 0 ? 1 : 0);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(header);
    out.writeBytes(coded.tables());
    out.writeBytes(coded.scan());
    return out.toByteArray();
  }

  /** A scan and what its codes are; no tables stand for the standard ones. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Coded(byte[] tables, byte[] scan) {
    int size() {
      return tables.length + scan.length;
    }
  }

  /**
   * Takes the smaller of two, the standard tables if both are equal. One is written as long as even
   * the least that the other can have is no less; what a scan has beyond its least are the zeros
   * behind bytes of ones.
   */
  private static Coded smallest(JpegSymbols symbols) {
    List<JpegHuffman> ownCodes = symbols.optimalCodes();
    byte[] ownTables = tables(ownCodes);
    long leastOwn = ownTables.length + symbols.leastBytes(ownCodes);
    long leastStandard = symbols.leastBytes(JpegSymbols.STANDARD_CODES);
    Supplier<Coded> own = () -> new Coded(ownTables, symbols.scan(ownCodes));
    Supplier<Coded> standard =
        () -> new Coded(new byte[0], symbols.scan(JpegSymbols.STANDARD_CODES));
    if (leastOwn < leastStandard) {
      Coded likely = own.get();
      return likely.size() < leastStandard ? likely : smaller(likely, standard.get());
    }
    Coded likely = standard.get();
    return likely.size() <= leastOwn ? likely : smaller(own.get(), likely);
  }

  private static Coded smaller(Coded own, Coded standard) {
    return own.size() < standard.size() ? own : standard;
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
    file.writeBytes(encoder.prefix());
    file.writeBytes(encoder.frameHeader(scale.side(width), scale.side(height)));
    writeTables(tables, file);
    file.writeBytes(JpegSegments.SCAN_HEADER);
    file.write(bytes, at, bytes.length - at);
    file.writeBytes(JpegSegments.END);
    Picture sent = PictureFiles.read("jpeg", file.toByteArray(), maxPixels);
    if (sent.width() != scale.side(width) || sent.height() != scale.side(height)) {
      throw ProtocolException.malformedRequest("JPEG changes its size");
    }
    return new Picture(scale.up(sent.rgb(), width, height), width, height);
  }

  /** Returns where the tables end that stand behind the header. */
  private static int tablesEnd(byte[] bytes) throws ProtocolException {
    int at = HEADER_BYTES;
    for (int table = 0; table < JpegSegments.CODE_IDS.length; table++) {
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
    for (int id : JpegSegments.CODE_IDS) {
      int length = CODE_LENGTHS + values(tables, at);
      JpegSegments.writeCode(id, tables, at, length, file);
      at += length;
    }
  }

  private static byte[] tables(List<JpegHuffman> codes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (JpegHuffman code : codes) {
      out.writeBytes(code.bytes());
    }
    return out.toByteArray();
  }
}
