package dev.sluice.protocol.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdCompressCtx;
import dev.sluice.protocol.codec.ActivationCodec;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ProtocolException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import net.jpountz.lz4.LZ4Factory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Few bytes that unfold to many: refused, and never unfolded beyond the tensor that is awaited. */
class BombTest {
  private static final int[] SHAPE = {8, 32, 32};
  private static final int ELEMENTS = 8 * 32 * 32;
  private static final int UNFOLDED_BYTES = 64 << 20;
  private static final int MOST_SIDE_BYTES = 12;

  /** Ten times the tensor; a thousandth of what the bombs claim would be more. */
  private static final long MAX_ALLOCATED_BYTES = 10L * Float.BYTES * ELEMENTS;

  private static final byte[] LZ4 =
      LZ4Factory.fastestInstance().fastCompressor().compress(new byte[UNFOLDED_BYTES]);
  private static final byte[] ZSTD = zstd();

  private static byte[] zstd() {
    try (ZstdCompressCtx context = new ZstdCompressCtx()) {
      context.setMagicless(true);
      return context.compress(new byte[UNFOLDED_BYTES]);
    }
  }

  static Stream<String> compressed() {
    return ActivationCodec.names().stream()
        .filter(wire -> wire.endsWith("lz4") || wire.endsWith("zstd"))
        .filter(wire -> !ActivationCodec.needsTables(wire));
  }

  @ParameterizedTest
  @MethodSource("compressed")
  void refusesBombsOfEveryLengthInLittleMemory(String wire) {
    ActivationCodec codec = ActivationCodec.of(wire);
    byte[] bomb = wire.endsWith("lz4") ? LZ4 : ZSTD;
    // The first call makes what the thread keeps for all.
    refuse(codec, new byte[1]);
    for (int side = 0; side <= MOST_SIDE_BYTES; side++) {
      // As long as the longest there may be it would be no bomb, but the plain values.
      int longest = codec.maxEncodedBytes(SHAPE);
      for (int bytes : List.of(20, 100, 1_000, longest - 1, longest + 1, side + bomb.length)) {
        byte[] payload = new byte[Math.min(bytes, side + bomb.length)];
        System.arraycopy(bomb, 0, payload, side, payload.length - side);
        long allocated = refuse(codec, payload);
        assertThat(allocated)
            .as("%s: %d bytes behind %d", wire, payload.length, side)
            .isLessThan(MAX_ALLOCATED_BYTES);
      }
    }
  }

  /** Returns the bytes that were allocated for it. */
  private static long refuse(ActivationCodec codec, byte[] payload) {
    FloatBuffer out = FloatBuffer.allocate(ELEMENTS);
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    assertThatThrownBy(() -> codec.decode(ByteBuffer.wrap(payload), SHAPE, out))
        .as(() -> payload.length + " bytes " + Arrays.toString(Arrays.copyOf(payload, 16)))
        .isInstanceOfSatisfying(
            ProtocolException.class,
            fault -> {
              assertThat(fault.code()).isEqualTo(ErrorCode.MALFORMED);
              assertThat(fault.scope()).isEqualTo(ProtocolException.Scope.REQUEST);
            });
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
