package dev.sluice.protocol.codec;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.protocol.message.ProtocolException;
import java.io.ByteArrayOutputStream;

/**
 * A JPEG without what both sides know: start and end markers, the JFIF segment, and the
 * quantisation tables, which follow from the quality by the rule of the Independent JPEG Group.
 * About 160 bytes less, which is a tenth of a small picture. Frame header, Huffman tables
 * (optimised, so particular to the picture) and scan stay as they are.
 */
final class ShortJpeg implements PictureCoding {
  private final JpegEncoder encoder;

  ShortJpeg(int quality) {
    this.encoder = JpegEncoder.of(quality, false);
  }

  @Override
  public byte[] encode(byte[] rgb, int width, int height) {
    return encoder.body(rgb, width, height);
  }

  @Override
  public Picture decode(byte[] body, int maxPixels) throws ProtocolException {
    if (body.length < 4) {
      throw ProtocolException.malformedRequest("short JPEG has " + body.length + " bytes");
    }
    byte[] prefix = encoder.prefix();
    ByteArrayOutputStream out =
        new ByteArrayOutputStream(prefix.length + body.length + JpegSegments.END.length);
    out.writeBytes(prefix);
    out.writeBytes(body);
    out.writeBytes(JpegSegments.END);
    return PictureFiles.read("jpeg", out.toByteArray(), maxPixels);
  }
}
