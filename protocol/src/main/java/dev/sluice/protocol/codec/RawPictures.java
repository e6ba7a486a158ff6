package dev.sluice.protocol.codec;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.protocol.message.ProtocolException;
import java.util.Arrays;

/** Pixels as they are, behind width and height as u16le. */
final class RawPictures implements PictureCoding {
  private static final int HEADER_BYTES = 4;

  @Override
  public byte[] encode(byte[] rgb, int width, int height) {
    byte[] out = new byte[HEADER_BYTES + rgb.length];
    LittleEndian.putShort(out, 0, (short) width);
    LittleEndian.putShort(out, 2, (short) height);
    System.arraycopy(rgb, 0, out, HEADER_BYTES, rgb.length);
    return out;
  }

  @Override
  public Picture decode(byte[] bytes, int maxPixels) throws ProtocolException {
    if (bytes.length < HEADER_BYTES) {
      throw ProtocolException.malformedRequest("raw picture ends within its header");
    }
    int width = LittleEndian.getShort(bytes, 0) & 0xFFFF;
    int height = LittleEndian.getShort(bytes, 2) & 0xFFFF;
    PictureCoding.checkSize(width, height, maxPixels);
    if (bytes.length - HEADER_BYTES != 3L * width * height) {
      throw ProtocolException.malformedRequest(
          "raw picture of " + width + "x" + height + " has " + bytes.length + " bytes");
    }
    return new Picture(Arrays.copyOfRange(bytes, HEADER_BYTES, bytes.length), width, height);
  }
}
