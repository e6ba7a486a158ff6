package dev.sluice.protocol.codec;

import com.luciad.imageio.webp.WebPWriteParam;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.protocol.message.ProtocolException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;

/**
 * WebP without its container and the parts of the frame header that both sides know, of the picture
 * as it is or scaled down; RFC 9649 for the container and the lossless format, RFC 6386 for the
 * lossy one (VP8).
 *
 * <pre>
 * lossy:     0       2       4            7
 *           +-------+-------+------------+---------------------------------------
 *           | width | height| frame tag  | VP8 key frame behind its start code and
 *           | u16le | u16le | 3 bytes    | size
 *           +-------+-------+------------+---------------------------------------
 *
 * lossless: the VP8L chunk's content
 * </pre>
 *
 * <p>Width and height are the picture's own, before scaling. Needs a library with native code
 * ({@code com.github.usefulness:webp-imageio}), which Sluice does not bring along to devices and
 * workers; see {@link #available}.
 */
final class WebPictures {
  /** Longest side that the format allows. */
  private static final int MAX_SIDE = 16_383;

  private static final int RIFF_BYTES = 20;

  /** The slowest and most thorough of the lossy encoder's methods. */
  private static final int METHOD = 6;

  private static final String FORMAT = "webp";

  private WebPictures() {}

  /** Returns whether the library is on the class path and has its native code for this system. */
  static boolean available() {
    return Library.USABLE;
  }

  /** Looks for the library once, without needing it to be there. */
  private static final class Library {
    static final boolean USABLE = isUsable();

    private Library() {}

    private static boolean isUsable() {
      try {
        Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName(FORMAT);
        return writers.hasNext() && Lossy.file(new byte[3], 1, 1, 50).length > RIFF_BYTES;
      } catch (LinkageError | RuntimeException absent) {
        return false;
      }
    }
  }

  /** Lossy WebP. */
  static final class Lossy implements PictureCoding {
    private static final int HEADER_BYTES = 4;
    private static final int TAG_BYTES = 3;
    private static final byte[] START_CODE = {(byte) 0x9D, 0x01, 0x2A};
    private static final int FRAME_HEADER_BYTES = 10;

    private final int quality;
    private final PictureScale scale;

    Lossy(int quality, PictureScale scale) {
      this.quality = quality;
      this.scale = scale;
    }

    private static byte[] file(byte[] rgb, int width, int height, int quality) {
      ImageWriter writer = ImageIO.getImageWritersByFormatName(FORMAT).next();
      WebPWriteParam parameters = (WebPWriteParam) writer.getDefaultWriteParam();
      parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      parameters.setCompressionType("Lossy");
      parameters.setCompressionQuality(quality / 100f);
      parameters.setMethod(METHOD);
      parameters.setUseSharpYUV(true);
      BufferedImage image = PictureFiles.image(rgb, width, height);
      return PictureFiles.write(writer, new IIOImage(image, null, null), parameters);
    }

    @Override
    public byte[] encode(byte[] rgb, int width, int height) {
      int sentWidth = scale.side(width);
      int sentHeight = scale.side(height);
      checkSides(sentWidth, sentHeight);
      byte[] chunk =
          chunk(file(scale.down(rgb, width, height), sentWidth, sentHeight, quality), "VP8 ");
      byte[] expected = Arrays.copyOf(START_CODE, START_CODE.length + 4);
      LittleEndian.putShort(expected, 3, (short) sentWidth);
      LittleEndian.putShort(expected, 5, (short) sentHeight);
      if (!Arrays.equals(chunk, TAG_BYTES, FRAME_HEADER_BYTES, expected, 0, expected.length)) {
        throw new IllegalStateException("WebP of another size than asked for");
      }
      byte[] out = new byte[HEADER_BYTES + chunk.length - expected.length];
      LittleEndian.putShort(out, 0, (short) width);
      LittleEndian.putShort(out, 2, (short) height);
      System.arraycopy(chunk, 0, out, HEADER_BYTES, TAG_BYTES);
      System.arraycopy(
          chunk,
          FRAME_HEADER_BYTES,
          out,
          HEADER_BYTES + TAG_BYTES,
          chunk.length - FRAME_HEADER_BYTES);
      return out;
    }

