package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/** How a float tensor is written for the link. */
@SuppressWarnings("DoNotCallSuggester")
public final class ActivationCodec {
  private final String wire;

  private ActivationCodec(String wire) {
    this.wire = wire;
  }

  public static ActivationCodec of(String wire) {
    return new ActivationCodec(wire);
  }

  public String wire() {
    return wire;
  }

  public int maxEncodedBytes(int[] shape) {
    throw new UnsupportedOperationException();
  }

  public int encode(FloatBuffer values, int[] shape, ByteBuffer out) {
    throw new UnsupportedOperationException();
  }

  public byte[] encode(FloatBuffer values, int[] shape) {
    throw new UnsupportedOperationException();
  }

  public void decode(ByteBuffer encoded, int[] shape, FloatBuffer out) throws ProtocolException {
    throw new UnsupportedOperationException();
  }
}
