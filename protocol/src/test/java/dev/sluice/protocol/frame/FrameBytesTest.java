package dev.sluice.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.message.Cancel;
import dev.sluice.protocol.message.ClassScore;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.ExitThreshold;
import dev.sluice.protocol.message.Goodbye;
import dev.sluice.protocol.message.Hello;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.InferHeader;
import dev.sluice.protocol.message.Load;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.MessageType;
import dev.sluice.protocol.message.Partial;
import dev.sluice.protocol.message.Ping;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.SendStamp;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The bytes of docs/protocol.md, one by one. */
class FrameBytesTest {
  private static final ByteBufAllocator HEAP = new UnpooledByteBufAllocator(false);

  private static byte[] bytes(ByteBuf frame) {
    byte[] bytes = ByteBufUtil.getBytes(frame);
    frame.release();
    return bytes;
  }

  private static byte[] hex(String... parts) {
    return HexFormat.of().parseHex(String.join("", parts).replace(" ", ""));
  }

  @Test
  void writesAPing() {
    assertThat(bytes(new MessageFrames().write(HEAP, new Ping(0x0102030405060708L))))
        .isEqualTo(
            hex(
                "0a 00 00 00", // body of 10 bytes
                "07", // Ping
                "00", // flags
                "00 00 00 00 00 00 00 00", // the connection's
                "19", // class id 23, + 2
                "01", // one field
                "08 07 06 05 04 03 02 01")); // token
  }

  @Test
  void writesAHelloWithMagicAndVersionFirst() {
    assertThat(bytes(new MessageFrames().write(HEAP, new Hello(2, "cam1", "ab"))))
        .isEqualTo(
            hex(
                "15 00 00 00", // body of 21 bytes
                "01", // Hello
                "00",
                "00 00 00 00 00 00 00 00",
                "53 4c 43 45", // SLCE
                "02 00", // version 2
                "13", // class id 17, + 2
                "07", // seven fields
                "02", // version
                "04 63 61 6d 31", // cam1
                "02 61 62", // digest
                "00", // no token
                "00 00 00")); // no further digests, codecs, features
  }

  @Test
  void writesACancelAndARefusal() {
    assertThat(bytes(new MessageFrames().write(HEAP, new Cancel(5))))
        .isEqualTo(hex("02 00 00 00", "06", "00", "05 00 00 00 00 00 00 00", "18", "00"));
    assertThat(
            bytes(
                new MessageFrames()
                    .write(HEAP, new Refusal(0x1234, ErrorCode.OVERLOADED, "no", 300))))
        .isEqualTo(
            hex(
                "08 00 00 00",
                "05", // Refusal
                "00",
                "34 12 00 00 00 00 00 00",
                "17", // class id 21, + 2
                "03",
                "08", // OVERLOADED
                "02 6e 6f", // no
                "ac 02")); // 300 ns
  }

  @Test
  void writesAnInferAndItsData() {
    MessageFrames frames = new MessageFrames();
    frames.shareDigests(List.of("ab"));
    ByteBuffer payload = ByteBuffer.wrap(new byte[] {1, 2, 3, 4});
    Infer infer =
        new Infer(
            9,
            "ab",
            2,
            "f32",
            new ExitRule(1, List.of(new ExitThreshold(3, 0.5))),
            300,
            4,
            List.of(payload));
    assertThat(bytes(frames.writeInfer(HEAP, InferHeader.of(infer, 9, 300, SendStamp.UNKNOWN))))
        .isEqualTo(
            hex(
                "18 00 00 00", // body of 24 bytes
                "03", // Infer
                "00",
                "09 00 00 00 00 00 00 00",
                "15", // class id 19, + 2
                "07", // seven fields
                "00", // the Hello's digest
                "02", // cut
                "03 66 33 32", // f32
                "01", // top-1 probability
                "01 03 00 00 00 00 00 00 e0 3f", // one threshold: exit 3 at 0.5
                "01 04", // one payload of 4 bytes
                "ac 02", // 300 ns left
                "04")); // priority
    assertThat(bytes(frames.writeData(HEAP, 9, payload.duplicate(), 4)))
        .isEqualTo(hex("04 00 00 00", "10", "00", "09 00 00 00 00 00 00 00", "01 02 03 04"));
  }