    @Override
    public Picture decode(byte[] bytes, int maxPixels) throws ProtocolException {
      if (bytes.length <= HEADER_BYTES + TAG_BYTES) {
        throw ProtocolException.malformedRequest("WebP ends within its header: " + bytes.length);
      }
      int width = LittleEndian.getShort(bytes, 0) & 0xFFFF;
      int height = LittleEndian.getShort(bytes, 2) & 0xFFFF;
      PictureCoding.checkSize(width, height, maxPixels);
      int sentWidth = scale.side(width);
      int sentHeight = scale.side(height);
      if (sentWidth > MAX_SIDE || sentHeight > MAX_SIDE) {
        throw ProtocolException.malformedRequest("no WebP is " + sentWidth + "x" + sentHeight);
      }
      byte[] chunk = new byte[bytes.length - HEADER_BYTES + START_CODE.length + 4];
      System.arraycopy(bytes, HEADER_BYTES, chunk, 0, TAG_BYTES);
      System.arraycopy(START_CODE, 0, chunk, TAG_BYTES, START_CODE.length);
      LittleEndian.putShort(chunk, 6, (short) sentWidth);
      LittleEndian.putShort(chunk, 8, (short) sentHeight);
      System.arraycopy(
          bytes,
          HEADER_BYTES + TAG_BYTES,
          chunk,
          FRAME_HEADER_BYTES,
          bytes.length - HEADER_BYTES - TAG_BYTES);
      Picture sent = read("VP8 ", chunk, maxPixels);
      if (sent.width() != sentWidth || sent.height() != sentHeight) {
        throw ProtocolException.malformedRequest("WebP changes its size");
      }
      return new Picture(scale.up(sent.rgb(), width, height), width, height);
    }
  }

  /** Lossless WebP. */
  static final class Lossless implements PictureCoding {
    private static final int SIGNATURE = 0x2F;
    private static final int HEADER_BYTES = 5;

    @Override
    public byte[] encode(byte[] rgb, int width, int height) {
      checkSides(width, height);
      ImageWriter writer = ImageIO.getImageWritersByFormatName(FORMAT).next();
      WebPWriteParam parameters = (WebPWriteParam) writer.getDefaultWriteParam();
      parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      parameters.setCompressionType("Lossless");
      BufferedImage image = PictureFiles.image(rgb, width, height);
      return chunk(PictureFiles.write(writer, new IIOImage(image, null, null), parameters), "VP8L");
    }

    @Override
    public Picture decode(byte[] bytes, int maxPixels) throws ProtocolException {
      if (bytes.length <= HEADER_BYTES || bytes[0] != SIGNATURE) {
        throw ProtocolException.malformedRequest("no lossless WebP");
      }
      int size =
          (bytes[1] & 0xFF)
              | (bytes[2] & 0xFF) << 8
              | (bytes[3] & 0xFF) << 16
              | (bytes[4] & 0xFF) << 24;
      PictureCoding.checkSize(1 + (size & 0x3FFF), 1 + (size >>> 14 & 0x3FFF), maxPixels);
      return read("VP8L", bytes, maxPixels);
    }
  }

  private static void checkSides(int width, int height) {
    if (width > MAX_SIDE || height > MAX_SIDE) {
      throw new IllegalArgumentException(
          "WebP has sides of at most " + MAX_SIDE + ": " + width + "x" + height);
    }
  }

  /** Returns the content of a simple file's only chunk. */
  private static byte[] chunk(byte[] file, String type) {
    int length = file.length < RIFF_BYTES ? -1 : littleEndianInt(file, RIFF_BYTES - 4);
    if (length < 0
        || !new String(file, 12, 4, StandardCharsets.ISO_8859_1).equals(type)
        || length > file.length - RIFF_BYTES) {
      throw new IllegalStateException("the WebP library wrote no simple file");
    }
    return Arrays.copyOfRange(file, RIFF_BYTES, RIFF_BYTES + length);
  }

  private static int littleEndianInt(byte[] bytes, int at) {
    return (LittleEndian.getShort(bytes, at) & 0xFFFF)
        | (LittleEndian.getShort(bytes, at + 2) << 16);
  }

  private static Picture read(String type, byte[] chunk, int maxPixels) throws ProtocolException {
    int padded = chunk.length + (chunk.length & 1);
    ByteArrayOutputStream file = new ByteArrayOutputStream(RIFF_BYTES + padded);
    file.writeBytes("RIFF".getBytes(StandardCharsets.ISO_8859_1));
    putInt(file, padded + RIFF_BYTES - 8);
    file.writeBytes(("WEBP" + type).getBytes(StandardCharsets.ISO_8859_1));
    putInt(file, chunk.length);
    file.writeBytes(chunk);
    if (padded > chunk.length) {
      file.write(0);
    }
    return PictureFiles.read(FORMAT, file.toByteArray(), maxPixels);
  }

  private static void putInt(ByteArrayOutputStream out, int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      out.write(value >> shift);
    }
  }
}
