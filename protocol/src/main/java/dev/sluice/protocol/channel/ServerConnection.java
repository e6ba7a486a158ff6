package dev.sluice.protocol.channel;

import dev.sluice.protocol.frame.Frame;
import dev.sluice.protocol.frame.FrameDecoder;
import dev.sluice.protocol.frame.FrameType;
import dev.sluice.protocol.frame.Handshake;
import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.Arrival;
import dev.sluice.protocol.message.Cancel;
import dev.sluice.protocol.message.ErrorCode;
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
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.Welcome;
import dev.sluice.protocol.security.ServerSecurity;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderException;
import io.netty.util.collection.LongObjectHashMap;
import io.netty.util.collection.LongObjectMap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection as the worker sees it.
 *
 * <p>All state belongs to the connection's event loop. Other threads only hand replies over through
 * {@link #replies}, and read {@link Reply#isCancelled}.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failed writes and timers end in exceptionCaught or
// channelInactive
final class ServerConnection extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(ServerConnection.class);

  /**
   * How long a refused connection stays open, so that the refusal is read before a reset can
   * overtake it.
   */
  private static final long LINGER_MILLIS = 300;

  /** How long a peer that does not read may keep a connection that is being closed. */
  private static final long MOST_LINGER_MILLIS = 5_000;

  private static final int LEAST_RECEIVE_BYTES = 512;
  private static final int RECEIVE_BYTES = 1 << 12;

  /** A read takes several requests of a fast device: half as many calls into the system. */
  private static final int MAX_RECEIVE_BYTES = 1 << 18;

  /** TLS keeps what was read as long as a record in it is not whole. */
  private static final int MAX_ENCRYPTED_RECEIVE_BYTES = 1 << 16;

  /** Then the next connection has its turn. */
  private static final int RECEIVE_BYTES_A_TURN = 1 << 20;

  private static final int CHECKS_PER_PATIENCE = 4;
  private static final int FLUSH_EVERY = 8;
  private static final long RETRY_AFTER_NANOS = 100_000_000L;
  private static final long RECONNECT_AFTER_NANOS = 1_000_000_000L;

  /** Devices that have asked for nothing for longer hear of load with their next pong. */
  private static final long INTERESTED_NANOS = 10_000_000_000L;

  private enum Phase {
    NEW,
    OPEN,
    CLOSING
  }

  private final long id;
  private final ServerOptions options;
  private final RequestHandler handler;
  private final Connections connections;
  private final ServerSecurity security;
  private final FrameDecoder decoder;
  private final MessageFrames frames = new MessageFrames();

  /** Requests whose data is not all there, and those that wait for their answer. */
  private final LongObjectMap<Assembly> arriving = new LongObjectHashMap<>(4);

  private final LongObjectMap<Reply> inFlight = new LongObjectHashMap<>(4);

  /** What other threads have to say. */
  private final Queue<Said> replies = new ConcurrentLinkedQueue<>();

  private final AtomicBoolean repliesScheduled = new AtomicBoolean();

  private Phase phase = Phase.NEW;

  /** The address under which it counts as not welcomed yet, null if it does not. */
  private @Nullable String ungreetedAt;

  private boolean draining;
  private String drainReason = "";
  private long lastRequestId;
  private long lastRequestNanos;
  private long bytesInFlight;
  private long lastHeardNanos;
  private boolean asked;
  private boolean reading;
  private int unflushed;
  private boolean wantsLoad;
  private LoadReport lastLoad = LoadReport.IDLE;
  private volatile @Nullable ChannelHandlerContext context;

  private record Said(Reply reply, Message message) {}

  ServerConnection(
      long id, ServerOptions options, RequestHandler handler, Connections connections) {
    this.id = id;
    this.options = options;
    this.handler = handler;
    this.connections = connections;
    security = options.security().get();
    decoder = new FrameDecoder(options.nanoClock(), 0);
  }

  void install(ChannelPipeline pipeline) {
    int most = security.isEncrypted() ? MAX_ENCRYPTED_RECEIVE_BYTES : MAX_RECEIVE_BYTES;
    pipeline
        .channel()
        .config()
        .setRecvByteBufAllocator(
            new AdaptiveRecvByteBufAllocator(LEAST_RECEIVE_BYTES, RECEIVE_BYTES, most)
                .maxMessagesPerRead(RECEIVE_BYTES_A_TURN / most));
    pipeline.addLast(decoder, this);
    security.install(pipeline, options.patience().handshakeNanos());
  }

  private long now() {
    return options.nanoClock().getAsLong();
  }

  /** Runs on the event loop, from any thread, once the connection is up. */
  private void onLoop(Consumer<ChannelHandlerContext> task) {
    ChannelHandlerContext c = context;
    if (c != null) {
      c.executor().execute(() -> task.accept(c));
    }
  }

  /** Closes in good order; from any thread. */
  void sayGoodbye(String reason) {
    onLoop(c -> closeWith(c, new Goodbye(reason)));
  }

  /** Finishes what is under way, takes nothing new and closes; from any thread. */
  void drain(String reason, long nanos) {
    onLoop(
        c -> {
          if (phase != Phase.OPEN || draining) {
            return;
          }
          draining = true;
          drainReason = reason;
          send(c, new Goodbye(reason, lastRequestId, Math.max(1, nanos)));
          leaveWhenDrained(c);
        });
  }

  private void leaveWhenDrained(ChannelHandlerContext c) {
    if (draining && phase == Phase.OPEN && inFlight.isEmpty() && arriving.isEmpty()) {
      closeWith(c, new Goodbye(drainReason));
    }
  }

  private void closeWith(ChannelHandlerContext c, Goodbye goodbye) {
    phase = Phase.CLOSING;
    c.writeAndFlush(frames.write(c.alloc(), goodbye)).addListener(ChannelFutureListener.CLOSE);
    closeAtLast(c);
  }

  /** Closes even when the last words are never read. */
  private static void closeAtLast(ChannelHandlerContext c) {
    c.executor().schedule(() -> c.close(), MOST_LINGER_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Tells a device of the worker's load, if it wants to hear and that has changed; any thread. */
  void tellLoad(LoadReport load) {
    onLoop(
        c -> {
          boolean interested =
              wantsLoad
                  && phase == Phase.OPEN
                  && lastRequestId > 0
                  && now() - lastRequestNanos < INTERESTED_NANOS;
          if (interested && c.channel().isWritable() && load.differsFrom(lastLoad)) {
            lastLoad = load;
            send(c, new Load(load));
          }
        });
  }

  private LoadReport load() {
    lastLoad = handler.load();
    return lastLoad;
  }

  @Override
  public void channelActive(ChannelHandlerContext c) throws Exception {
    context = c;
    String address = Ungreeted.addressOf(c.channel().remoteAddress());
    if (!connections.ungreeted().enter(address)) {
      LOG.debug("connection {}: too many have not said Hello, closed", id);
      phase = Phase.CLOSING;
      c.close();
      return;
    }
    ungreetedAt = address;
    c.executor()
        .schedule(
            () -> {
              if (phase == Phase.NEW) {
                c.close();
              }
            },
            options.patience().handshakeNanos(),
            TimeUnit.NANOSECONDS);
    super.channelActive(c);
  }

  @Override
  public void channelRead(ChannelHandlerContext c, Object message) throws Exception {
    Frame frame = (Frame) message;
    reading = true;
    lastHeardNanos = frame.lastByteNanos();
    asked = false;
    try {
      if (phase != Phase.CLOSING) {
        onFrame(c, frame);
      }
    } finally {
      frame.body().release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext c) throws Exception {
    reading = false;
    unflushed = 0;
    c.flush();
    super.channelReadComplete(c);
  }

  private void onFrame(ChannelHandlerContext c, Frame frame) throws ProtocolException {
    if (frame.type() == FrameType.DATA) {
      onData(c, frame);
      return;
    }
    MessageType type =
        FrameType.message(frame.type())
            .orElseThrow(() -> ProtocolException.malformedConnection("unknown frame"));
    if ((phase == Phase.NEW) != (type == MessageType.HELLO)) {
      throw ProtocolException.malformedConnection(type + " out of turn");
    }
    switch (type) {
      case HELLO -> onHello(c, (Hello) frames.read(type, frame));
      case INFER -> onInfer(c, frame);
      case CANCEL -> onCancel(c, ((Cancel) frames.read(type, frame)).requestId());
      case PING -> {
        Ping ping = (Ping) frames.read(type, frame);
        send(c, new Pong(ping.token(), now(), load()));
      }
      case PONG -> frames.read(type, frame);
      case GOODBYE -> onGoodbye(c, (Goodbye) frames.read(type, frame));
      case WELCOME, ANSWER, REFUSAL, PARTIAL, LOAD ->
          throw ProtocolException.malformedConnection(type + " comes from workers only");
    }
  }

  private void onHello(ChannelHandlerContext c, Hello hello) {
    Optional<Refusal> stranger = security.refusal(hello.token(), c.pipeline());
    if (stranger.isPresent()) {
      Refusal why = stranger.get();
      refuseConnection(c, why.code(), why.message(), why.retryAfterNanos());
      return;
    }
    if (connections.isDraining()) {
      refuseConnection(
          c, ErrorCode.DRAINING, "the worker takes nothing new", RECONNECT_AFTER_NANOS);
      return;
    }
    if (connections.size() >= options.maxConnections()) {
      refuseConnection(
          c,
          ErrorCode.OVERLOADED,
          "worker has its " + options.maxConnections() + " connections",
          RECONNECT_AFTER_NANOS);
      return;
    }
    Optional<Refusal> refusal = handler.onHello(hello);
    if (refusal.isPresent()) {
      Refusal why = refusal.get();
      refuseConnection(c, why.code(), why.message(), why.retryAfterNanos());
      return;
    }
    phase = Phase.OPEN;
    connections.add(this);
    if (connections.isDraining()) {
      // It began after this was looked at, and may not have met this connection.
      connections.remove(this);
      refuseConnection(
          c, ErrorCode.DRAINING, "the worker takes nothing new", RECONNECT_AFTER_NANOS);
      return;
    }
    greeted();
    wantsLoad = hello.features().contains(Features.LOAD);
    frames.shareDigests(hello.modelDigests());
    decoder.allowData(options.limits().maxFrameBytes());
    RequestHandler.Offer offer = handler.offer(hello);
    send(
        c,
        new Welcome(
            Math.min(hello.version(), Handshake.VERSION),
            options.workerName(),
            options.limits(),
            load(),
            offer.modelDigests(),
            offer.codecs(),
            offer.features()));
    scheduleChecks(c);
    LOG.debug("connection {}: {} from {}", id, hello.clientName(), c.channel().remoteAddress());
  }

  private void scheduleChecks(ChannelHandlerContext c) {
    ServerOptions.Patience patience = options.patience();
    long least =
        Math.min(
            patience.idleAfterNanos(), Math.min(patience.frameNanos(), patience.requestNanos()));
    c.executor()
        .schedule(
            () -> {
              if (c.channel().isActive() && phase == Phase.OPEN) {
                check(c, now());
                scheduleChecks(c);
              }
            },
            Math.max(1_000_000, least / CHECKS_PER_PATIENCE),
            TimeUnit.NANOSECONDS);
  }

  /** Finds peers that are gone, do not read, or let the worker wait for the rest of something. */
  private void check(ChannelHandlerContext c, long now) {
    ServerOptions.Patience patience = options.patience();
    if (decoder.isOverdue(now, patience.frameNanos())) {
      refuseConnection(c, ErrorCode.TOO_SLOW, "the rest of a frame has not come in time", 0);
      return;
    }
    long quiet = now - lastHeardNanos;
    if (asked && quiet >= 2 * patience.idleAfterNanos()) {
      LOG.debug("connection {}: no sign of life, closed", id);
      c.close();
      return;
    }
    if (!asked && quiet >= patience.idleAfterNanos()) {
      asked = true;
      if (c.channel().isWritable()) {
        send(c, new Ping(0));
      }
    }
    for (Assembly late : new ArrayList<>(arriving.values())) {
      if (late.deadline.hasPassed(now)) {
        refuseLate(c, late);
      } else if (late.isTooSlow(now, patience.requestNanos())) {
        drop(late);
        send(
            c,
            new Refusal(
                late.header.requestId(),
                ErrorCode.TOO_SLOW,
                late.missing() + " of " + late.total + " bytes have not come in time",
                0));
      }
    }
    leaveWhenDrained(c);
  }

  private void onInfer(ChannelHandlerContext c, Frame frame) throws ProtocolException {
    InferHeader header = frames.readInfer(frame);
    long requestId = header.requestId();
    if (requestId <= lastRequestId) {
      throw ProtocolException.malformedConnection(
          "request id " + requestId + " after " + lastRequestId + "; they must ascend");
    }
    lastRequestId = requestId;
    lastRequestNanos = frame.lastByteNanos();
    Refusal refusal = refusalOf(header, frame);
    if (refusal != null) {
      // Its data, which may be under way already, is of no open request and thrown away.
      send(c, refusal);
      return;
    }
    int total = (int) header.totalBytes();
    bytesInFlight += total;
    Assembly assembly = new Assembly(header, frame.firstByteNanos(), total, connections.arrays());
    if (total == 0) {
      handOver(assembly, frame.lastByteNanos());
    } else {
      arriving.put(requestId, assembly);
    }
  }

  /** Returns why a request is not taken, null if it is; then its bytes are reserved. */
  private @Nullable Refusal refusalOf(InferHeader header, Frame frame) {
    long id = header.requestId();
    Limits limits = options.limits();
    long total = header.totalBytes();
    if (draining) {
      return new Refusal(
          id, ErrorCode.DRAINING, "the worker takes nothing new", RECONNECT_AFTER_NANOS);
    }
    // What will not do later either is said before what may.
    Optional<Refusal> never = headRefusal(header);
    if (never.isPresent()) {
      return never.get();
    }
    if (total > limits.maxPayloadBytes()) {
      return new Refusal(
          id,
          ErrorCode.TOO_LARGE,
          "payloads of %d bytes, at most %d are accepted"
              .formatted(total, limits.maxPayloadBytes()),
          0);
    }
    if (Assembly.deadline(header, frame.firstByteNanos()).hasPassed(frame.lastByteNanos())) {
      return new Refusal(id, ErrorCode.DEADLINE_PASSED, "the deadline passed on the way here", 0);
    }
    int requests = inFlight.size() + arriving.size();
    if (requests >= limits.maxInFlight() || bytesInFlight + total > limits.maxBytesInFlight()) {
      return new Refusal(
          id,
          ErrorCode.OVERLOADED,
          requests + " requests are under way on this connection",
          RETRY_AFTER_NANOS);
    }
    if (!connections.reserve((int) total)) {
      return new Refusal(
          id,
          ErrorCode.OVERLOADED,
          "requests of all devices hold the worker's " + options.maxBytesInAll() + " bytes",
          RETRY_AFTER_NANOS);
    }
    return null;
  }

  private Optional<Refusal> headRefusal(InferHeader header) {
    long id = header.requestId();
    try {
      return handler
          .onHead(header)
          .map(why -> new Refusal(id, why.code(), why.message(), why.retryAfterNanos()));
    } catch (RuntimeException failure) {
      LOG.warn("head of request {} failed", id, failure);
      return Optional.of(new Refusal(id, ErrorCode.INTERNAL, "worker failed; see its log", 0));
    }
  }

  private void refuseLate(ChannelHandlerContext c, Assembly late) {
    drop(late);
    send(
        c,
        new Refusal(
            late.header.requestId(),
            ErrorCode.DEADLINE_PASSED,
            "the deadline passed while it came in",
            0));
  }

  private void onData(ChannelHandlerContext c, Frame frame) throws ProtocolException {
    long requestId = frame.requestId();
    if (requestId > lastRequestId) {
      throw ProtocolException.malformedConnection("data of request " + requestId + " before it");
    }
    Assembly current = arriving.get(requestId);
    if (current == null) {
      // Padding of a probe, or the rest of a request that was refused or cancelled.
      return;
    }
    int bytes = frame.body().readableBytes();
    if (bytes > current.missing()) {
      throw ProtocolException.malformedConnection(
          "request " + requestId + " has " + (bytes - current.missing()) + " bytes too many");
    }
    current.add(frame.body(), frame.lastByteNanos(), decoder.bytesRead());
    if (current.missing() == 0) {
      arriving.remove(requestId);
      handOver(current, frame.lastByteNanos());
    } else if (current.deadline.hasPassed(frame.lastByteNanos())) {
      refuseLate(c, current);
      leaveWhenDrained(c);
    }
  }

  private void handOver(Assembly whole, long lastByteNanos) {
    Infer request = whole.whole();
    Reply reply = new Reply(request.requestId(), whole.total, whole.arrival(), whole.data());
    inFlight.put(request.requestId(), reply);
    if (whole.deadline.hasPassed(lastByteNanos)) {
      reply.refuse(ErrorCode.DEADLINE_PASSED, "the deadline passed while it came in", 0);
      return;
    }
    try {
      handler.onInfer(
          request, new ReceiveStamps(whole.firstByteNanos, lastByteNanos, whole.deadline), reply);
    } catch (RuntimeException failure) {
      LOG.warn("request {} failed", request.requestId(), failure);
      reply.refuse(ErrorCode.INTERNAL, "worker failed; see its log", 0);
    }
  }

  private void onCancel(ChannelHandlerContext c, long requestId) throws ProtocolException {
    if (requestId > lastRequestId) {
      throw ProtocolException.malformedConnection("Cancel of request " + requestId + " before it");
    }
    Assembly current = arriving.get(requestId);
    if (current != null) {
      drop(current);
    }
    Reply reply = inFlight.get(requestId);
    if (reply != null) {
      drop(reply);
    }
    leaveWhenDrained(c);
  }

  /** The device leaves: at once, or when it has its answers. */
  private void onGoodbye(ChannelHandlerContext c, Goodbye goodbye) {
    if (goodbye.drainNanos() > 0) {
      draining = true;
      drainReason = "device leaves";
      leaveWhenDrained(c);
    } else {
      phase = Phase.CLOSING;
      c.close();
    }
  }

  private void drop(Assembly assembly) {
    if (arriving.remove(assembly.header.requestId()) != null) {
      connections.arrays().giveBack(assembly.data());
      giveBack(assembly.total);
    }
  }

  private void drop(Reply reply) {
    forget(reply);
    reply.cancelled = true;
    if (reply.used.compareAndSet(false, true)) {
      handler.onCancel(reply);
    }
  }

  private void forget(Reply reply) {
    if (inFlight.get(reply.requestId) == reply) {
      inFlight.remove(reply.requestId);
      giveBack(reply.bytes);
    }
  }

  private void giveBack(int bytes) {
    bytesInFlight -= bytes;
    connections.free(bytes);
  }

  private void send(ChannelHandlerContext c, Message message) {
    c.write(frames.write(c.alloc(), message));
    flush(c);
  }

  /**
   * What is written while frames are read goes out together, when all are read, but not so late
   * that the device has nothing to do.
   */
  private void flush(ChannelHandlerContext c) {
    unflushed++;
    if (!reading || unflushed >= FLUSH_EVERY) {
      unflushed = 0;
      c.flush();
    }
  }

  private void refuseConnection(
      ChannelHandlerContext c, ErrorCode code, String why, long retryAfterNanos) {
    phase = Phase.CLOSING;
    LOG.debug("connection {} refused: {}: {}", id, code, why);
    c.writeAndFlush(frames.write(c.alloc(), new Refusal(0, code, why, retryAfterNanos)))
        .addListener(
            written ->
                c.executor().schedule(() -> c.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS));
    closeAtLast(c);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext c) throws Exception {
    // Who does not read answers is not read from.
    c.channel().config().setAutoRead(c.channel().isWritable());
    super.channelWritabilityChanged(c);
  }

  @Override
  public void channelInactive(ChannelHandlerContext c) throws Exception {
    phase = Phase.CLOSING;
    new ArrayList<>(arriving.values()).forEach(this::drop);
    new ArrayList<>(inFlight.values()).forEach(this::drop);
    connections.remove(this);
    greeted();
    super.channelInactive(c);
  }

  private void greeted() {
    String address = ungreetedAt;
    if (address != null) {
      ungreetedAt = null;
      connections.ungreeted().leave(address);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext c, Throwable thrown) {
    Throwable cause =
        thrown instanceof DecoderException && thrown.getCause() != null
            ? thrown.getCause()
            : thrown;
    if (phase == Phase.CLOSING) {
      return;
    }
    if (cause instanceof ProtocolException fault) {
      new ArrayList<>(arriving.values()).forEach(this::drop);
      refuseConnection(c, fault.code(), String.valueOf(fault.getMessage()), 0);
    } else if (cause instanceof IOException) {
      LOG.debug("connection {} ended: {}", id, cause.getMessage());
      c.close();
    } else {
      LOG.warn("connection {} failed", id, cause);
      c.close();
    }
  }

  /** Writes a reply; from any thread. Those that come close together go out by one call. */
  private void say(Reply reply, Message message) {
    ChannelHandlerContext c = context;
    if (c == null) {
      return;
    }
    if (c.executor().inEventLoop()) {
      write(c, reply, message);
      flush(c);
      return;
    }
    replies.add(new Said(reply, message));
    if (repliesScheduled.compareAndSet(false, true)) {
      c.executor().execute(() -> writeReplies(c));
    }
  }

  private void writeReplies(ChannelHandlerContext c) {
    repliesScheduled.set(false);
    Said said = replies.poll();
    while (said != null) {
      write(c, said.reply(), said.message());
      said = replies.poll();
    }
    flush(c);
  }

  private void write(ChannelHandlerContext c, Reply reply, Message message) {
    boolean last = !(message instanceof Partial);
    if (last) {
      forget(reply);
    }
    boolean wanted = phase == Phase.OPEN && !reply.cancelled;
    if (wanted && (last || c.channel().isWritable())) {
      c.write(frames.write(c.alloc(), complete(reply, message)));
    }
    if (last) {
      leaveWhenDrained(c);
    }
  }

  private Message complete(Reply reply, Message message) {
    if (message instanceof Answer answer) {
      lastLoad = answer.load();
      return answer.arrivedAs(reply.arrival).repliedAt(now());
    }
    return message;
  }

  /** The way back for one request. */
  private final class Reply implements Responder {
    private final long requestId;
    private final int bytes;
    private final Arrival arrival;
    private final byte[] data;
    private final AtomicBoolean used = new AtomicBoolean();
    private volatile boolean cancelled;

    Reply(long requestId, int bytes, Arrival arrival, byte[] data) {
      this.requestId = requestId;
      this.bytes = bytes;
      this.arrival = arrival;
      this.data = data;
    }

    @Override
    public long connectionId() {
      return id;
    }

    @Override
    public long requestId() {
      return requestId;
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }

    @Override
    public void partial(Partial partial) {
      checkId(partial.requestId());
      if (!used.get()) {
        say(this, partial);
      }
    }

    @Override
    public void answer(Answer answer) {
      checkId(answer.requestId());
      if (used.compareAndSet(false, true)) {
        // Who answers has read the payloads. Of one who refuses or was cancelled this is not known.
        connections.arrays().giveBack(data);
        say(this, answer);
      }
    }

    @Override
    public void refuse(ErrorCode code, String message, long retryAfterNanos) {
      if (used.compareAndSet(false, true)) {
        say(this, new Refusal(requestId, code, message, retryAfterNanos));
      }
    }

    private void checkId(long told) {
      if (told != requestId) {
        throw new IllegalArgumentException("answer to " + told + " given for " + requestId);
      }
    }
  }
}