  @Test
  void writesWhenAnInferWasSentAndThatPartialAnswersAreWanted() {
    MessageFrames frames = new MessageFrames();
    frames.shareDigests(List.of("cd", "ab"));
    Infer infer =
        new Infer(
                9,
                "ab",
                2,
                "f32",
                new ExitRule(1, List.of(new ExitThreshold(3, 0.5))),
                300,
                4,
                List.of(ByteBuffer.allocate(4)))
            .withPartials();
    assertThat(
            bytes(frames.writeInfer(HEAP, InferHeader.of(infer, 9, 300, new SendStamp(1000, 20)))))
        .isEqualTo(
            hex(
                "26 00 00 00", // body of 38 bytes
                "03", // Infer
                "00",
                "09 00 00 00 00 00 00 00",
                "15", // class id 19, + 2
                "0b", // eleven fields
                "01 01", // the Hello's second model
                "02", // cut
                "03 66 33 32", // f32
                "01", // top-1 probability
                "01 03 00 00 00 00 00 00 e0 3f", // one threshold: exit 3 at 0.5
                "01 04", // one payload of 4 bytes
                "ac 02", // 300 ns left
                "04", // priority
                "00", // no exit orders
                "00 00", // no progress
                "01", // partial answers
                "15", // give or take 20 ns
                "e8 03 00 00 00 00 00 00")); // 1,000 ns
  }

  @Test
  void writesAPartialAnswerALoadAndAGoodbyeThatDrains() {
    MessageFrames frames = new MessageFrames();
    assertThat(bytes(frames.write(HEAP, new Partial(5, 2, List.of(new ClassScore(7, 0.5f)), 0.5))))
        .isEqualTo(
            hex(
                "11 00 00 00",
                "0a", // Partial
                "00",
                "05 00 00 00 00 00 00 00",
                "1c", // class id 26, + 2
                "03",
                "02", // exit
                "01 07 00 00 00 3f", // one class: 7 at 0.5
                "00 00 00 00 00 00 e0 3f")); // confidence 0.5
    assertThat(bytes(frames.write(HEAP, new Load(new LoadReport(3, 0.5, 2)))))
        .isEqualTo(
            hex(
                "0b 00 00 00",
                "0b", // Load
                "00",
                "00 00 00 00 00 00 00 00",
                "1d", // class id 27, + 2
                "01",
                "03", // queued
                "00 00 00 3f", // busy half the time
                "00 00 00 40")); // twice the profiled time
    assertThat(bytes(frames.write(HEAP, new Goodbye("up", 77, 300))))
        .isEqualTo(
            hex(
                "08 00 00 00",
                "09", // Goodbye
                "00",
                "00 00 00 00 00 00 00 00",
                "1b", // class id 25, + 2
                "03",
                "02 75 70", // up
                "4d", // last request
                "ac 02")); // 300 ns
  }

  @Test
  void writesLargePartsOfDirectMemoryWithoutCopyingThemAndSmallOnesTogether() {
    MessageFrames frames = new MessageFrames();
    ByteBuffer large = ByteBuffer.allocateDirect(5_000);
    for (int i = 0; i < large.capacity(); i++) {
      large.put(i, (byte) i);
    }
    ByteBuf wrapped = frames.writeData(HEAP, 3, List.of(large), 4_000);
    large.put(100, (byte) 55);
    assertThat(wrapped.readableBytes()).isEqualTo(Frame.HEADER_BYTES + 4_000);
    assertThat(wrapped.getByte(Frame.HEADER_BYTES + 100))
        .as("the same memory")
        .isEqualTo((byte) 55);
    assertThat(large.position()).isEqualTo(4_000);
    wrapped.release();
    ByteBuffer empty = ByteBuffer.allocate(0);
    ByteBuffer next = ByteBuffer.wrap(new byte[] {7, 8});
    byte[] joined = bytes(frames.writeData(HEAP, 3, List.of(empty, large, empty, next), 1_001));
    assertThat(joined).hasSize(Frame.HEADER_BYTES + 1_001);
    assertThat(joined[joined.length - 2]).isEqualTo((byte) 4_999);
    assertThat(joined[joined.length - 1]).isEqualTo((byte) 7);
    assertThat(next.remaining()).isEqualTo(1);
  }

