package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;
import java.nio.ByteBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a picture is written for the link, before normalisation.
 *
 * <table>
 * <caption>Known codecs</caption>
 * <tr><td>{@code raw}</td><td>width and height as u16le, then red, green, blue per pixel</td></tr>
 * <tr><td>{@code png}</td><td>a PNG file</td></tr>
 * <tr><td>{@code jpeg-Q}</td><td>a JPEG file of quality Q in 1 to 100, Huffman tables optimised</td></tr>
 * <tr><td>{@code jpegs-Q}</td><td>the same without what both sides know: {@link ShortJpeg}</td></tr>
 * <tr><td>{@code jpegm-Q}</td><td>a JPEG with nothing that both sides know: {@link MinimalJpeg}</td></tr>
 * <tr><td>{@code jpegm-Q-444}</td><td>the same with colour at full resolution</td></tr>
 * <tr><td>{@code webp-Q}</td><td>lossy WebP of quality Q in 1 to 100: {@link WebPictures}</td></tr>
 * <tr><td>{@code webp-lossless}</td><td>lossless WebP</td></tr>
 * </table>
 *
 * <p>{@code jpegm} and {@code webp} take a scale: {@code jpegm-50@0.75} writes a picture of 0.75
 * times the width and height, which the reader brings back to the original size. Scales are in
 * {@code [0.1, 1)} with at most three decimals, written without zeros at the end.
 *
 * <p>The WebP codecs need {@code com.github.usefulness:webp-imageio} on the class path; where it is
 * missing they are unknown, and the message says why.
 *
 * <p>Immutable and thread-safe.
 */
public final class PictureCodec {
  private static final Pattern QUALITY =
      Pattern.compile(
          "(?<format>jpeg|jpegs|jpegm|webp)-(?<quality>[1-9][0-9]?|100)(?<full>-444)?"
              + "(@0\\.(?<scale>[1-9]|[0-9]{1,2}[1-9]))?");
  private static final String KNOWN =
      "known are raw, png, jpeg-Q, jpegs-Q, jpegm-Q, jpegm-Q-444, webp-Q and webp-lossless with Q"
          + " in 1 to 100; jpegm and webp may end with a scale such as @0.75";

  private final String name;
  private final PictureCoding coding;

  private PictureCodec(String name, PictureCoding coding) {
    this.name = name;
    this.coding = coding;
  }

  /**
   * Returns the codec with a name.
   *
   * @throws UnknownCodecException if there is none, or if it needs a library that is not there
   */
  public static PictureCodec of(String name) {
    return new PictureCodec(name, coding(name));
  }

  /** Returns whether the WebP codecs can be used here. */
  public static boolean hasWebP() {
    return WebPictures.available();
  }

  private static PictureCoding coding(String name) {
    return switch (name) {
      case "raw" -> new RawPictures();
      case "png" -> new PictureFiles.Png();
      case "webp-lossless" -> {
        requireWebP(name);
        yield new WebPictures.Lossless();
      }
      default -> withQuality(name);
    };
  }

  private static PictureCoding withQuality(String name) {
    Matcher parts = QUALITY.matcher(name);
    if (!parts.matches()) {
      throw unknown(name);
    }
    String format = parts.group("format");
    int quality = Integer.parseInt(parts.group("quality"));
    boolean fullColour = parts.group("full") != null;
    String scaleText = parts.group("scale");
    PictureScale scale = scaleText == null ? PictureScale.WHOLE : scale(name, scaleText);
    boolean isPlain = !fullColour && scaleText == null;
    if (format.equals("jpegm")) {
      return new MinimalJpeg(quality, fullColour, scale);
    }
    if (format.equals("webp") && !fullColour) {
      requireWebP(name);
      return new WebPictures.Lossy(quality, scale);
    }
    if (!isPlain) {
      throw unknown(name);
    }
    return format.equals("jpeg") ? new PictureFiles.Jpeg(quality) : new ShortJpeg(quality);
  }

  private static PictureScale scale(String name, String decimals) {
    int permille = Integer.parseInt((decimals + "00").substring(0, 3));
    if (permille < 100) {
      throw unknown(name);
    }
    return new PictureScale(permille);
  }

  private static UnknownCodecException unknown(String name) {
    return new UnknownCodecException("unknown picture codec '" + name + "'; " + KNOWN);
  }

  private static void requireWebP(String name) {
    if (!WebPictures.available()) {
      throw new UnknownCodecException(
          "picture codec '"
              + name
              + "' needs the library com.github.usefulness:webp-imageio on the class path, with"
              + " native code for this system");
    }
  }

  /** Returns the codec's name. */
  public String name() {
    return name;
  }

  /**
   * Writes a picture.
   *
   * @param rgb red, green, blue per pixel, row by row
   * @param width in {@code [1, 65535]}; WebP writes at most 16,383
   * @param height in {@code [1, 65535]}; WebP writes at most 16,383
   */
  public byte[] encode(byte[] rgb, int width, int height) {
    if (width < 1 || height < 1 || width > 0xFFFF || height > 0xFFFF) {
      throw new IllegalArgumentException("sides not in [1, 65535]: " + width + "x" + height);
    }
    if (rgb.length != 3L * width * height) {
      throw new IllegalArgumentException(
          width + "x" + height + " needs " + 3L * width * height + " bytes, got " + rgb.length);
    }
    return coding.encode(rgb, width, height);
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
    return coding.decode(bytes, maxPixels);
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
