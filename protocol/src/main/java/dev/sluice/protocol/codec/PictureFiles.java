package dev.sluice.protocol.codec;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.protocol.message.ProtocolException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageInputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Whole files of the formats that Java reads itself, and the steps that all picture codecs share
 * with them. Java writes PNGs too; JPEGs are written by {@link JpegEncoder}.
 */
final class PictureFiles {
  private PictureFiles() {}

  /** PNG files. */
  static final class Png implements PictureCoding {
    @Override
    public byte[] encode(byte[] rgb, int width, int height) {
      ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      parameters.setCompressionQuality(0); // The least quality is the most effort to compress.
      return write(writer, new IIOImage(image(rgb, width, height), null, null), parameters);
    }

    @Override
    public Picture decode(byte[] bytes, int maxPixels) throws ProtocolException {
      return read("png", bytes, maxPixels);
    }
  }

  /** JPEG files. */
  static final class Jpeg implements PictureCoding {
    private final JpegEncoder encoder;

    Jpeg(int quality) {
      this.encoder = JpegEncoder.of(quality, false);
    }

    @Override
    public byte[] encode(byte[] rgb, int width, int height) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.writeBytes(encoder.prefix());
      out.writeBytes(encoder.body(rgb, width, height));
      out.writeBytes(JpegSegments.END);
      return out.toByteArray();
    }

    @Override
    public Picture decode(byte[] bytes, int maxPixels) throws ProtocolException {
      return read("jpeg", bytes, maxPixels);
    }
  }

  static BufferedImage image(byte[] rgb, int width, int height) {
    int[] pixels = new int[width * height];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] =
          (rgb[3 * i] & 0xFF) << 16 | (rgb[3 * i + 1] & 0xFF) << 8 | (rgb[3 * i + 2] & 0xFF);
    }
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    image.getRaster().setDataElements(0, 0, width, height, pixels);
    return image;
  }

  /** Writes a picture to memory and disposes of the writer. */
  static byte[] write(ImageWriter writer, IIOImage image, ImageWriteParam parameters) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.write(null, image, parameters);
    } catch (IOException impossible) {
      throw new UncheckedIOException("cannot write a picture to memory", impossible);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  static Picture read(String format, byte[] bytes, int maxPixels) throws ProtocolException {
    ImageReader reader = ImageIO.getImageReadersByFormatName(format).next();
    try (MemoryCacheImageInputStream in =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      reader.setInput(in, true, true);
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
      PictureCoding.checkSize(width, height, maxPixels);
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
}
