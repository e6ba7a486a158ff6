package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;
import java.nio.ByteBuffer;

/** How a picture is written for the link. */
@SuppressWarnings("DoNotCallSuggester")
public final class PictureCodec {
  private final String name;

  private PictureCodec(String name) {
    this.name = name;
  }

  public static PictureCodec of(String name) {
    return new PictureCodec(name);
  }

  public String name() {
    return name;
  }

  public byte[] encode(byte[] rgb, int width, int height) {
    throw new UnsupportedOperationException();
  }

  public Picture decode(ByteBuffer encoded, int maxPixels) throws ProtocolException {
    throw new UnsupportedOperationException();
  }

  /** A decoded picture: rgb interleaved, row by row. */
  @SuppressWarnings("ArrayRecordComponent")
  public record Picture(byte[] rgb, int width, int height) {}
}
