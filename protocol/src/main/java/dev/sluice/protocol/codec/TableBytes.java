package dev.sluice.protocol.codec;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** How numbers stand in tables: LEB128, floats little-endian, texts by length and UTF-8. */
final class TableBytes {
  private TableBytes() {}

  /** Collects bytes. Not thread-safe. */
  static final class Writer {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final byte[] number = new byte[5];

    /** Writes a number from 0 up. */
    void unsigned(int value) {
      bytes.write(number, 0, Rounding.putVarint(number, 0, value));
    }

    void signed(int value) {
      unsigned(Rounding.zigzag(value));
    }

    void real(float value) {
      LittleEndian.putFloat(number, 0, value);
      bytes.write(number, 0, Float.BYTES);
    }

    void text(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      unsigned(utf8.length);
      bytes.write(utf8, 0, utf8.length);
    }

    void bytes(byte[] more) {
      bytes.write(more, 0, more.length);
    }

    byte[] toBytes() {
      return bytes.toByteArray();
    }
  }

  /**
   * Takes bytes apart. What does not fit throws IllegalArgumentException; nothing is allocated that
   * the bytes left do not pay for. Not thread-safe.
   */
  static final class Reader {
    private final byte[] bytes;
    private int at;

    Reader(byte[] bytes) {
      this.bytes = bytes;
    }

    /** Reads a number from {@code min} to {@code max}, both from 0 up. */
    int unsigned(String what, int min, int max) {
      int value = varint(what);
      if (value < min || value > max) {
        throw new IllegalArgumentException(
            what + " is not in [" + min + ", " + max + "]: " + value);
      }
      return value;
    }

    int signed(String what, int min, int max) {
      int value = Rounding.unzigzag(varint(what));
      if (value < min || value > max) {
        throw new IllegalArgumentException(
            what + " is not in [" + min + ", " + max + "]: " + value);
      }
      return value;
    }

    private int varint(String what) {
      int value = 0;
      for (int shift = 0; shift < 35 && at < bytes.length; shift += 7) {
        int part = bytes[at++];
        value |= (part & 0x7F) << shift;
        if (part >= 0) {
          if (value < 0 || (shift > 0 && part == 0) || (shift == 28 && part > 7)) {
            break;
          }
          return value;
        }
      }
      throw new IllegalArgumentException(what + " is cut off or no number at byte " + at);
    }

    float real(String what) {
      if (bytes.length - at < Float.BYTES) {
        throw new IllegalArgumentException(what + " is cut off at byte " + at);
      }
      at += Float.BYTES;
      return LittleEndian.getFloat(bytes, at - Float.BYTES);
    }

    String text(String what, int maxBytes) {
      int length = unsigned(what, 0, maxBytes);
      checkRoom(what, length);
      at += length;
      return new String(bytes, at - length, length, StandardCharsets.UTF_8);
    }

    /** Returns what is left: so many bytes as they are, or a Zstandard frame that makes them. */
    Reader unsqueezed(int length) {
      byte[] rest = Arrays.copyOfRange(bytes, at, bytes.length);
      if (rest.length == length) {
        return new Reader(rest);
      }
      byte[] made;
      try {
        made = Zstd.decompress(rest, length);
      } catch (ZstdException broken) {
        throw new IllegalArgumentException("damaged body: " + broken.getMessage(), broken);
      }
      if (made.length != length) {
        throw new IllegalArgumentException(
            "body makes " + made.length + " bytes where " + length + " were announced");
      }
      return new Reader(made);
    }

    /** Checks that so many numbers of at least a byte can follow. */
    void checkRoom(String what, int numbers) {
      if (numbers > bytes.length - at) {
        throw new IllegalArgumentException(
            what + " needs " + numbers + " numbers, " + (bytes.length - at) + " bytes are left");
      }
    }

    void checkEnd() {
      if (at != bytes.length) {
        throw new IllegalArgumentException((bytes.length - at) + " bytes follow the tables");
      }
    }
  }
}
