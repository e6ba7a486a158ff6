package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;

/**
 * Integers by dead zones, as zigzag codes of one byte; 255 stands for the next escaped integer.
 *
 * <pre>
 * +----------------+--------------------+
 * | escapes        | escaped integers   |   side bytes
 * | varint         | i16le each         |
 * +----------------+--------------------+
 * </pre>
 */
final class StepQuantizer implements Quantizer {
  private static final int ESCAPE = 255;
  private static final int[] NO_ZEROS = {};

  private final DeadZone[] zones;
  private final int[] zoneOfChannel;
  private final int plane;

  StepQuantizer(DeadZone[] zones, int[] zoneOfChannel, Geometry geometry) {
    this.zones = zones;
    this.zoneOfChannel = zoneOfChannel;
    plane = geometry.plane();
  }

  @Override
  public int bits() {
    return 8;
  }

  @Override
  public int maxSideBytes(int elements) {
    return 5 + Short.BYTES * elements;
  }

  @Override
  public int[] zeros() {
    return NO_ZEROS;
  }

  @Override
  public int encode(float[] values, int elements, byte[] words, byte[] side) {
    int escapes = 0;
    for (int channel = 0, i = 0; i < elements; channel++) {
      DeadZone zone = zones[zoneOfChannel[channel]];
      for (int end = i + plane; i < end; i++) {
        int code = Rounding.zigzag(zone.quantize(values[i]));
        escapes += code >= ESCAPE ? 1 : 0;
        words[i] = (byte) Math.min(code, ESCAPE);
      }
    }
    int at = Rounding.putVarint(side, 0, escapes);
    for (int i = 0; escapes > 0 && i < elements; i++) {
      if ((words[i] & 0xFF) == ESCAPE) {
        DeadZone zone = zones[zoneOfChannel[i / plane]];
        LittleEndian.putShort(side, at, (short) zone.quantize(values[i]));
        at += Short.BYTES;
      }
    }
    return at;
  }

  @Override
  public int sideBytes(byte[] in, int bytes, int elements) throws ProtocolException {
    int escapes = Rounding.getVarint(in, 0, bytes);
    int end = Rounding.varintBytes(escapes) + Short.BYTES * Math.min(escapes, elements);
    if (escapes > elements || end > bytes) {
      throw ProtocolException.malformedRequest(
          escapes + " escaped values do not fit a payload of " + bytes + " bytes");
    }
    return end;
  }

  @Override
  public void decode(byte[] words, int elements, byte[] side, float[] values, Scratch scratch)
      throws ProtocolException {
    int escapes = Rounding.getVarint(side, 0, side.length);
    int escapesAt = Rounding.varintBytes(escapes);
    int used = 0;
    for (int channel = 0, i = 0; i < elements; channel++) {
      DeadZone zone = zones[zoneOfChannel[channel]];
      for (int end = i + plane; i < end; i++) {
        int code = words[i] & 0xFF;
        int level;
        if (code == ESCAPE) {
          if (used == escapes) {
            throw wrongEscapes(escapes);
          }
          level = LittleEndian.getShort(side, escapesAt + Short.BYTES * used++);
        } else {
          level = Rounding.unzigzag(code);
        }
        values[i] = zone.reconstruct(level);
      }
    }
    if (used != escapes) {
      throw wrongEscapes(escapes);
    }
  }

  private static ProtocolException wrongEscapes(int announced) {
    return ProtocolException.malformedRequest(
        "number of escaped values differs from the " + announced + " announced");
  }
}
