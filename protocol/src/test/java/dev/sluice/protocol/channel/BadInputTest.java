package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import com.esotericsoftware.kryo.io.Output;
import dev.sluice.protocol.frame.Frame;
import dev.sluice.protocol.frame.FrameType;
import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Arrival;
import dev.sluice.protocol.message.Cancel;
import dev.sluice.protocol.message.ClassScore;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitOrder;
import dev.sluice.protocol.message.ExitProgress;
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
import dev.sluice.protocol.message.MessageType;
import dev.sluice.protocol.message.Partial;
import dev.sluice.protocol.message.Ping;
import dev.sluice.protocol.message.Pong;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.SendStamp;
import dev.sluice.protocol.message.Welcome;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table "Bad input" of docs/protocol.md, row by row, on the side that it comes to: each ends in
 * its error, at its scope, and nothing is kept.
 */
class BadInputTest {
  private static final long SECOND = 1_000_000_000L;
  private static final Limits LIMITS = new Limits(1_024, 4_096, 3);
  private static final LoadReport BUSY = new LoadReport(3, 0.5, 2);
  private static final ByteBufAllocator HEAP = new UnpooledByteBufAllocator(false);

  // --- messages, as each side sends them --------------------------------------------------------

  private static RawFrame raw(ByteBuf frame) {
    return RawFrame.split(frame).get(0);
  }

  private static RawFrame raw(Message message) {
    return raw(new MessageFrames().write(HEAP, message));
  }

  private static RawFrame hello() {
    return raw(
        new Hello(
            2, "dévice", List.of("ab", "cd"), "secret", List.of("f32"), List.of(Features.LOAD)));
  }

  private static RawFrame infer(long id, int... payloads) {
    ExitRule rule =
        ExitRule.listed(
            List.of(
                new ExitOrder(1, ExitOrder.PATIENCE, List.of(2.0)),
                new ExitOrder(2, ExitOrder.PER_CLASS, List.of(0.5, Double.POSITIVE_INFINITY))),
            new ExitProgress(4, 1));
    List<Integer> sizes = Arrays.stream(payloads).boxed().toList();
    SendStamp sent = new SendStamp(5, 100);
    return raw(
        new MessageFrames()
            .writeInfer(HEAP, new InferHeader(id, "ab", 1, "f32", rule, 0, 3, true, sent, sizes)));
  }

  private static RawFrame data(long id, int bytes) {
    return new RawFrame(FrameType.DATA, 0, id, new byte[bytes]);
  }

  static Stream<RawFrame> saidByDevices() {
    return Stream.of(
        hello(),
        infer(1, 3, 2),
        raw(new Cancel(1)),
        raw(new Ping(7)),
        raw(new Pong(7, 8, BUSY)),
        raw(new Goodbye("night", 3, 5)));
  }

  static Stream<RawFrame> saidByWorkers() {
    return Stream.of(
        raw(
            new Welcome(
                2, "wörker", LIMITS, BUSY, List.of("ab"), List.of("f32"), List.of("partials"))),
        raw(Sessions.answer(1).arrivedAs(new Arrival(70, 80))),
        raw(new Refusal(1, ErrorCode.OVERLOADED, "later", 9)),
        raw(new Partial(1, 2, List.of(new ClassScore(3, 0.5f)), 0.5)),
        raw(new Load(BUSY)),
        raw(new Ping(7)),
        raw(new Pong(7, 8, BUSY)),
        raw(new Goodbye("night", 3, 5)));
  }

  static Stream<RawFrame> saidByDevicesOnly() {
    return saidByDevices().filter(frame -> !isForBoth(frame));
  }

  static Stream<RawFrame> saidByWorkersOnly() {
    return saidByWorkers().filter(frame -> !isForBoth(frame));
  }

  private static boolean isForBoth(RawFrame frame) {
    return frame.type() == MessageType.PING.wireId()
        || frame.type() == MessageType.PONG.wireId()
        || frame.type() == MessageType.GOODBYE.wireId();
  }

