package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.frame.Frame;
import dev.sluice.protocol.frame.FrameDecoder;
import dev.sluice.protocol.frame.FrameType;
import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.Arrival;
import dev.sluice.protocol.message.Cancel;
import dev.sluice.protocol.message.ClassScore;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.Features;
import dev.sluice.protocol.message.Goodbye;
import dev.sluice.protocol.message.Hello;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.InferHeader;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.Load;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Message;
import dev.sluice.protocol.message.Partial;
import dev.sluice.protocol.message.Ping;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.SendStamp;
import dev.sluice.protocol.message.Welcome;
import dev.sluice.protocol.message.WorkerStamps;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a worker's end does with good and bad bytes, one frame at a time, on a clock of its own. */
class ServerConnectionTest {
  private static final long SECOND = 1_000_000_000L;
  private static final Limits LIMITS = new Limits(4_096, 10_000, 3, 20_000);

  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
  private final AtomicLong clock = new AtomicLong(1_000 * SECOND);
  private final MessageFrames frames = new MessageFrames();
  private final List<Infer> received = new ArrayList<>();
  private final List<ReceiveStamps> stamps = new ArrayList<>();
  private final List<Responder> responders = new ArrayList<>();
  private final List<Long> cancelled = new ArrayList<>();
  private final Connections connections = new Connections(25_000);
  private final ServerConnection connection =
      new ServerConnection(
          1,
          ServerOptions.on("127.0.0.1", 0, "tested").withLimits(LIMITS, 4).withClock(clock::get),
          new RequestHandler() {
            @Override
            public Optional<Refusal> onHead(InferHeader head) {
              if (head.codec().equals("broken")) {
                throw new IllegalStateException("as if the worker had a fault");
              }
              return head.modelDigest().equals("ab")
                  ? Optional.empty()
                  : Optional.of(new Refusal(0, ErrorCode.UNKNOWN_MODEL, "not here", 7));
            }

            @Override
            public void onInfer(Infer request, ReceiveStamps when, Responder responder) {
              received.add(request);
              stamps.add(when);
              responders.add(responder);
            }

            @Override
            public void onCancel(Responder responder) {
              cancelled.add(responder.requestId());
            }
          },
          connections);
  private final EmbeddedChannel channel = open();

