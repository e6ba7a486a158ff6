package dev.sluice.protocol.codec;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOInvalidTreeException;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.plugins.jpeg.JPEGImageWriteParam;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * JPEGs by Java's own writer, as devices sent them before there was {@link JpegEncoder}: the other
 * side of its tests. JDKs write through libjpeg 6b or the system's libjpeg-turbo, which agree.
 */
final class ImageIoJpeg {
  private static final String METADATA = "javax_imageio_jpeg_image_1.0";
  private static final int CODE_LENGTHS = 16;

  private ImageIoJpeg() {}

  /** Returns a file. */
  static byte[] file(
      byte[] rgb, int width, int height, int quality, boolean fullColour, boolean optimised) {
    BufferedImage image = PictureFiles.image(rgb, width, height);
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    JPEGImageWriteParam parameters = (JPEGImageWriteParam) writer.getDefaultWriteParam();
    parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
    parameters.setCompressionQuality(quality / 100f);
    parameters.setOptimizeHuffmanTables(optimised);
    IIOImage input = new IIOImage(image, null, null);
    if (fullColour) {
      input.setMetadata(fullColour(writer, image, parameters));
    }
    return PictureFiles.write(writer, input, parameters);
  }

  /** Sets the sampling factors of luminance, which are 2 by default, to those of colour. */
  private static IIOMetadata fullColour(
      ImageWriter writer, BufferedImage image, ImageWriteParam parameters) {
    IIOMetadata metadata =
        writer.getDefaultImageMetadata(new ImageTypeSpecifier(image), parameters);
    Element tree = (Element) metadata.getAsTree(METADATA);
    NodeList components = tree.getElementsByTagName("componentSpec");
    for (int i = 0; i < components.getLength(); i++) {
      Element component = (Element) components.item(i);
      component.setAttribute("HsamplingFactor", "1");
      component.setAttribute("VsamplingFactor", "1");
    }
    try {
      metadata.setFromTree(METADATA, tree);
    } catch (IIOInvalidTreeException impossible) {
      throw new IllegalStateException("this JDK refuses JPEGs of full colour", impossible);
    }
    return metadata;
  }

  /** Returns a payload of {@code jpegs}: the file from its frame header to its end marker. */
  static byte[] shortened(byte[] file) {
    int at = 2;
    while ((file[at + 1] & 0xFF) != 0xC0) {
      at += length(file, at);
    }
    return Arrays.copyOfRange(file, at, file.length - 2);
  }

  /** Returns a payload of {@code jpegm} without a scale, the smaller of two files taken apart. */
  static byte[] minimal(byte[] rgb, int width, int height, int quality, boolean fullColour) {
    byte[] own = file(rgb, width, height, quality, fullColour, true);
    byte[] standard = file(rgb, width, height, quality, fullColour, false);
    ByteArrayOutputStream ownBody = new ByteArrayOutputStream();
    ownBody.writeBytes(codes(own));
    ownBody.writeBytes(scan(own));
    byte[] standardBody = scan(standard);
    boolean takeOwn = ownBody.size() < standardBody.length;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(width);
    out.write(width >> 8);
    out.write(height);
    out.write(height >> 8);
    out.write(takeOwn ? 1 : 0);
    out.writeBytes(takeOwn ? ownBody.toByteArray() : standardBody);
    return out.toByteArray();
  }

  /** Returns the Huffman tables, which the writer puts in the order of the payload. */
  private static byte[] codes(byte[] file) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int at = 2; (file[at + 1] & 0xFF) != 0xDA; at += length(file, at)) {
      if ((file[at + 1] & 0xFF) == 0xC4) {
        int values = 0;
        for (int i = 0; i < CODE_LENGTHS; i++) {
          values += file[at + 5 + i] & 0xFF;
        }
        out.write(file, at + 5, CODE_LENGTHS + values);
      }
    }
    return out.toByteArray();
  }

  private static byte[] scan(byte[] file) {
    int at = 2;
    while ((file[at + 1] & 0xFF) != 0xDA) {
      at += length(file, at);
    }
    return Arrays.copyOfRange(file, at + length(file, at), file.length - 2);
  }

  private static int length(byte[] file, int at) {
    return 2 + ((file[at + 2] & 0xFF) << 8 | (file[at + 3] & 0xFF));
  }
}
