package dev.sluice.cloud.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.tensor.TensorType;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.ProtocolException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Payloads that are not what their codec or the model's shapes say: each ends its request alone.
 */
class HostilePayloadTest {
  private static final Path BUNDLE = Path.of("../experiments/bundles/roadsigns");

  /** Behind its first block. */
  private static final int CUT = 1;

  private static final int ELEMENTS = 8 * 48 * 48;

  /** What an honest request takes here several times over, and a bomb would exceed. */
  private static final long MAX_ALLOCATED_BYTES = 16 << 20;

  private ServedModel served;

  @BeforeEach
  void open() throws IOException {
    served = ServedModel.open(Bundle.open(BUNDLE), EngineOptions.singleThread());
  }

  @AfterEach
  void close() {
    served.close();
  }

  private void assertRefused(String what, int cut, String codec, ErrorCode code, byte[]... bytes) {
    List<ByteBuffer> payloads = Arrays.stream(bytes).map(ByteBuffer::wrap).toList();
    Infer request = new Infer(1, "", cut, codec, ExitRule.NONE, 0, 0, payloads);
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    assertThatThrownBy(() -> served.finish(request))
        .as(what)
        .isInstanceOfSatisfying(
            ProtocolException.class,
            fault -> {
              assertThat(fault.code()).as(what).isEqualTo(code);
              assertThat(fault.scope()).as(what).isEqualTo(ProtocolException.Scope.REQUEST);
            });
    assertThat(threads.getCurrentThreadAllocatedBytes() - before)
        .as("bytes allocated for %s", what)
        .isLessThan(MAX_ALLOCATED_BYTES);
  }

  /** Returns an LZ4 block of one byte and a match that repeats it. */
  private static byte[] lz4Bomb(int sideBytes, int bytes) {
    byte[] payload = new byte[bytes];
    Arrays.fill(payload, sideBytes + 4, bytes, (byte) 0xFF);
    payload[sideBytes] = 0x1F;
    payload[sideBytes + 2] = 1;
    payload[sideBytes + 3] = 0;
    return payload;
  }

  @Test
  void refusesABlockThatUnfoldsToMoreThanTheTensor() {
    for (int bytes : new int[] {100, 1_000, 10_000, 1 << 20, 16 << 20}) {
      assertRefused(bytes + " bytes", CUT, "q8", ErrorCode.MALFORMED, lz4Bomb(8, bytes));
    }
  }

  private static Stream<String> codecs() throws IOException {
    return Bundle.open(BUNDLE).manifest().codecs().stream()
        .filter(codec -> codec.cut() == CUT)
        .map(CodecInfo::name);
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void refusesPayloadsOfOtherLengthsThanTheShapeHas(String codec) {
    for (int bytes : new int[] {0, 1, 7, 4 * ELEMENTS - 1, 4 * ELEMENTS + 1, 16 << 20}) {
      assertRefused(bytes + " bytes", CUT, codec, ErrorCode.MALFORMED, new byte[bytes]);
    }
  }

  @Test
  void refusesMoreTensorsThanTheCutHas() {
    byte[] tensor = new byte[4 * ELEMENTS];
    assertRefused("two tensors", CUT, "f32", ErrorCode.MALFORMED, tensor, tensor);
  }

  @Test
  void refusesPicturesWhoseSidesMultiplyToMoreThanThereMayBe() {
    byte[] raw = {-1, -1, -1, -1, 1, 2, 3};
    assertRefused("65,535 x 65,535 pixels", 0, "raw", ErrorCode.TOO_LARGE, raw);
    byte[] short3 = {2, 0, 2, 0, 1, 2, 3};
    assertRefused("2 x 2 pixels in 3 bytes", 0, "raw", ErrorCode.MALFORMED, short3);
  }

  @ParameterizedTest
  @EnumSource
  void takesTensorsThatNoCodecTouchesInTheirLengthOnly(TensorType type) throws Exception {
    int bytes = 6 * type.bytes();
    for (int length = 0; length <= 2 * bytes; length++) {
      ByteBuffer payload = ByteBuffer.allocate(length);
      ByteBuffer values = ByteBuffer.allocate(bytes);
      if (length == bytes) {
        ServedModel.asItIs(payload, type, 0, values);
      } else {
        assertThatThrownBy(() -> ServedModel.asItIs(payload, type, 0, values))
            .isInstanceOfSatisfying(
                ProtocolException.class, HostilePayloadTest::isMalformedRequest);
      }
    }
  }

  @Test
  void refusesTruthValuesThatAreNeither() {
    ByteBuffer payload = ByteBuffer.wrap(new byte[] {0, 1, 2});
    assertThatThrownBy(
            () -> ServedModel.asItIs(payload, TensorType.BOOL, 0, ByteBuffer.allocate(3)))
        .isInstanceOfSatisfying(ProtocolException.class, HostilePayloadTest::isMalformedRequest);
  }

  private static void isMalformedRequest(ProtocolException fault) {
    assertThat(fault.code()).isEqualTo(ErrorCode.MALFORMED);
    assertThat(fault.scope()).isEqualTo(ProtocolException.Scope.REQUEST);
  }
}
