package dev.sluice.training.transform;

import java.util.Arrays;

/**
 * Graphs around the wire: the sender's, whose output is rounded, and the receiver's.
 *
 * @param encoder ONNX model from the cut's tensor to what is sent
 * @param decoder ONNX model back
 * @param sentShape shape of what is sent, without batch
 * @param encoderMacs multiply-accumulates of the encoder for one sample
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by content.
public record Transform(byte[] encoder, byte[] decoder, int[] sentShape, long encoderMacs) {
  @Override
  public boolean equals(Object other) {
    return other instanceof Transform that
        && Arrays.equals(encoder, that.encoder)
        && Arrays.equals(decoder, that.decoder);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(encoder);
  }

  @Override
  public String toString() {
    return "Transform[" + Arrays.toString(sentShape) + " sent, " + encoderMacs + " MACs]";
  }
}