  private EmbeddedChannel open() {
    EmbeddedChannel fresh =
        new EmbeddedChannel(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel made) {
                made.config().setAllocator(allocator);
                connection.install(made.pipeline());
              }
            });
    fresh.freezeTime();
    return fresh;
  }

  @AfterEach
  void keepsNothing() {
    channel.finishAndReleaseAll();
    assertThat(connections.size()).isZero();
    assertThat(connections.bytes()).isZero();
    assertThat(allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory())
        .isZero();
  }

  private void greet() {
    greet(new Hello(2, "device", "ab"));
  }

  private void greet(Hello hello) {
    frames.shareDigests(hello.modelDigests());
    send(frames.write(allocator, hello));
    assertThat(said()).singleElement().isInstanceOf(Welcome.class);
  }

  private void send(ByteBuf bytes) {
    channel.writeInbound(bytes);
    channel.runPendingTasks();
  }

  private ByteBuf infer(long id, int bytes, long leftNanos, SendStamp sent) {
    Infer request =
        new Infer(
            id, "ab", 1, "f32", ExitRule.NONE, leftNanos, 0, List.of(ByteBuffer.allocate(bytes)));
    return frames.writeInfer(allocator, InferHeader.of(request, id, leftNanos, sent));
  }

  private ByteBuf infer(long id, int bytes) {
    return infer(id, bytes, 0, SendStamp.UNKNOWN);
  }

  private ByteBuf data(long id, byte... bytes) {
    return frames.writeData(allocator, id, ByteBuffer.wrap(bytes), bytes.length);
  }

  /** Returns what the worker has said since the last call. */
  private List<Message> said() {
    channel.runPendingTasks();
    EmbeddedChannel reader = new EmbeddedChannel(new FrameDecoder(() -> 0, 0));
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      reader.writeInbound(out);
    }
    List<Message> messages = new ArrayList<>();
    for (Frame frame = reader.readInbound(); frame != null; frame = reader.readInbound()) {
      try {
        messages.add(frames.read(FrameType.message(frame.type()).orElseThrow(), frame));
      } catch (dev.sluice.protocol.message.ProtocolException broken) {
        throw new AssertionError(broken);
      } finally {
        frame.body().release();
      }
    }
    return messages;
  }

  private void assertRefused(long requestId, ErrorCode code) {
    assertThat(said())
        .singleElement()
        .isInstanceOfSatisfying(
            Refusal.class,
            refusal -> {
              assertThat(refusal.requestId()).isEqualTo(requestId);
              assertThat(refusal.code()).isEqualTo(code);
            });
  }

  /** The connection is refused for it, and what follows is not looked at. */
  private void assertEnds(ErrorCode code) {
    assertRefused(0, code);
    send(infer(1_000, 0));
    assertThat(received).extracting(Infer::requestId).doesNotContain(1_000L);
    assertThat(said()).isEmpty();
  }

  private static Answer answer(long id) {
    return new Answer(
        id,
        1,
        List.of(new ClassScore(3, 0.5f)),
        0.5,
        new WorkerStamps(1, 2, 3, 4, 5),
        LoadReport.IDLE);
  }

  @Test
  void assemblesRequestsWhoseDataInterleaves() {
    greet();
    send(infer(1, 4));
    send(infer(2, 3));
    send(data(1, (byte) 1));
    send(data(2, (byte) 9, (byte) 8));
    send(data(1, (byte) 2, (byte) 3, (byte) 4));
    send(data(2, (byte) 7));
    assertThat(received).extracting(Infer::requestId).containsExactly(1L, 2L);
    assertThat(received.get(0).payloads())
        .containsExactly(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}));
    assertThat(received.get(1).payloads()).containsExactly(ByteBuffer.wrap(new byte[] {9, 8, 7}));
  }

  @Test
  void handsNothingOverOfAConversationCutAtAnyByte() {
    greet();
    ByteBuf whole = allocator.buffer();
    for (ByteBuf part : List.of(infer(1, 2), data(1, (byte) 5, (byte) 6))) {
      whole.writeBytes(part);
      part.release();
    }
    byte[] bytes = ByteBufUtil.getBytes(whole);
    whole.release();
    for (int i = 0; i < bytes.length - 1; i++) {
      send(allocator.buffer(1).writeByte(bytes[i]));
      assertThat(received).as("after %d of %d bytes", i + 1, bytes.length).isEmpty();
    }
    send(allocator.buffer(1).writeByte(bytes[bytes.length - 1]));
    assertThat(received).hasSize(1);
  }

  @Test
  void refusesAReplayedRequestId() {
    greet();
    send(infer(5, 0));
    assertThat(received).hasSize(1);
    send(infer(5, 0));
    assertEnds(ErrorCode.MALFORMED);
    assertThat(received).hasSize(1);
  }

  @Test
  void refusesARequestIdThatDoesNotAscend() {
    greet();
    send(infer(5, 0));
    send(infer(4, 0));
    assertEnds(ErrorCode.MALFORMED);
  }

  @Test
  void refusesDataOfARequestThatWasNeverMade() {
    greet();
    send(data(7, (byte) 1));
    assertEnds(ErrorCode.MALFORMED);
  }

  @Test
  void refusesACancelOfARequestThatWasNeverMade() {
    greet();
    send(frames.write(allocator, new Cancel(7)));
    assertEnds(ErrorCode.MALFORMED);
  }

  @Test
  void refusesDataBeyondWhatWasAnnounced() {
    greet();
    send(infer(1, 2));
    send(data(1, (byte) 1, (byte) 2, (byte) 3));
    assertEnds(ErrorCode.MALFORMED);
    assertThat(received).isEmpty();
  }

  @Test
  void refusesRequestsBeforeTheHelloAndASecondHello() {
    send(infer(1, 0));
    assertEnds(ErrorCode.MALFORMED);
  }

  @Test
  void refusesASecondHello() {
    greet();
    send(frames.write(allocator, new Hello(2, "again", "")));
    assertEnds(ErrorCode.MALFORMED);
  }

  @Test
  void refusesAPeerThatSpeaksNoVersionInCommon() {
    ByteBuf hello = frames.write(allocator, new Hello(2, "old", ""));
    hello.setShortLE(Frame.HEADER_BYTES + 4, 1);
    send(hello);
    assertRefused(0, ErrorCode.UNSUPPORTED_VERSION);
  }

  @Test
  void refusesMessagesThatOnlyWorkersSend() {
    greet();
    send(frames.write(allocator, new Partial(1, 0, List.of(new ClassScore(1, 1)), 1)));
    assertEnds(ErrorCode.MALFORMED);
  }

  @Test
  void refusesOneRequestThatIsTooLargeAndIgnoresItsData() {
    greet();
    send(infer(1, 10_001));
    assertRefused(1, ErrorCode.TOO_LARGE);
    send(data(1, (byte) 1));
    send(infer(2, 0));
    assertThat(received).extracting(Infer::requestId).containsExactly(2L);
  }

  private ByteBuf infer(long id, String digest, String codec, int bytes) {
    Infer request =
        new Infer(id, digest, 1, codec, ExitRule.NONE, 0, 0, List.of(ByteBuffer.allocate(bytes)));
    return frames.writeInfer(allocator, InferHeader.of(request, id, 0, SendStamp.UNKNOWN));
  }

  @Test
  void refusesByTheHeadWhatItsHandlerWillNeverDoAndKeepsNothingOfItsData() {
    greet();
    send(infer(1, 2));
    send(infer(2, "elsewhere", "f32", 9_000));
    assertThat(said()).containsExactly(new Refusal(2, ErrorCode.UNKNOWN_MODEL, "not here", 7));
    assertThat(connections.bytes()).isEqualTo(2);
    long held = allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory();
    for (int i = 0; i < 3; i++) {
      send(data(2, new byte[3_000]));
      if (i < 2) {
        send(data(1, (byte) i));
      }
      assertThat(allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory())
          .isEqualTo(held);
    }
    send(frames.write(allocator, new Cancel(2)));
    assertThat(said()).isEmpty();
    assertThat(received).extracting(Infer::requestId).containsExactly(1L);
    assertThat(cancelled).isEmpty();
  }

  @Test
  void takesNoCreditForWhatItRefusesByTheHead() {
    greet();
    for (long id = 1; id <= 9; id++) {
      send(infer(id, "elsewhere", "f32", 9_000));
      assertRefused(id, ErrorCode.UNKNOWN_MODEL);
    }
    send(infer(10, 10_000));
    send(infer(11, 10_000));
    send(infer(12, 1));
    assertRefused(12, ErrorCode.OVERLOADED);
    send(infer(13, "elsewhere", "f32", 1));
    assertRefused(13, ErrorCode.UNKNOWN_MODEL);
  }

  @Test
  void answersInternalWhenItsHandlerFailsAtAHead() {
    greet();
    send(infer(1, "ab", "broken", 5));
    assertRefused(1, ErrorCode.INTERNAL);
    send(infer(2, 0));
    assertThat(received).extracting(Infer::requestId).containsExactly(2L);
  }

  @Test
  void refusesWhatExceedsTheCreditAndGivesItBackWithTheAnswer() {
    greet();
    send(infer(1, 10_000));
    send(infer(2, 10_000));
    send(infer(3, 1));
    assertRefused(3, ErrorCode.OVERLOADED);
    send(frames.write(allocator, new Cancel(1)));
    send(infer(4, 1));
    send(data(4, (byte) 1));
    send(infer(5, 0));
    send(infer(6, 0));
    assertRefused(6, ErrorCode.OVERLOADED);
    responders.get(0).answer(answer(4));
    assertThat(said()).singleElement().isInstanceOf(Answer.class);
    send(infer(7, 0));
    assertThat(received).extracting(Infer::requestId).containsExactly(4L, 5L, 7L);
  }

  @Test
  void refusesWhatAllConnectionsTogetherMayNotHold() {
    greet();
    assertThat(connections.reserve(20_000)).isTrue();
    send(infer(1, 6_000));
    assertRefused(1, ErrorCode.OVERLOADED);
    connections.free(20_000);
    send(infer(2, 6_000));
    assertThat(said()).isEmpty();
  }

  @Test
  void countsTheTimeThatARequestSpentInTheNetwork() {
    greet();
    long sent = clock.get() - 80_000_000;
    send(infer(1, 1, 100_000_000, new SendStamp(sent, 1_000_000)));
    send(data(1, (byte) 1));
    assertThat(stamps.get(0).deadline())
        .isEqualTo(new Deadline(true, sent + 100_000_000, 1_000_000));
    send(infer(2, 1, 70_000_000, new SendStamp(sent, 1_000_000)));
    assertRefused(2, ErrorCode.DEADLINE_PASSED);
  }

  @Test
  void doesNotDropWhatMayStillBeInTimeForAllThatIsKnownOfTheClocks() {
    greet();
    long sent = clock.get() - 80_000_000;
    send(infer(1, 0, 70_000_000, new SendStamp(sent, 15_000_000)));
    assertThat(received).hasSize(1);
  }

  @Test
  void countsFromTheFirstByteWhereTheClocksAreUnknownOrSayWhatCannotBe() {
    greet();
    send(infer(1, 0, 50, SendStamp.UNKNOWN));
    send(infer(2, 0, 50, new SendStamp(clock.get() + 3, 9)));
    send(infer(3, 0, 50, new SendStamp(clock.get() - 3_601 * SECOND, 4_000 * SECOND)));
    Deadline counted = new Deadline(true, clock.get() + 50, 0);
    assertThat(stamps)
        .extracting(ReceiveStamps::deadline)
        .containsExactly(counted, counted, counted);
  }

  @Test
  void endsARequestWhoseDeadlinePassesBeforeItsDataHasCome() {
    greet();
    send(infer(1, 3, SECOND, SendStamp.UNKNOWN));
    send(infer(2, 3, SECOND, SendStamp.UNKNOWN));
    send(data(1, (byte) 1));
    clock.addAndGet(SECOND + 1);
    send(data(1, (byte) 2));
    assertRefused(1, ErrorCode.DEADLINE_PASSED);
    pass(5);
    assertRefused(2, ErrorCode.DEADLINE_PASSED);
    assertThat(connections.bytes()).isZero();
  }

  @Test
  void closesARefusedPeerThatDoesNotRead() {
    greet();
    channel
        .pipeline()
        .addFirst(
            new ChannelOutboundHandlerAdapter() {
              @Override
              public void write(ChannelHandlerContext c, Object bytes, ChannelPromise never) {
                ReferenceCountUtil.release(bytes);
              }
            });
    send(frames.write(allocator, new Hello(2, "device", "ab")));
    pass(3);
    assertThat(channel.isOpen()).isTrue();
    pass(3);
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void dropsARequestWhoseDeadlinePassesWhileItComesIn() {
    greet();
    send(infer(1, 2, SECOND, SendStamp.UNKNOWN));
    send(data(1, (byte) 1));
    clock.addAndGet(SECOND + 1);
    send(data(1, (byte) 2));
    assertRefused(1, ErrorCode.DEADLINE_PASSED);
    assertThat(received).isEmpty();
  }

  @Test
  void tellsHowTheDataWasSpreadOverTime() {
    greet();
    send(infer(1, 6));
    send(data(1, (byte) 1, (byte) 2));
    clock.addAndGet(30_000_000);
    send(frames.write(allocator, new Ping(5)));
    clock.addAndGet(10_000_000);
    send(data(1, (byte) 3, (byte) 4, (byte) 5, (byte) 6));
    said();
    responders.get(0).answer(answer(1));
    Answer told = (Answer) said().get(0);
    int pingBytes = 24;
    assertThat(told.arrival())
        .isEqualTo(new Arrival(pingBytes + Frame.HEADER_BYTES + 4, 40_000_000));
    assertThat(told.stamps().replyNanos()).isEqualTo(clock.get());
  }

  @Test
  void throwsPaddingAway() {
    greet();
    send(data(0, new byte[4_000]));
    assertThat(said()).isEmpty();
    assertThat(received).isEmpty();
  }

  @Test
  void tellsPartialAnswersBeforeTheAnswerAndNoneAfterIt() {
    greet();
    send(infer(1, 0));
    Partial partial = new Partial(1, 0, List.of(new ClassScore(2, 0.25f)), 0.25);
    responders.get(0).partial(partial);
    responders.get(0).answer(answer(1));
    responders.get(0).partial(partial);
    List<Message> said = said();
    assertThat(said).hasSize(2);
    assertThat(said.get(0)).isEqualTo(partial);
    assertThat(said.get(1)).isInstanceOf(Answer.class);
  }

  @Test
  void tellsOfLoadOnlyWhoAskedAndIsInterestedWhenItHasChanged() {
    greet(new Hello(2, "device", List.of("ab"), "", List.of(), List.of(Features.LOAD)));
    LoadReport busy = new LoadReport(9, 1, 1);
    connection.tellLoad(busy);
    assertThat(said()).isEmpty();
    send(infer(1, 0));
    connection.tellLoad(busy);
    connection.tellLoad(new LoadReport(10, 1, 1));
    assertThat(said()).containsExactly(new Load(busy));
    clock.addAndGet(20 * SECOND);
    connection.tellLoad(LoadReport.IDLE);
    assertThat(said()).isEmpty();
  }

  @Test
  void finishesWhatItHasAndTakesNothingNewBeforeItLeaves() {
    greet();
    send(infer(1, 0));
    send(infer(2, 1));
    connection.drain("deploy", 5 * SECOND);
    assertThat(said()).containsExactly(new Goodbye("deploy", 2, 5 * SECOND));
    send(infer(3, 0));
    assertRefused(3, ErrorCode.DRAINING);
    responders.get(0).answer(answer(1));
    assertThat(said()).hasSize(1);
    send(data(2, (byte) 1));
    assertThat(channel.isOpen()).isTrue();
    responders.get(1).answer(answer(2));
    List<Message> last = said();
    assertThat(last).hasSize(2);
    assertThat(last.get(1)).isEqualTo(new Goodbye("deploy"));
    assertThat(channel.isOpen()).isFalse();
  }

  private void pass(long seconds) {
    for (long i = 0; i < seconds; i++) {
      clock.addAndGet(SECOND);
      channel.advanceTimeBy(1, TimeUnit.SECONDS);
      channel.runScheduledPendingTasks();
    }
  }

  @Test
  void givesUpAFrameThatComesByteByByteAndWithItTheConnection() {
    greet();
    ByteBuf ping = frames.write(allocator, new Ping(1));
    int sent = 0;
    List<Message> said = new ArrayList<>();
    while (sent < 60 && !(said.size() > 1)) {
      send(ping.readRetainedSlice(Math.min(1, ping.readableBytes() - 1)));
      pass(1);
      sent++;
      said.addAll(said());
    }
    ping.release();
    assertThat(sent).isBetween(20, 26);
    assertThat(said.get(0)).isEqualTo(new Ping(0));
    assertThat(said.get(1))
        .isInstanceOfSatisfying(
            Refusal.class, refusal -> assertThat(refusal.code()).isEqualTo(ErrorCode.TOO_SLOW));
  }

  @Test
  void givesUpARequestThatComesByteByByteAndGoesOnWithTheRest() {
    greet();
    send(infer(1, 4_096));
    int sent = 0;
    List<Message> said = new ArrayList<>();
    while (sent < 200 && said.isEmpty()) {
      send(data(1, (byte) 1));
      pass(1);
      sent++;
      said.addAll(said());
    }
    assertThat(sent).isBetween(60, 90);
    assertThat(said)
        .singleElement()
        .isInstanceOfSatisfying(
            Refusal.class,
            refusal -> {
              assertThat(refusal.requestId()).isEqualTo(1);
              assertThat(refusal.code()).isEqualTo(ErrorCode.TOO_SLOW);
            });
    send(infer(2, 0));
    assertThat(received).extracting(Infer::requestId).containsExactly(2L);
    assertThat(connections.bytes()).isZero();
  }

  @Test
  void asksAQuietPeerOnceAndClosesWhenItDoesNotAnswer() {
    greet();
    pass(20);
    assertThat(said()).containsExactly(new Ping(0));
    assertThat(channel.isOpen()).isTrue();
    pass(20);
    assertThat(said()).isEmpty();
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void takesAPlaceUntilItIsWelcomedAndOneOnly() {
    assertThat(connections.ungreeted().addresses()).isOne();
    greet();
    assertThat(connections.ungreeted().addresses()).isZero();
    channel.close();
    String here = Ungreeted.addressOf(channel.remoteAddress());
    for (int i = 0; i < Ungreeted.MAX_PER_ADDRESS; i++) {
      assertThat(connections.ungreeted().enter(here)).isTrue();
    }
    assertThat(connections.ungreeted().enter(here)).isFalse();
  }

  @Test
  void closesAPeerThatNeverSaysHello() {
    pass(6);
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void ignoresWhatIsSaidOfACancelledRequest() {
    greet();
    send(infer(1, 0));
    send(frames.write(allocator, new Cancel(1)));
    assertThat(cancelled).containsExactly(1L);
    responders.get(0).partial(new Partial(1, 0, List.of(new ClassScore(2, 0.25f)), 0.25));
    responders.get(0).answer(answer(1));
    assertThat(said()).isEmpty();
  }
}
