package dev.sluice.protocol.codec;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.sluice.protocol.message.ProtocolException;
import java.util.concurrent.ConcurrentLinkedDeque;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/**
 * The lossless stages, where the decoded size is always known beforehand: a block that is not
 * shorter than its content is replaced by the content, which its length tells, and a block that
 * makes another size than agreed is refused.
 */
final class Lossless {
  private static final LZ4Compressor LZ4 = LZ4Factory.fastestInstance().fastCompressor();
  private static final LZ4SafeDecompressor UNLZ4 = LZ4Factory.fastestInstance().safeDecompressor();

  /*
   * Zstandard's contexts hold native memory, so they are lent from pools that last as long as the process and never hold
   * more than were ever in use at once. The slowest level pays for the kilobyte payloads that this is for; large ones get
   * a faster one.
   */
  private static final int SMALL_BYTES = 1 << 14;
  private static final int SMALL_LEVEL = 19;
  private static final int LARGE_LEVEL = 13;
  private static final ConcurrentLinkedDeque<ZstdCompressCtx> COMPRESSORS =
      new ConcurrentLinkedDeque<>();
  private static final ConcurrentLinkedDeque<ZstdDecompressCtx> DECOMPRESSORS =
      new ConcurrentLinkedDeque<>();

  /** In an LZ4 token, and in each byte behind it, the number that says that more follow. */
  private static final int SHORT_LENGTH = 15;

  private static final int LONG_LENGTH = 255;

  private Lossless() {}

  /**
   * Compresses to {@code out}, which has at least {@code length} bytes of room from {@code at} on.
   *
   * @return the bytes written, at most {@code length}
   */
  static int pack(Stage stage, byte[] in, int length, byte[] out, int at) {
    return switch (stage) {
      case LZ4 -> lz4(in, length, out, at);
      case ZSTD -> zstd(in, length, out, at);
      case NONE, RANS, RANGE -> {
        System.arraycopy(in, 0, out, at, length);
        yield length;
      }
    };
  }

  /** Undoes {@link #pack}, making exactly {@code wanted} bytes. */
  static void unpack(Stage stage, byte[] in, int at, int length, byte[] out, int wanted)
      throws ProtocolException {
    switch (stage) {
      case LZ4 -> unlz4(in, at, length, out, wanted);
      case ZSTD -> unzstd(in, at, length, out, wanted);
      case NONE, RANS, RANGE -> {
        if (length != wanted) {
          throw ProtocolException.malformedRequest(
              "payload has " + length + " bytes of values where the shape says " + wanted);
        }
        System.arraycopy(in, at, out, 0, wanted);
      }
    }
  }

  /**
   * Compresses to {@code out}, which has at least {@code length} bytes of room from {@code at} on.
   *
   * @return the bytes written, at most {@code length}
   */
  static int lz4(byte[] in, int length, byte[] out, int at) {
    try {
      int written = LZ4.compress(in, 0, length, out, at, length);
      if (written < length) {
        return written;
      }
    } catch (LZ4Exception noRoom) {
      // Longer than its content.
    }
    System.arraycopy(in, 0, out, at, length);
    return length;
  }

  /**
   * Does {@link #lz4} for content whose first bytes are known to be noise: they become literals of
   * the block's first sequence without being looked at, since looking for matches in vain is what
   * costs most.
   *
   * @param noise bytes from the start on that are taken as they are
   */
  static int lz4(byte[] in, int noise, int length, byte[] out, int at) {
    if (noise == length) {
      System.arraycopy(in, 0, out, at, length);
      return length;
    }
    // Behind the noise and the bytes that will say how many literals there are.
    int rest = at + noise + noise / LONG_LENGTH + 3;
    int room = at + length - rest;
    if (noise == 0 || room <= 0) {
      return lz4(in, length, out, at);
    }
    int written;
    try {
      written = LZ4.compress(in, noise, length - noise, out, rest, room);
    } catch (LZ4Exception noRoom) {
      return lz4(in, length, out, at);
    }
    // The first sequence's token: its high half is the number of literals, 15 with more behind it.
    int token = out[rest] & 0xFF;
    int from = rest + 1;
    int literals = token >>> 4;
    if (literals == SHORT_LENGTH) {
      int more;
      do {
        more = out[from++] & 0xFF;
        literals += more;
      } while (more == LONG_LENGTH);
    }
    int all = literals + noise;
    int to = at;
    out[to++] = (byte) (Math.min(all, SHORT_LENGTH) << 4 | (token & 0xF));
    for (int more = all - SHORT_LENGTH; more >= 0; more -= LONG_LENGTH) {
      out[to++] = (byte) Math.min(more, LONG_LENGTH);
    }
    System.arraycopy(in, 0, out, to, noise);
    to += noise;
    int kept = rest + written - from;
    System.arraycopy(out, from, out, to, kept);
    return to + kept - at;
  }

  /** Undoes {@link #lz4}, making exactly {@code wanted} bytes. */
  static void unlz4(byte[] in, int at, int length, byte[] out, int wanted)
      throws ProtocolException {
    if (length == wanted) {
      System.arraycopy(in, at, out, 0, wanted);
      return;
    }
    int made;
    try {
      made = UNLZ4.decompress(in, at, length, out, 0, wanted);
    } catch (LZ4Exception broken) {
      throw ProtocolException.malformedRequest("damaged LZ4 block: " + broken.getMessage());
    }
    if (made != wanted) {
      throw wrongSize("LZ4", made, wanted);
    }
  }

  /** Like {@link #lz4} with a Zstandard frame without magic number, content size and checksum. */
  static int zstd(byte[] in, int length, byte[] out, int at) {
    ZstdCompressCtx context = COMPRESSORS.pollFirst();
    if (context == null) {
      context = new ZstdCompressCtx();
      context.setMagicless(true).setContentSize(false).setChecksum(false).setDictID(false);
    }
    context.setLevel(length <= SMALL_BYTES ? SMALL_LEVEL : LARGE_LEVEL);
    int written;
    try {
      written = context.compressByteArray(out, at, length, in, 0, length);
    } catch (ZstdException noRoom) {
      written = length;
    }
    COMPRESSORS.addFirst(context);
    if (written < length) {
      return written;
    }
    System.arraycopy(in, 0, out, at, length);
    return length;
  }

  /** Undoes {@link #zstd}, making exactly {@code wanted} bytes. */
  static void unzstd(byte[] in, int at, int length, byte[] out, int wanted)
      throws ProtocolException {
    if (length == wanted) {
      System.arraycopy(in, at, out, 0, wanted);
      return;
    }
    ZstdDecompressCtx context = DECOMPRESSORS.pollFirst();
    if (context == null) {
      context = new ZstdDecompressCtx();
      context.setMagicless(true);
    }
    int made;
    try {
      made = context.decompressByteArray(out, 0, wanted, in, at, length);
    } catch (ZstdException broken) {
      throw ProtocolException.malformedRequest("damaged Zstandard frame: " + broken.getMessage());
    } finally {
      DECOMPRESSORS.addFirst(context);
    }
    if (made != wanted) {
      throw wrongSize("Zstandard", made, wanted);
    }
  }

  private static ProtocolException wrongSize(String what, int made, int wanted) {
    return ProtocolException.malformedRequest(
        what + " block makes " + made + " bytes where the shape says " + wanted);
  }
}
