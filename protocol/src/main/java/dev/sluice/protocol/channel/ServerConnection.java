package dev.sluice.protocol.channel;

import dev.sluice.protocol.frame.Frame;
import dev.sluice.protocol.frame.FrameDecoder;
import dev.sluice.protocol.frame.FrameType;
import dev.sluice.protocol.frame.Handshake;
import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.Cancel;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.Goodbye;
import dev.sluice.protocol.message.Hello;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.InferHeader;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Message;
import dev.sluice.protocol.message.MessageType;
import dev.sluice.protocol.message.Ping;
import dev.sluice.protocol.message.Pong;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.Welcome;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection as the worker sees it.
 *
 * <p>All state belongs to the connection's event loop. Other threads only hand answers over, and
 * read {@link Reply#isCancelled}.
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

  /** Requests under way may hold this many times the largest payload. */
  private static final int PAYLOADS_IN_FLIGHT = 2;

  private enum Phase {
    NEW,
    OPEN,
    CLOSING
  }

  private final long id;
  private final ServerOptions options;
  private final RequestHandler handler;
  private final Set<ServerConnection> open;
  private final FrameDecoder decoder;
  private final MessageFrames frames = new MessageFrames();
  private final Map<Long, Reply> inFlight = new HashMap<>();

  private Phase phase = Phase.NEW;
  private @Nullable Assembly assembly;
  private long bytesInFlight;
  private boolean heard;
  private boolean asked;
  private volatile @Nullable ChannelHandlerContext context;

  ServerConnection(
      long id, ServerOptions options, RequestHandler handler, Set<ServerConnection> open) {
    this.id = id;
    this.options = options;
    this.handler = handler;
    this.open = open;
    decoder = new FrameDecoder(options.nanoClock(), 0);
  }

  void install(ChannelPipeline pipeline) {
    pipeline.addLast(decoder, this);
  }

  /** Closes in good order; from any thread. */
  void sayGoodbye(String reason) {
    ChannelHandlerContext c = context;
    if (c != null) {
      c.executor()
          .execute(
              () -> {
                phase = Phase.CLOSING;
                send(c, new Goodbye(reason)).addListener(ChannelFutureListener.CLOSE);
              });
    }
  }

  private static final class Assembly {
    final InferHeader header;
    final long firstByteNanos;
    final int total;

    /** Whether the request was refused and its bytes are only counted. */
    final boolean refused;

    int received;
    byte[] data;

    Assembly(InferHeader header, long firstByteNanos, int firstBytes, boolean refused) {
      this.header = header;
      this.firstByteNanos = firstByteNanos;
      this.refused = refused;
      total = (int) Math.min(Integer.MAX_VALUE, header.totalBytes());
      data = new byte[refused ? 0 : Math.min(total, firstBytes)];
    }

    /** Grows with what has come, never with what was promised. */
    void add(Frame frame) {
      int bytes = frame.body().readableBytes();
      if (!refused) {
        if (received + bytes > data.length) {
          long doubled = Math.max(2L * data.length, (long) received + bytes);
          data = Arrays.copyOf(data, (int) Math.min(total, doubled));
        }
        frame.body().readBytes(data, received, bytes);
      }
      received += bytes;
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext c) throws Exception {
    context = c;
    c.executor()
        .schedule(
            () -> {
              if (phase == Phase.NEW) {
                c.close();
              }
            },
            options.handshakeTimeoutNanos(),
            TimeUnit.NANOSECONDS);
    super.channelActive(c);
  }

  @Override
  public void channelRead(ChannelHandlerContext c, Object message) throws Exception {
    Frame frame = (Frame) message;
    heard = true;
    asked = false;
    try {
      if (phase != Phase.CLOSING) {
        onFrame(c, frame);
      }
    } finally {
      frame.body().release();
    }
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
      case CANCEL -> onCancel(((Cancel) frames.read(type, frame)).requestId());
      case PING -> {
        Ping ping = (Ping) frames.read(type, frame);
        send(c, new Pong(ping.token(), options.nanoClock().getAsLong(), load()));
      }
      case PONG -> frames.read(type, frame);
      case GOODBYE -> {
        frames.read(type, frame);
        phase = Phase.CLOSING;
        c.close();
      }
      case WELCOME, ANSWER, REFUSAL, PARTIAL, LOAD ->
          throw ProtocolException.malformedConnection(type + " comes from workers only");
    }
  }

  private LoadReport load() {
    return handler.load();
  }

  private void onHello(ChannelHandlerContext c, Hello hello) {
    if (open.size() >= options.maxConnections()) {
      refuseConnection(
          c,
          new Refusal(
              0,
              ErrorCode.OVERLOADED,
              "worker has its " + options.maxConnections() + " connections",
              1_000_000_000L));
      return;
    }
    Optional<Refusal> refusal = handler.onHello(hello);
    if (refusal.isPresent()) {
      Refusal why = refusal.get();
      refuseConnection(c, new Refusal(0, why.code(), why.message(), why.retryAfterNanos()));
      return;
    }
    phase = Phase.OPEN;
    open.add(this);
    frames.shareDigests(hello.modelDigests());
    decoder.allowData(options.limits().maxFrameBytes());
    int version = Math.min(hello.version(), Handshake.VERSION);
    send(c, new Welcome(version, options.workerName(), options.limits(), load()));
    scheduleIdleCheck(c);
    LOG.debug("connection {}: {} from {}", id, hello.clientName(), c.channel().remoteAddress());
  }

  private void scheduleIdleCheck(ChannelHandlerContext c) {
    c.executor()
        .schedule(
            () -> {
              if (!c.channel().isActive()) {
                return;
              }
              if (!heard && asked) {
                LOG.debug("connection {}: no sign of life, closed", id);
                c.close();
                return;
              }
              if (!heard) {
                asked = true;
                send(c, new Ping(0));
              }
              heard = false;
              scheduleIdleCheck(c);
            },
            options.idleAfterNanos(),
            TimeUnit.NANOSECONDS);
  }

  private void onInfer(ChannelHandlerContext c, Frame frame) throws ProtocolException {
    if (assembly != null) {
      throw ProtocolException.malformedConnection("Infer before the data of the last one ended");
    }
    InferHeader header = frames.readInfer(frame);
    long requestId = header.requestId();
    if (inFlight.containsKey(requestId)) {
      throw ProtocolException.malformedConnection("request id " + requestId + " is in use");
    }
    Limits limits = options.limits();
    long total = header.totalBytes();
    @Nullable Refusal refusal = null;
    if (total > limits.maxPayloadBytes()) {
      refusal =
          new Refusal(
              requestId,
              ErrorCode.TOO_LARGE,
              "payloads of "
                  + total
                  + " bytes, at most "
                  + limits.maxPayloadBytes()
                  + " are accepted",
              0);
    } else if (inFlight.size() >= limits.maxInFlight()
        || bytesInFlight + total > (long) PAYLOADS_IN_FLIGHT * limits.maxPayloadBytes()) {
      refusal =
          new Refusal(
              requestId,
              ErrorCode.OVERLOADED,
              inFlight.size() + " requests are under way on this connection",
              100_000_000L);
    }
    if (total > Integer.MAX_VALUE) {
      throw ProtocolException.tooLarge("payloads of " + total + " bytes");
    }
    if (refusal != null) {
      send(c, refusal);
    }
    assembly =
        new Assembly(header, frame.firstByteNanos(), limits.maxFrameBytes(), refusal != null);
    finishAssembly(c, frame.lastByteNanos());
  }

  private void onData(ChannelHandlerContext c, Frame frame) throws ProtocolException {
    Assembly current = assembly;
    if (current == null || current.header.requestId() != frame.requestId()) {
      throw ProtocolException.malformedConnection("data of no open request");
    }
    int bytes = frame.body().readableBytes();
    if (bytes == 0 || bytes > current.total - current.received) {
      throw ProtocolException.malformedConnection(
          "data frame of " + bytes + " bytes, " + (current.total - current.received) + " missing");
    }
    current.add(frame);
    finishAssembly(c, frame.lastByteNanos());
  }

  private void finishAssembly(ChannelHandlerContext c, long lastByteNanos) {
    Assembly whole = assembly;
    if (whole == null || whole.received < whole.total) {
      return;
    }
    assembly = null;
    if (whole.refused) {
      return;
    }
    Infer request = whole.header.withPayloads(whole.data);
    Reply reply = new Reply(c, request.requestId(), whole.total);
    inFlight.put(request.requestId(), reply);
    bytesInFlight += whole.total;
    try {
      handler.onInfer(request, new ReceiveStamps(whole.firstByteNanos, lastByteNanos), reply);
    } catch (RuntimeException failure) {
      LOG.warn("request {} failed", request.requestId(), failure);
      reply.refuse(ErrorCode.INTERNAL, "worker failed: " + failure.getMessage(), 0);
    }
  }

  private void onCancel(long requestId) {
    Assembly current = assembly;
    if (current != null && current.header.requestId() == requestId) {
      assembly = null;
      return;
    }
    Reply reply = inFlight.get(requestId);
    if (reply != null) {
      drop(reply);
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
    if (inFlight.remove(reply.requestId, reply)) {
      bytesInFlight -= reply.bytes;
    }
  }

  private ChannelFuture send(ChannelHandlerContext c, Message message) {
    return c.writeAndFlush(frames.write(c.alloc(), message));
  }

  private void refuseConnection(ChannelHandlerContext c, Refusal refusal) {
    phase = Phase.CLOSING;
    LOG.debug("connection {} refused: {}", id, refusal);
    send(c, refusal)
        .addListener(
            written ->
                c.executor().schedule(() -> c.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS));
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
    open.remove(this);
    assembly = null;
    for (Reply reply : new ArrayList<>(inFlight.values())) {
      drop(reply);
    }
    super.channelInactive(c);
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
      assembly = null;
      refuseConnection(c, new Refusal(0, fault.code(), String.valueOf(fault.getMessage()), 0));
    } else if (cause instanceof IOException) {
      c.close();
    } else {
      LOG.warn("connection {} failed", id, cause);
      c.close();
    }
  }

  /** The way back for one request. */
  private final class Reply implements Responder {
    private final ChannelHandlerContext c;
    private final long requestId;
    private final int bytes;
    private final AtomicBoolean used = new AtomicBoolean();
    private volatile boolean cancelled;

    Reply(ChannelHandlerContext c, long requestId, int bytes) {
      this.c = c;
      this.requestId = requestId;
      this.bytes = bytes;
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
    public void answer(Answer answer) {
      if (answer.requestId() != requestId) {
        throw new IllegalArgumentException(
            "answer to " + answer.requestId() + " given for " + requestId);
      }
      reply(answer);
    }

    @Override
    public void refuse(ErrorCode code, String message, long retryAfterNanos) {
      reply(new Refusal(requestId, code, message, retryAfterNanos));
    }

    private void reply(Message message) {
      if (!used.compareAndSet(false, true)) {
        return;
      }
      c.executor()
          .execute(
              () -> {
                forget(this);
                if (phase != Phase.OPEN || cancelled) {
                  return;
                }
                send(
                    c,
                    message instanceof Answer answer
                        ? answer.repliedAt(options.nanoClock().getAsLong())
                        : message);
              });
    }
  }
}
