package dev.sluice.edge.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.ExitState;
import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.InferHeader;
import dev.sluice.protocol.message.SendStamp;
import dev.sluice.scheduler.profile.Envelope;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What predictions add to a payload is what the protocol writes around it. */
class EnvelopeTest {
  private static final String DIGEST = "ab".repeat(32);
  private static final long DEADLINE_NANOS = 120_000_000;

  /** A nanosecond stamp of a worker that has been up for a month. */
  private static final SendStamp STAMP = new SendStamp(2_592_000_123_456_789L, 350_000);

  @ParameterizedTest
  @CsvSource({
    "0, jpeg-75, 5000, 2",
    "0, jpegm-50-444, 9000, 3",
    "2, tklt-dct8-s0.70-g1.05, 1500, 2",
    "6, tklt-s1.40-g1.25, 700, 2"
  })
  void aRequestWithTwoOrThreeExitsBehindTheSplitHasTheUsualOne(
      int cut, String codec, int bytes, int exits) {
    assertThat(envelope(cut, codec, bytes, exits)).isCloseTo(Envelope.REQUEST_BYTES, within(16));
  }

  @ParameterizedTest
  @CsvSource({"0, raw, 27648, 0", "3, q8, 12000, 0", "0, jpeg-75, 5000, 4", "3, f32, 60000, 5"})
  void noRequestOfOurBundlesHasAnotherByMuch(int cut, String codec, int bytes, int exits) {
    assertThat(envelope(cut, codec, bytes, exits)).isCloseTo(Envelope.REQUEST_BYTES, within(36));
  }

  /** Bytes on the connection without the payload's, written in one piece. */
  private static int envelope(int cut, String codec, int bytes, int exits) {
    Map<Integer, ExitPolicy> policies = new TreeMap<>();
    for (int exit = 0; exit < exits; exit++) {
      policies.put(exit, new ExitPolicy.Top1Above(0.8 + 0.01 * exit));
    }
    ByteBuffer payload = ByteBuffer.allocate(bytes);
    Infer infer =
        new Infer(
            12_345,
            DIGEST,
            cut,
            codec,
            WireRules.of(policies, ExitState.NONE),
            DEADLINE_NANOS,
            0,
            List.of(payload));
    MessageFrames frames = new MessageFrames();
    frames.shareDigests(List.of(DIGEST));
    ByteBuf header =
        frames.writeInfer(
            UnpooledByteBufAllocator.DEFAULT,
            InferHeader.of(infer, infer.requestId(), DEADLINE_NANOS, STAMP));
    ByteBuf data =
        frames.writeData(
            UnpooledByteBufAllocator.DEFAULT, infer.requestId(), payload.duplicate(), bytes);
    try {
      return header.readableBytes() + data.readableBytes() - bytes;
    } finally {
      header.release();
      data.release();
    }
  }
}
