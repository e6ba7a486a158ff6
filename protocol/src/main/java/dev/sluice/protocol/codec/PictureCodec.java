package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ProtocolException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.plugins.jpeg.JPEGImageWriteParam;
import javax.imageio.stream.MemoryCacheImageInputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * How a picture is written for the link, before normalisation.
 *
 * <table>
 * <caption>Known codecs</caption>
 * <tr><td>{@code raw}</td><td>width and height as u16le, then red, green, blue per pixel</td></tr>
 * <tr><td>{@code png}</td><td>a PNG file</td></tr>
 * <tr><td>{@code jpeg-Q}</td><td>a JPEG file of quality Q in 1 to 100, Huffman tables optimised</td></tr>
 * <tr><td>{@code jpegs-Q}</td><td>the same without what both sides know: {@link ShortJpeg}</td></tr>
 * </table>
 *
 * <p>Immutable and thread-safe.
 */
public final class PictureCodec {
  private static final int RAW_HEADER_BYTES = 4;

  private enum Kind {
    RAW,
    PNG,
    JPEG,
    SHORT_JPEG
  }

  private final String name;
  private final Kind kind;
  private final int quality;

  private PictureCodec(String name, Kind kind, int quality) {
    this.name = name;
    this.kind = kind;
    this.quality = quality;
  }

  /**
   * Returns the codec with a name.
   *
   * @throws UnknownCodecException if there is none
   */
  public static PictureCodec of(String name) {
    if (name.equals("raw")) {
      return new PictureCodec(name, Kind.RAW, 0);
    }
    if (name.equals("png")) {
      return new PictureCodec(name, Kind.PNG, 0);
    }
    if (!name.matches("jpegs?-([1-9][0-9]?|100)")) {
      throw new UnknownCodecException(
          "unknown picture codec '"
              + name
              + "'; known are raw, png, jpeg-Q and jpegs-Q with Q in 1 to 100");
    }
    int dash = name.indexOf('-');
    return new PictureCodec(
        name,
        name.charAt(dash - 1) == 's' ? Kind.SHORT_JPEG : Kind.JPEG,
        Integer.parseInt(name.substring(dash + 1)));
  }

  /** Returns the codec's name. */
  public String name() {
    return name;
  }

  /**
   * Writes a picture.
   *
   * @param rgb red, green, blue per pixel, row by row
   * @param width in {@code [1, 65535]}
   * @param height in {@code [1, 65535]}
   */
  public byte[] encode(byte[] rgb, int width, int height) {
    if (width < 1 || height < 1 || width > 0xFFFF || height > 0xFFFF) {
      throw new IllegalArgumentException("sides not in [1, 65535]: " + width + "x" + height);
    }
    if (rgb.length != 3L * width * height) {
      throw new IllegalArgumentException(
          width + "x" + height + " needs " + 3L * width * height + " bytes, got " + rgb.length);
    }
    try {
      return switch (kind) {
        case RAW -> raw(rgb, width, height);
        case PNG -> file("png", image(rgb, width, height), 0);
        case JPEG -> file("jpeg", image(rgb, width, height), quality);
        case SHORT_JPEG ->
            ShortJpeg.shorten(file("jpeg", image(rgb, width, height), quality), quality);
      };
    } catch (IOException impossible) {
      throw new UncheckedIOException("cannot write a picture to memory", impossible);
    }
  }

  private static byte[] raw(byte[] rgb, int width, int height) {
    byte[] out = new byte[RAW_HEADER_BYTES + rgb.length];
    LittleEndian.putShort(out, 0, (short) width);
    LittleEndian.putShort(out, 2, (short) height);
    System.arraycopy(rgb, 0, out, RAW_HEADER_BYTES, rgb.length);
    return out;
  }