  @Test
  void cutsTheStreamAtEveryIndexWithoutLosingAFrame() throws Exception {
    byte[] stream =
        hex(
            "0a 00 00 00 07 00 00 00 00 00 00 00 00 00 19 01 08 07 06 05 04 03 02 01",
            "04 00 00 00 10 00 09 00 00 00 00 00 00 00 01 02 03 04");
    MessageFrames frames = new MessageFrames();
    for (int cut = 0; cut <= stream.length; cut++) {
      AtomicLong clock = new AtomicLong();
      EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(clock::get, 100));
      clock.set(10);
      channel.writeInbound(Unpooled.copiedBuffer(stream, 0, cut));
      clock.set(20);
      channel.writeInbound(Unpooled.copiedBuffer(stream, cut, stream.length - cut));
      Frame ping = channel.readInbound();
      assertThat(frames.read(MessageType.PING, ping)).isEqualTo(new Ping(0x0102030405060708L));
      assertThat(ping.firstByteNanos()).isEqualTo(cut == 0 ? 20 : 10);
      assertThat(ping.lastByteNanos()).isEqualTo(cut >= 24 ? 10 : 20);
      ping.body().release();
      ByteBuf data = Unpooled.buffer();
      for (Frame piece = channel.readInbound(); piece != null; piece = channel.readInbound()) {
        assertThat(piece.type()).isEqualTo(FrameType.DATA);
        assertThat(piece.requestId()).isEqualTo(9);
        assertThat(piece.firstByteNanos()).isEqualTo(cut > 24 ? 10 : 20);
        assertThat(piece.lastByteNanos()).isEqualTo(cut > 38 + data.readableBytes() ? 10 : 20);
        data.writeBytes(piece.body());
        piece.body().release();
      }
      assertThat(bytes(data)).containsExactly(1, 2, 3, 4);
      assertThat(channel.finish()).isFalse();
    }
  }

  @Test
  void refusesALengthOverTheLimitBeforeTheBodyIsThere() {
    assertFault(hex("e9 03 00 00", "10", "00", "09 00 00 00 00 00 00 00"), ErrorCode.TOO_LARGE);
    assertFault(hex("ff ff ff ff", "07", "00", "00 00 00 00 00 00 00 00"), ErrorCode.TOO_LARGE);
    assertFault(
        "GET / HTTP/1.1\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII),
        ErrorCode.MALFORMED);
  }

  @Test
  void refusesUnknownTypes() {
    for (int type = 0; type < 256; type++) {
      if ((type < 1 || type > 11) && type != FrameType.DATA) {
        byte[] header = hex("00 00 00 00", "00", "00", "00 00 00 00 00 00 00 00");
        header[4] = (byte) type;
        assertFault(header, ErrorCode.MALFORMED);
      }
    }
  }

  private static void assertFault(byte[] stream, ErrorCode code) {
    EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(() -> 0, 1000));
    assertThatThrownBy(() -> channel.writeInbound(Unpooled.copiedBuffer(stream)))
        .isInstanceOf(DecoderException.class)
        .cause()
        .isInstanceOfSatisfying(
            ProtocolException.class, fault -> assertThat(fault.code()).isEqualTo(code));
    // What follows is thrown away unread.
    channel.writeInbound(Unpooled.copiedBuffer(stream));
    assertThat(channel.finish()).isFalse();
  }
}
