package dev.sluice.protocol.codec;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ProtocolException;

/** One way to write pictures. Stateless. */
interface PictureCoding {
  /**
   * Writes a picture.
   *
   * @param rgb red, green, blue per pixel, row by row; of the right size
   * @param width in {@code [1, 65535]}
   * @param height in {@code [1, 65535]}
   */
  byte[] encode(byte[] rgb, int width, int height);

  /**
   * Reads a picture.
   *
   * @param bytes the payload
   * @param maxPixels checked before any pixel is decoded
   * @throws ProtocolException with scope REQUEST if the bytes are no such picture
   */
  Picture decode(byte[] bytes, int maxPixels) throws ProtocolException;

  /** Refuses a picture without pixels or with too many. */
  static void checkSize(long width, long height, int maxPixels) throws ProtocolException {
    if (width < 1 || height < 1 || width * height > maxPixels) {
      throw new ProtocolException(
          ErrorCode.TOO_LARGE,
          ProtocolException.Scope.REQUEST,
          "picture of " + width + "x" + height + " pixels; at most " + maxPixels + " are accepted");
    }
  }
}