  private static BufferedImage image(byte[] rgb, int width, int height) {
    int[] pixels = new int[width * height];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] =
          (rgb[3 * i] & 0xFF) << 16 | (rgb[3 * i + 1] & 0xFF) << 8 | (rgb[3 * i + 2] & 0xFF);
    }
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    image.getRaster().setDataElements(0, 0, width, height, pixels);
    return image;
  }

  static byte[] file(String format, BufferedImage image, int quality) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      if (parameters instanceof JPEGImageWriteParam jpeg) {
        jpeg.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        jpeg.setCompressionQuality(quality / 100f);
        jpeg.setOptimizeHuffmanTables(true);
      }
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), parameters);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  /**
   * Reads a picture.
   *
   * @param encoded the payload, all that remains; its position is left alone
   * @param maxPixels most pixels accepted; checked on the header, before any are decoded
   * @throws ProtocolException with scope REQUEST if the payload is not a picture of this codec or
   *     has more pixels
   */
  public Picture decode(ByteBuffer encoded, int maxPixels) throws ProtocolException {
    byte[] bytes = new byte[encoded.remaining()];
    encoded.duplicate().get(bytes);
    return switch (kind) {
      case RAW -> readRaw(bytes, maxPixels);
      case PNG -> readFile("png", bytes, maxPixels);
      case JPEG -> readFile("jpeg", bytes, maxPixels);
      case SHORT_JPEG -> readFile("jpeg", ShortJpeg.lengthen(bytes, quality), maxPixels);
    };
  }

  private static Picture readRaw(byte[] bytes, int maxPixels) throws ProtocolException {
    if (bytes.length < RAW_HEADER_BYTES) {
      throw ProtocolException.malformedRequest("raw picture ends within its header");
    }
    int width = LittleEndian.getShort(bytes, 0) & 0xFFFF;
    int height = LittleEndian.getShort(bytes, 2) & 0xFFFF;
    checkSize(width, height, maxPixels);
    if (bytes.length - RAW_HEADER_BYTES != 3L * width * height) {
      throw ProtocolException.malformedRequest(
          "raw picture of " + width + "x" + height + " has " + bytes.length + " bytes");
    }
    return new Picture(Arrays.copyOfRange(bytes, RAW_HEADER_BYTES, bytes.length), width, height);
  }

  private static void checkSize(long width, long height, int maxPixels) throws ProtocolException {
    if (width < 1 || height < 1 || width * height > maxPixels) {
      throw new ProtocolException(
          ErrorCode.TOO_LARGE,
          ProtocolException.Scope.REQUEST,
          "picture of " + width + "x" + height + " pixels; at most " + maxPixels + " are accepted");
    }
  }

  private static Picture readFile(String format, byte[] bytes, int maxPixels)
      throws ProtocolException {
    ImageReader reader = ImageIO.getImageReadersByFormatName(format).next();
    try (MemoryCacheImageInputStream in =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      reader.setInput(in, true, true);
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
      checkSize(width, height, maxPixels);
      BufferedImage image = reader.read(0);
      if (image.getWidth() != width || image.getHeight() != height) {
        throw ProtocolException.malformedRequest(format + " changes its size");
      }
      int[] pixels = image.getRGB(0, 0, width, height, null, 0, width);
      byte[] rgb = new byte[3 * pixels.length];
      for (int i = 0; i < pixels.length; i++) {
        rgb[3 * i] = (byte) (pixels[i] >> 16);
        rgb[3 * i + 1] = (byte) (pixels[i] >> 8);
        rgb[3 * i + 2] = (byte) pixels[i];
      }
      return new Picture(rgb, width, height);
    } catch (IOException | RuntimeException broken) {
      // The JDK's readers answer some damage with unchecked exceptions.
      throw ProtocolException.malformedRequest("damaged " + format + ": " + broken.getMessage());
    } finally {
      reader.dispose();
    }
  }

  @Override
  public String toString() {
    return name;
  }

  /**
   * A decoded picture.
   *
   * @param rgb red, green, blue per pixel, row by row; not copied, belongs to the receiver
   * @param width at least 1
   * @param height at least 1
   */
  @SuppressWarnings("ArrayRecordComponent") // a transfer object for one reader
  public record Picture(byte[] rgb, int width, int height) {
    public Picture {
      if (width < 1 || height < 1 || rgb.length != 3L * width * height) {
        throw new IllegalArgumentException(
            width + "x" + height + " pixels with " + rgb.length + " bytes");
      }
    }
  }
}