  private static boolean greets(RawFrame frame) {
    return frame.type() == MessageType.HELLO.wireId()
        || frame.type() == MessageType.WELCOME.wireId();
  }

  // --- bytes that are bad on both sides ---------------------------------------------------------

  /** Bytes, and what they are refused with by a worker. */
  private record Bad(String what, byte[] bytes, ErrorCode code) {
    @Override
    public String toString() {
      return what;
    }
  }

  private static Bad header(String what, int claims, int type, long requestId, ErrorCode code) {
    ByteBuf out = Unpooled.buffer();
    Frame.writeHeader(out, type, requestId, claims);
    return new Bad(what, Arrays.copyOf(out.array(), Frame.HEADER_BYTES), code);
  }

  private static Bad message(String what, MessageType type, byte[] body) {
    return new Bad(
        what, RawFrame.join(List.of(new RawFrame(type.wireId(), 0, 0, body))), ErrorCode.MALFORMED);
  }

  private static Bad ping(String what, byte[] body) {
    return message(what, MessageType.PING, body);
  }

  private static Bad goodbye(String what, byte[] body) {
    return message(what, MessageType.GOODBYE, body);
  }

  private static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits);
  }

  private static byte[] className() {
    Output name = new Output(200);
    name.writeVarInt(1, true);
    name.writeVarInt(0, true);
    name.writeString("java.util.HashMap");
    return name.toBytes();
  }

  static Stream<Bad> badBytes() {
    int pingType = MessageType.PING.wireId();
    Stream<Bad> types =
        Stream.of(0, 12, 15, 17, 255)
            .map(type -> header("type " + type, 0, type, 0, ErrorCode.MALFORMED));
    return Stream.concat(
        types,
        Stream.of(
            header("8,193 bytes of control frame", 8_193, pingType, 0, ErrorCode.TOO_LARGE),
            header("4 GiB of control frame", -1, pingType, 0, ErrorCode.TOO_LARGE),
            header("2 GiB of data", Integer.MAX_VALUE, FrameType.DATA, 0, ErrorCode.TOO_LARGE),
            header("4 GiB of data", -1, FrameType.DATA, 0, ErrorCode.TOO_LARGE),
            header("a request id of 2^63", 0, pingType, Long.MIN_VALUE, ErrorCode.MALFORMED),
            header("data without data", 0, FrameType.DATA, 0, ErrorCode.MALFORMED),
            ping("a class that is not registered", hex("c801010000000000000000")),
            ping("another class than announced", hex("1800")),
            ping("Kryo's own String of 2 GiB", hex("03ffffffff07")),
            ping("the name of a class", className()),
            ping("null", hex("00")),
            ping("nothing", new byte[0]),
            ping("a field too few", hex("1900")),
            ping("a byte too many", hex("1901080706050403020100")),
            goodbye("a text of 2 GiB", hex("1b01ffffffff07")),
            goodbye("a text of -1 bytes", hex("1b01ffffffff0f")),
            goodbye("a text that is longer than its rest", hex("1b010361")),
            goodbye("a text that is longer than it may be", hex("1b018108" + "61".repeat(1_025))),
            goodbye("a text that is not UTF-8", hex("1b0102c328")),
            goodbye("a number below its range", hex("1b030000" + "ff".repeat(9))),
            new Bad("HTTP", "GET / HTTP/1.1\r\n\r\n".getBytes(), ErrorCode.MALFORMED)));
  }

  // --- the worker's side ------------------------------------------------------------------------

  /** A worker's connection on a clock of its own. */
  private static final class Worker implements AutoCloseable {
    final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
    final Connections connections;
    final List<Infer> received = new ArrayList<>();
    final List<Long> cancelled = new ArrayList<>();
    private final AtomicLong clock = new AtomicLong(1_000 * SECOND);
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final ByteBuf written = Unpooled.buffer();
    private int read;

    Worker() {
      this(new Connections(LIMITS.maxPayloadBytes() * 10L));
    }

    Worker(Connections connections) {
      this.connections = connections;
      channel.config().setAllocator(allocator);
      channel.freezeTime();
      RequestHandler handler =
          new RequestHandler() {
            @Override
            public void onInfer(Infer request, ReceiveStamps stamps, Responder responder) {
              received.add(request);
            }

            @Override
            public void onCancel(Responder responder) {
              cancelled.add(responder.requestId());
            }
          };
      new ServerConnection(
              1,
              ServerOptions.on("127.0.0.1", 0, "tested")
                  .withLimits(LIMITS, 4)
                  .withClock(clock::get),
              handler,
              connections)
          .install(channel.pipeline());
      channel.pipeline().fireChannelActive();
    }

    Worker greeted() throws Exception {
      say(hello());
      assertThat(said()).singleElement().isInstanceOf(Welcome.class);
      return this;
    }

    void say(RawFrame... frames) {
      say(RawFrame.join(List.of(frames)));
    }

    void say(byte... bytes) {
      channel.writeInbound(allocator.buffer(bytes.length).writeBytes(bytes));
      channel.runPendingTasks();
    }

    void pass(long nanos) {
      clock.addAndGet(nanos);
      channel.advanceTimeBy(nanos, TimeUnit.NANOSECONDS);
      channel.runPendingTasks();
    }

    List<Message> said() throws Exception {
      for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
        written.writeBytes(out);
        out.release();
      }
      List<Message> all = Sessions.read(RawFrame.split(written.duplicate()));
      List<Message> fresh = all.subList(read, all.size());
      read = all.size();
      return fresh;
    }

    void assertRefused(String what, long requestId, ErrorCode code) throws Exception {
      assertThat(said())
          .as(what)
          .singleElement()
          .isInstanceOfSatisfying(
              Refusal.class,
              refusal -> {
                assertThat(refusal.requestId()).as(what).isEqualTo(requestId);
                assertThat(refusal.code()).as("%s: %s", what, refusal).isEqualTo(code);
              });
    }

    /** The connection is refused, deaf from then on, and closed soon. */
    void assertEnds(String what, ErrorCode code) throws Exception {
      assertRefused(what, 0, code);
      say(infer(1_000, 0));
      assertThat(said()).as(what).isEmpty();
      assertThat(received).as(what).isEmpty();
      pass(SECOND / 2);
      assertThat(channel.isOpen()).as(what).isFalse();
    }

    long heldBytes() {
      return allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory();
    }

    @Override
    public void close() {
      channel.finishAndReleaseAll();
      assertThat(connections.bytes()).isZero();
      assertThat(heldBytes()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("saidByDevices")
  void aWorkerEndsAConnectionForAMessageCutAtAnyByte(RawFrame whole) throws Exception {
    for (int length = 0; length < whole.body().length; length++) {
      try (Worker worker = new Worker()) {
        if (!greets(whole)) {
          worker.greeted();
        }
        worker.say(whole.withBody(Arrays.copyOf(whole.body(), length)));
        worker.assertEnds(length + " bytes of " + whole, ErrorCode.MALFORMED);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("badBytes")
  void aWorkerEndsAConnectionForBadBytes(Bad bad) throws Exception {
    try (Worker worker = new Worker().greeted()) {
      worker.say(bad.bytes());
      // Only what it says of this, however much was claimed.
      assertThat(worker.heldBytes()).isLessThan(2_048);
      worker.assertEnds(bad.what(), bad.code());
    }
  }

  @ParameterizedTest
  @MethodSource("saidByWorkersOnly")
  void aWorkerEndsAConnectionForWhatOnlyWorkersSay(RawFrame message) throws Exception {
    try (Worker worker = new Worker().greeted()) {
      worker.say(message);
      worker.assertEnds(message.toString(), ErrorCode.MALFORMED);
    }
  }

  @Test
  void aWorkerRefusesARequestWhosePayloadsOverflowTogetherAndGoesOn() throws Exception {
    int[] many = new int[64];
    Arrays.fill(many, Integer.MAX_VALUE);
    try (Worker worker = new Worker().greeted()) {
      // The sum is 2^32 - 2 and 2^37 - 64: as an int, -2 and -64.
      worker.say(infer(1, Integer.MAX_VALUE, Integer.MAX_VALUE));
      worker.assertRefused("two payloads", 1, ErrorCode.TOO_LARGE);
      worker.say(infer(2, many));
      worker.assertRefused("64 payloads", 2, ErrorCode.TOO_LARGE);
      worker.say(infer(3, 1, 1), data(1, 100), data(2, 1_024), data(3, 2));
      assertThat(worker.received).extracting(Infer::requestId).containsExactly(3L);
    }
  }

  @Test
  void aWorkerKeepsNoMoreOfARequestThanHasCome() throws Exception {
    try (Worker worker = new Worker().greeted()) {
      worker.say(infer(1, 4_096));
      assertThat(worker.heldBytes()).isLessThan(1_024);
      assertThat(worker.connections.bytes()).isEqualTo(4_096);
      worker.say(raw(new Cancel(1)));
      assertThat(worker.connections.bytes()).isZero();
    }
  }

  @Test
  void aWorkerTakesNoIdsOfOtherConnections() throws Exception {
    Connections both = new Connections(100_000);
    try (Worker other = new Worker(both).greeted()) {
      other.say(infer(1, 0), infer(2, 0), infer(3, 5));
      for (RawFrame foreign : List.of(raw(new Cancel(2)), data(3, 5))) {
        Worker stranger = new Worker(both).greeted();
        stranger.say(foreign);
        stranger.assertEnds("an id of another connection", ErrorCode.MALFORMED);
      }
      assertThat(other.cancelled).isEmpty();
      other.say(data(3, 5));
      assertThat(other.received).extracting(Infer::requestId).containsExactly(1L, 2L, 3L);
    }
  }

  @Test
  void aWorkerDoesNotWaitForAHelloThatComesByteByByte() throws Exception {
    byte[] hello = RawFrame.join(List.of(hello()));
    try (Worker worker = new Worker()) {
      int sent = 0;
      while (sent < hello.length - 1 && worker.channel.isOpen()) {
        worker.say(hello[sent++]);
        worker.pass(SECOND);
      }
      assertThat(sent).isEqualTo(5);
      assertThat(worker.said()).isEmpty();
    }
  }

  // --- the device's side ------------------------------------------------------------------------

  /** A device's link with one request under way, and the worker's end of its connection. */
  private static final class Device implements AutoCloseable {
    final SimulatedLink client =
        new SimulatedLink(ClientOptions.to("127.0.0.1", 7411, Sessions.DIGEST, "test"));
    final SimulatedLink.Line line = client.lastLine();
    final List<CloudOutcome> outcomes = new ArrayList<>();

    Device greeted() {
      line.welcome(LIMITS);
      send(1, 10);
      assertThat(line.requests()).containsExactly(1L);
      return this;
    }

    void send(long id, int bytes) {
      Infer infer =
          new Infer(id, "ab", 1, "f32", ExitRule.NONE, 0, 0, List.of(ByteBuffer.allocate(bytes)));
      client.link.send(infer.withPartials(), outcomes::add, partial -> {});
      client.settle();
    }

    /** The connection is closed, and its request lost, once. */
    void assertEnds(String what, LinkTrouble trouble) {
      assertThat(line.channel.isOpen()).as(what).isFalse();
      assertThat(client.events.troubles).as(what).containsExactly(trouble);
      assertThat(client.link.state()).as(what).isEqualTo(LinkState.DOWN);
      assertThat(outcomes)
          .as(what)
          .hasSize(trouble == LinkTrouble.LOST ? 1 : 0)
          .allMatch(CloudOutcome.LinkLost.class::isInstance);
    }

    /** The same when time has passed since: it has called again. */
    void assertLost() {
      assertThat(client.events.troubles).startsWith(LinkTrouble.LOST);
      assertThat(outcomes).singleElement().isInstanceOf(CloudOutcome.LinkLost.class);
    }

    @Override
    public void close() {
      client.close();
      assertThat(line.heldBytes()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("saidByWorkers")
  void aDeviceEndsAConnectionForAMessageCutAtAnyByte(RawFrame whole) {
    for (int length = 0; length < whole.body().length; length++) {
      try (Device device = new Device()) {
        if (!greets(whole)) {
          device.greeted();
        }
        device.line.say(
            RawFrame.join(List.of(whole.withBody(Arrays.copyOf(whole.body(), length)))));
        device.assertEnds(
            length + " bytes of " + whole,
            greets(whole) ? LinkTrouble.NOT_A_WORKER : LinkTrouble.LOST);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("badBytes")
  void aDeviceEndsAConnectionForBadBytes(Bad bad) {
    try (Device device = new Device().greeted()) {
      long held = device.line.heldBytes();
      device.line.say(bad.bytes());
      assertThat(device.line.heldBytes() - held).isLessThan(1_024);
      device.assertEnds(bad.what(), LinkTrouble.LOST);
    }
  }

  @ParameterizedTest
  @MethodSource("saidByDevicesOnly")
  void aDeviceEndsAConnectionForWhatOnlyDevicesSay(RawFrame message) {
    try (Device device = new Device().greeted()) {
      device.line.say(RawFrame.join(List.of(message)));
      device.assertEnds(message.toString(), LinkTrouble.LOST);
    }
  }

  @Test
  void aDeviceIgnoresRepliesToForeignRequestsAndTheSecondOnes() {
    try (Device device = new Device().greeted()) {
      for (Message stray :
          List.of(
              Sessions.answer(2),
              Sessions.answer(Long.MAX_VALUE),
              new Partial(2, 1, List.of(new ClassScore(1, 1)), 1),
              new Refusal(2, ErrorCode.INTERNAL, "no such request", 0))) {
        device.line.say(stray);
      }
      assertThat(device.outcomes).isEmpty();
      device.line.say(Sessions.answer(1));
      device.line.say(Sessions.answer(1));
      device.line.say(new Refusal(1, ErrorCode.INTERNAL, "after all", 0));
      assertThat(device.outcomes).singleElement().isInstanceOf(CloudOutcome.Answered.class);
      assertThat(device.client.link.ignoredReplies()).isEqualTo(6);
      assertThat(device.client.link.state()).isEqualTo(LinkState.UP);
    }
  }

  @Test
  void aDeviceDoesNotWaitForAReplyThatComesByteByByte() {
    byte[] answer = RawFrame.join(List.of(raw(Sessions.answer(1))));
    try (Device device = new Device().greeted()) {
      int sent = 0;
      while (sent < answer.length && device.line.channel.isOpen()) {
        device.line.say(answer[sent++]);
        device.client.pass(SECOND);
      }
      assertThat(sent).isBetween(10, 12);
      assertThat(device.client.events.states).contains(LinkState.SILENT);
      device.assertLost();
    }
  }

  @Test
  void aDeviceDoesNotWaitForAWelcomeThatComesByteByByte() {
    byte[] welcome = RawFrame.join(List.of(raw(new Welcome(2, "slow", LIMITS, BUSY))));
    try (Device device = new Device()) {
      int sent = 0;
      while (sent < welcome.length && device.line.channel.isOpen()) {
        device.line.say(welcome[sent++]);
        device.client.pass(SECOND);
      }
      assertThat(sent).isEqualTo(2);
      assertThat(device.client.events.troubles).startsWith(LinkTrouble.NO_GREETING);
    }
  }

  @Test
  void aDeviceGivesAWorkerThatNeverReadsAWindowAndNoMore() {
    try (Device device = new Device()) {
      device.line.welcome(Limits.DEFAULT);
      device.send(1, 1 << 20);
      while (device.line.channel.isOpen()) {
        device.client.pass(SECOND);
      }
      assertThat(device.line.heardBytes()).isLessThan(2 * SendWindow.FIRST_BYTES + 1_024);
      device.assertLost();
    }
  }
}
