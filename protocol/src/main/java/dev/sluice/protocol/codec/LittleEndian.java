package dev.sluice.protocol.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Little-endian numbers in byte arrays. */
final class LittleEndian {
  private static final VarHandle FLOATS =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  private LittleEndian() {}

  static float getFloat(byte[] from, int at) {
    return (float) FLOATS.get(from, at);
  }

  static void putFloat(byte[] to, int at, float value) {
    FLOATS.set(to, at, value);
  }

  static long getLong(byte[] from, int at) {
    return (long) LONGS.get(from, at);
  }

  static void putLong(byte[] to, int at, long value) {
    LONGS.set(to, at, value);
  }

  static int getInt(byte[] from, int at) {
    return (int) INTS.get(from, at);
  }

  static void putInt(byte[] to, int at, int value) {
    INTS.set(to, at, value);
  }

  static short getShort(byte[] from, int at) {
    return (short) SHORTS.get(from, at);
  }

  static void putShort(byte[] to, int at, short value) {
    SHORTS.set(to, at, value);
  }
}
