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
import dev.sluice.protocol.message.SendStamp;
import dev.sluice.protocol.message.Welcome;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@link WorkerClient} does, on its event loop.
 *
 * <p>Only {@link #pending} and the volatile fields are touched by other threads. Removing a request
 * from {@link #pending} is what earns the right to give its outcome, so there is exactly one,
 * whoever comes first.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failed writes and timers end in exceptionCaught or
// channelInactive
final class ClientLink {
  private static final Logger LOG = LoggerFactory.getLogger(ClientLink.class);
  private static final int CHUNK_BYTES = 4 * 1024;

  /** A ping among the data of large payloads, to learn how far they have come. */
  private static final int PING_EVERY_BYTES = 2 * CHUNK_BYTES;

  private static final int MAX_PINGS_OUT = 64;
  private static final int MAX_TIMED_PINGS_OUT = 8;
  private static final int CHECKS_PER_SILENCE = 10;

  /** A worker that asks for more patience than this is tried again all the same. */
  private static final long MAX_WAIT_NANOS = 60_000_000_000L;

  private final ClientOptions options;
  private final ClientListener listener;
  private final EventLoop loop;
  private final String address;

  private final ConcurrentHashMap<Long, Pending> pending = new ConcurrentHashMap<>();
  private final Queue<Pending> unsent = new ArrayDeque<>();
  private volatile LinkState state = LinkState.CONNECTING;
  private volatile String detail;
  private volatile boolean closed;

  private @Nullable Connection connection;
  private int failures;
  private long ignoredReplies;

  ClientLink(ClientOptions options, ClientListener listener, EventLoop loop) {
    this.options = options;
    this.listener = listener;
    this.loop = loop;
    address = options.host() + ":" + options.port();
    detail = "connecting to " + address;
  }

  private static final class Pending {
    final Infer request;
    final Consumer<CloudOutcome> done;
    final long submittedNanos;

    // The rest belongs to the event loop.
    @Nullable Connection sentOn;
    long firstWriteNanos;
    int bytesSent;
    long endsAtByte;

    Pending(Infer request, Consumer<CloudOutcome> done, long submittedNanos) {
      this.request = request;
      this.done = done;
      this.submittedNanos = submittedNanos;
    }
  }

  private record PingOut(long token, long sentNanos, long bytesBefore, int bytesAhead) {}

  void start() {
    loop.execute(this::connect);
  }

  boolean isOnLoop() {
    return loop.inEventLoop();
  }

  LinkState state() {
    return state;
  }

  long ignoredReplies() {
    return ignoredReplies;
  }

  Request send(Infer request, Consumer<CloudOutcome> done) {
    Pending p = new Pending(request, done, options.nanoClock().getAsLong());
    if (pending.putIfAbsent(request.requestId(), p) != null) {
      throw new IllegalArgumentException("request id is in use: " + request.requestId());
    }
    try {
      loop.execute(() -> enqueue(p));
    } catch (RejectedExecutionException stopped) {
      finish(p, new CloudOutcome.LinkLost("client is closed"));
    }
    return new Request() {
      @Override
      public long id() {
        return request.requestId();
      }

      @Override
      public void cancel() {
        ClientLink.this.cancel(p);
      }
    };
  }

  void cancel(long requestId) {
    Pending p = pending.get(requestId);
    if (p != null) {
      cancel(p);
    }
  }

  private void cancel(Pending p) {
    try {
      loop.execute(() -> cancelOnLoop(p));
    } catch (RejectedExecutionException stopped) {
      finish(p, new CloudOutcome.LinkLost("client is closed"));
    }
  }

  private void cancelOnLoop(Pending p) {
    if (pending.get(p.request.requestId()) != p) {
      return;
    }
    Connection sentOn = p.sentOn;
    if (sentOn == null) {
      unsent.remove(p);
    } else {
      sentOn.withdraw(p);
    }
    finish(p, new CloudOutcome.Cancelled());
    pump();
  }

  private void enqueue(Pending p) {
    if (pending.get(p.request.requestId()) != p) {
      return;
    }
    if (closed) {
      finish(p, new CloudOutcome.LinkLost("client is closed"));
    } else if (state == LinkState.DOWN) {
      finish(p, new CloudOutcome.LinkLost(detail));
    } else {
      unsent.add(p);
      pump();
    }
  }

  private void finish(Pending p, CloudOutcome outcome) {
    if (!pending.remove(p.request.requestId(), p)) {
      return;
    }
    try {
      p.done.accept(outcome);
    } catch (RuntimeException failure) {
      LOG.warn("the receiver of an outcome failed", failure);
    }
  }

  private void pump() {
    Connection c = connection;
    if (c != null) {
      c.pump();
    }
  }

  private void become(LinkState next, String why) {
    detail = why;
    if (state != next) {
      state = next;
      tell(() -> listener.onState(next, why));
    }
  }

  private static void tell(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException failure) {
      LOG.warn("the link's listener failed", failure);
    }
  }

  void close() {
    Runnable closing =
        () -> {
          closed = true;
          Connection c = connection;
          connection = null;
          if (c != null) {
            c.leave();
          }
          failAll(p -> new CloudOutcome.LinkLost("client is closed"));
          become(LinkState.DOWN, "client is closed");
        };
    if (loop.inEventLoop()) {
      closing.run();
      return;
    }
    try {
      loop.submit(closing).awaitUninterruptibly(1_000);
    } catch (RejectedExecutionException stopped) {
      LOG.debug("event loop had stopped already");
    }
  }

  private interface Fate {
    CloudOutcome of(Pending p);
  }

  private void failAll(Fate fate) {
    unsent.clear();
    for (Pending p : new ArrayList<>(pending.values())) {
      finish(p, fate.of(p));
    }
  }

  private void connect() {
    if (closed) {
      return;
    }
    become(LinkState.CONNECTING, "connecting to " + address);
    Connection attempt = new Connection();
    connection = attempt;
    new Bootstrap()
        .group(loop)
        .channel(NioSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.SO_KEEPALIVE, true)
        .option(ChannelOption.SO_SNDBUF, options.sendBufferBytes())
        .option(
            ChannelOption.CONNECT_TIMEOUT_MILLIS,
            (int)
                Math.max(
                    1,
                    Math.min(
                        Integer.MAX_VALUE,
                        TimeUnit.NANOSECONDS.toMillis(options.connectTimeoutNanos()))))
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(1, CHUNK_BYTES))
        .handler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                channel.pipeline().addLast(attempt.decoder, attempt);
              }
            })
        .connect(options.host(), options.port())
        .addListener(
            connected -> {
              if (!connected.isSuccess()) {
                unreachable(attempt, Objects.requireNonNull(connected.cause()));
              }
            });
  }

  /** What the system says repeats the address, so only its kind is told. */
  private void unreachable(Connection attempt, Throwable cause) {
    if (cause instanceof UnknownHostException || cause instanceof UnresolvedAddressException) {
      lost(attempt, LinkTrouble.UNKNOWN_HOST, "no host is called '" + options.host() + "'", 0);
    } else if (cause instanceof ConnectTimeoutException) {
      long millis = TimeUnit.NANOSECONDS.toMillis(options.connectTimeoutNanos());
      lost(
          attempt,
          LinkTrouble.TIMED_OUT,
          "nothing answers at " + address + " within " + millis + " ms",
          0);
    } else if (cause instanceof ConnectException
        && String.valueOf(cause.getMessage()).contains("refused")) {
      lost(
          attempt,
          LinkTrouble.REFUSED,
          "no program listens at " + address + " (connection refused)",
          0);
    } else {
      lost(attempt, LinkTrouble.UNREACHABLE, address + " cannot be reached: " + reason(cause), 0);
    }
  }

  private static String reason(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }

  /** The connection is gone, or never came to be; the next attempt is scheduled. */
  private void lost(Connection which, LinkTrouble trouble, String why, long waitAtLeastNanos) {
    if (connection != which) {
      return;
    }
    connection = null;
    tell(() -> listener.onTrouble(trouble, why));
    become(LinkState.DOWN, why);
    @Nullable Refusal refusal = which.refusal;
    failAll(
        p ->
            refusal == null
                ? new CloudOutcome.LinkLost(why)
                : new CloudOutcome.Refused(
                    new Refusal(
                        p.request.requestId(),
                        refusal.code(),
                        refusal.message(),
                        refusal.retryAfterNanos())));
    int doublings = Math.min(failures, 20);
    failures++;
    double mean =
        Math.min(
            (double) options.maxBackoffNanos(),
            options.firstBackoffNanos() * (double) (1L << doublings));
    long wait = (long) (mean * (0.5 + options.jitter().nextDouble()));
    long asked = Math.min(waitAtLeastNanos, MAX_WAIT_NANOS);
    loop.schedule(this::connect, Math.max(wait, asked), TimeUnit.NANOSECONDS);
  }

  /** One TCP connection, from the attempt to its end. */
  private final class Connection extends ChannelInboundHandlerAdapter {
    final FrameDecoder decoder = new FrameDecoder(options.nanoClock(), 0);
    private final MessageFrames frames = new MessageFrames();
    private final SendWindow window = new SendWindow(options.queueTargetNanos());
    private final ArrayDeque<PingOut> pings = new ArrayDeque<>();
    private @Nullable Refusal refusal;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Limits limits;

    private @Nullable Pending sending;
    private List<ByteBuffer> remaining = List.of();
    private int inFlight;

    private long bytesWritten;
    private long bytesArrived;
    private long bytesAtLastPing;
    private boolean windowLimited;
    private double bytesPerNano;
    private long lastPongNanos;
    private long lastHeardNanos;
    private long nextToken = 1;

    /**
     * Pings up to this one were out during a silence: how long they took says nothing about the
     * link now.
     */
    private long staleToken;

    private boolean pumping;

    private long now() {
      return options.nanoClock().getAsLong();
    }

    @Override
    public void channelActive(ChannelHandlerContext c) {
      context = c;
      if (connection != this) {
        c.close();
        return;
      }
      lastHeardNanos = now();
      lastPongNanos = lastHeardNanos;
      frames.shareDigests(List.of(options.modelDigest()));
      writeControl(c, new Hello(Handshake.VERSION, options.clientName(), options.modelDigest()));
      loop.schedule(
          () -> {
            if (limits == null && c.channel().isActive()) {
              end(
                  LinkTrouble.NO_GREETING,
                  "what listens at " + address + " takes the connection but says nothing");
            }
          },
          options.connectTimeoutNanos(),
          TimeUnit.NANOSECONDS);
    }

    /** Writes a message that neither fills the window nor counts as ahead of a ping. */
    private void writeControl(ChannelHandlerContext c, Message message) {
      c.writeAndFlush(frames.write(c.alloc(), message));
    }

    /** Ends this connection for a reason of our own. */
    private void end(LinkTrouble trouble, String why) {
      ChannelHandlerContext c = context;
      lost(this, trouble, why, refusal == null ? 0 : refusal.retryAfterNanos());
      if (c != null) {
        c.close();
      }
    }

    /** Closes in good order. */
    void leave() {
      ChannelHandlerContext c = context;
      if (c == null) {
        return;
      }
      if (limits == null) {
        c.close();
      } else {
        c.writeAndFlush(frames.write(c.alloc(), new Goodbye("device leaves")))
            .addListener(ChannelFutureListener.CLOSE);
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext c, Object message) throws Exception {
      Frame frame = (Frame) message;
      try {
        if (connection == this) {
          onFrame(c, frame);
        }
      } finally {
        frame.body().release();
      }
    }

    private void onFrame(ChannelHandlerContext c, Frame frame) throws ProtocolException {
      lastHeardNanos = frame.lastByteNanos();
      MessageType type =
          FrameType.message(frame.type())
              .orElseThrow(() -> ProtocolException.malformedConnection("data from a worker"));
      Message message =
          switch (type) {
            case WELCOME, ANSWER, REFUSAL, PING, PONG, GOODBYE, PARTIAL, LOAD ->
                frames.read(type, frame);
            case HELLO, INFER, CANCEL ->
                throw ProtocolException.malformedConnection(type + " from a worker");
          };
      if (limits == null
          && type != MessageType.WELCOME
          && type != MessageType.REFUSAL
          && type != MessageType.GOODBYE) {
        throw ProtocolException.malformedConnection(type + " before the Welcome");
      }
      if (state == LinkState.SILENT) {
        staleToken = nextToken - 1;
        become(LinkState.UP, "the worker at " + address + " is heard again");
        ping(c);
      }
      switch (type) {
        case WELCOME -> onWelcome(c, (Welcome) message);
        case ANSWER -> onAnswer((Answer) message, frame);
        case REFUSAL -> onRefusal((Refusal) message);
        case PING -> writeControl(c, new Pong(((Ping) message).token(), now(), LoadReport.IDLE));
        case PONG -> onPong((Pong) message, frame.lastByteNanos());
        case GOODBYE ->
            end(
                LinkTrouble.LOST,
                "the worker at " + address + " said goodbye: " + ((Goodbye) message).reason());
        case PARTIAL, LOAD -> {}
        case HELLO, INFER, CANCEL -> throw new IllegalStateException("refused above: " + type);
      }
      pump();
    }

    private void onWelcome(ChannelHandlerContext c, Welcome welcome) throws ProtocolException {
      if (limits != null) {
        throw ProtocolException.malformedConnection("second Welcome");
      }
      if (welcome.version() > Handshake.VERSION || welcome.version() < Handshake.OLDEST_VERSION) {
        throw new ProtocolException(
            ErrorCode.UNSUPPORTED_VERSION,
            ProtocolException.Scope.CONNECTION,
            "worker chose protocol version " + welcome.version());
      }
      limits = welcome.limits();
      failures = 0;
      tell(() -> listener.onWelcome(welcome));
      become(LinkState.UP, "connected to " + welcome.workerName() + " at " + address);
      ping(c);
      schedulePings(c);
      scheduleSilenceChecks(c);
    }

    private void onAnswer(Answer answer, Frame frame) {
      Pending p = pending.get(answer.requestId());
      if (p == null || p.sentOn != this || p == sending) {
        ignoredReplies++;
        return;
      }
      inFlight--;
      arrived(p.endsAtByte);
      finish(
          p,
          new CloudOutcome.Answered(
              answer,
              new TransferStamps(
                  p.submittedNanos,
                  p.firstWriteNanos,
                  frame.lastByteNanos(),
                  p.bytesSent,
                  Frame.HEADER_BYTES + frame.body().readableBytes())));
    }

    private void onRefusal(Refusal refused) {
      if (refused.requestId() == 0) {
        refusal = refused;
        onRefusal(refused.code(), refused.message());
        return;
      }
      Pending p = pending.get(refused.requestId());
      if (p == null || p.sentOn != this) {
        ignoredReplies++;
        return;
      }
      inFlight--;
      if (p == sending) {
        // Its data frames must not stop half-way unless a Cancel says so.
        stopSending(p);
      }
      finish(p, new CloudOutcome.Refused(refused));
    }

    private void onRefusal(ErrorCode code, String message) {
      String worker = "the worker at " + address;
      switch (code) {
        case UNKNOWN_MODEL, WRONG_DIGEST ->
            end(LinkTrouble.MODEL_NOT_SERVED, worker + " does not serve this model: " + message);
        case OVERLOADED -> end(LinkTrouble.FULL, worker + " is full: " + message);
        case UNSUPPORTED_VERSION ->
            end(LinkTrouble.OTHER_VERSION, worker + " is of another version: " + message);
        case MALFORMED,
            UNKNOWN_CODEC,
            BAD_CUT,
            TOO_LARGE,
            DEADLINE_PASSED,
            CANCELLED,
            INTERNAL,
            UNAUTHENTICATED,
            DRAINING,
            TOO_SLOW ->
            end(
                LinkTrouble.REFUSED_BY_WORKER,
                worker
                    + " refuses the connection: "
                    + code.name().toLowerCase(Locale.ROOT).replace('_', ' ')
                    + ": "
                    + message);
      }
    }

    /** A sent request is given up. */
    void withdraw(Pending p) {
      inFlight--;
      stopSending(p);
    }

    private void stopSending(Pending p) {
      if (p == sending) {
        sending = null;
        remaining = List.of();
      }
      ChannelHandlerContext c = context;
      if (c != null && c.channel().isActive()) {
        writeControl(c, new Cancel(p.request.requestId()));
      }
    }

    private void arrived(long upTo) {
      bytesArrived = Math.max(bytesArrived, upTo);
    }

    private void ping(ChannelHandlerContext c) {
      if (pings.size() >= MAX_PINGS_OUT) {
        return;
      }
      long token = nextToken++;
      int ahead = (int) Math.min(Integer.MAX_VALUE, bytesWritten - bytesArrived);
      pings.add(new PingOut(token, now(), bytesWritten, ahead));
      bytesAtLastPing = bytesWritten;
      writeControl(c, new Ping(token));
    }

    private void onPong(Pong pong, long receivedNanos) {
      while (!pings.isEmpty() && pings.peek().token() < pong.token()) {
        pings.remove();
      }
      PingOut ping = pings.peek();
      if (ping == null || ping.token() != pong.token()) {
        return;
      }
      pings.remove();
      long acked = Math.max(0, ping.bytesBefore() - bytesArrived);
      arrived(ping.bytesBefore());
      if (ping.token() <= staleToken) {
        lastPongNanos = receivedNanos;
        return;
      }
      long roundTrip = receivedNanos - ping.sentNanos();
      window.onRoundTrip(receivedNanos, roundTrip, acked, windowLimited);
      windowLimited = false;
      if (acked > 0) {
        long elapsed = receivedNanos - Math.max(lastPongNanos, ping.sentNanos());
        double rate = acked / (double) Math.max(1, elapsed);
        bytesPerNano = bytesPerNano == 0 ? rate : (bytesPerNano + rate) / 2;
      }
      lastPongNanos = receivedNanos;
      tell(() -> listener.onPong(ping.sentNanos(), receivedNanos, ping.bytesAhead(), pong.load()));
    }

    private void schedulePings(ChannelHandlerContext c) {
      loop.schedule(
          () -> {
            if (connection == this && c.channel().isActive()) {
              if (pings.size() < MAX_TIMED_PINGS_OUT) {
                ping(c);
              }
              schedulePings(c);
            }
          },
          options.pingEveryNanos(),
          TimeUnit.NANOSECONDS);
    }

    private void scheduleSilenceChecks(ChannelHandlerContext c) {
      loop.schedule(
          () -> {
            if (connection == this && c.channel().isActive()) {
              checkSilence();
              scheduleSilenceChecks(c);
            }
          },
          Math.max(1_000_000, options.silentAfterNanos() / CHECKS_PER_SILENCE),
          TimeUnit.NANOSECONDS);
    }

    private void checkSilence() {
      PingOut oldest = pings.peek();
      if (oldest == null) {
        return;
      }
      long silence = now() - Math.max(lastHeardNanos, oldest.sentNanos());
      long patience = options.silentAfterNanos();
      if (oldest.bytesAhead() > 0) {
        // A ping behind our own upload may take as long as the upload does, which nobody knows yet
        // while no rate was measured.
        double upload =
            bytesPerNano > 0 ? oldest.bytesAhead() / bytesPerNano : Double.POSITIVE_INFINITY;
        patience += (long) Math.min(upload, 2.0 * options.silentAfterNanos());
      }
      if (silence > options.giveUpAfterNanos()) {
        end(
            LinkTrouble.LOST,
            "the worker at " + address + " was silent for " + silence / 1_000_000 + " ms");
      } else if (silence > patience && state == LinkState.UP) {
        become(
            LinkState.SILENT,
            "no byte from the worker at " + address + " for " + silence / 1_000_000 + " ms");
      }
    }

    /** Writes what the link takes now, chunk after chunk. */
    void pump() {
      ChannelHandlerContext c = context;
      if (c == null || limits == null || pumping || connection != this) {
        return;
      }
      pumping = true;
      try {
        while (state == LinkState.UP && c.channel().isActive() && c.channel().isWritable()) {
          if (bytesWritten - bytesArrived >= window.bytes()) {
            windowLimited = sending != null || !unsent.isEmpty();
            return;
          }
          if (sending == null && !begin(c)) {
            return;
          }
          writeChunk(c);
        }
      } finally {
        pumping = false;
      }
    }

    /** Takes the next request that can be sent. Returns whether there is one. */
    private boolean begin(ChannelHandlerContext c) {
      Limits granted = Objects.requireNonNull(limits);
      while (inFlight < granted.maxInFlight()) {
        Pending next = unsent.poll();
        if (next == null) {
          return false;
        }
        if (next.request.payloadBytes() > granted.maxPayloadBytes()) {
          finish(
              next,
              new CloudOutcome.Refused(
                  new Refusal(
                      next.request.requestId(),
                      ErrorCode.TOO_LARGE,
                      "payloads of "
                          + next.request.payloadBytes()
                          + " bytes, the worker takes "
                          + granted.maxPayloadBytes(),
                      0)));
          continue;
        }
        long now = now();
        next.sentOn = this;
        next.firstWriteNanos = now;
        sending = next;
        remaining = next.request.payloads();
        inFlight++;
        long deadline = next.request.deadlineRemainingNanos();
        long left = deadline == 0 ? 0 : Math.max(1, deadline - (now - next.submittedNanos));
        count(
            next,
            c,
            frames.writeInfer(
                c.alloc(),
                InferHeader.of(next.request, next.request.requestId(), left, SendStamp.UNKNOWN)));
        return true;
      }
      return false;
    }

    private void count(Pending p, ChannelHandlerContext c, ByteBuf frame) {
      p.bytesSent += frame.readableBytes();
      bytesWritten += frame.readableBytes();
      p.endsAtByte = bytesWritten;
      c.writeAndFlush(frame);
    }

    private void writeChunk(ChannelHandlerContext c) {
      Pending p = Objects.requireNonNull(sending);
      int chunk = Math.min(CHUNK_BYTES, Objects.requireNonNull(limits).maxFrameBytes());
      for (ByteBuffer payload : remaining) {
        if (payload.hasRemaining()) {
          int bytes = Math.min(chunk, payload.remaining());
          count(p, c, frames.writeData(c.alloc(), p.request.requestId(), payload, bytes));
          break;
        }
      }
      boolean whole = true;
      for (ByteBuffer payload : remaining) {
        whole &= !payload.hasRemaining();
      }
      if (whole) {
        sending = null;
        remaining = List.of();
      }
      if (bytesWritten - bytesAtLastPing >= PING_EVERY_BYTES) {
        ping(c);
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext c) {
      pump();
    }

    @Override
    public void channelInactive(ChannelHandlerContext c) {
      if (limits == null) {
        lost(
            this,
            LinkTrouble.NO_GREETING,
            "what listens at " + address + " takes the connection and closes it",
            0);
      } else {
        lost(this, LinkTrouble.LOST, "the connection to the worker at " + address + " closed", 0);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext c, Throwable thrown) {
      Throwable cause =
          thrown instanceof DecoderException && thrown.getCause() != null
              ? thrown.getCause()
              : thrown;
      if (!(cause instanceof ProtocolException) && !(cause instanceof IOException)) {
        LOG.warn("connection to {} failed", address, cause);
      }
      if (limits == null && cause instanceof ProtocolException fault) {
        boolean version = fault.code() == ErrorCode.UNSUPPORTED_VERSION;
        end(
            version ? LinkTrouble.OTHER_VERSION : LinkTrouble.NOT_A_WORKER,
            version
                ? "the worker at " + address + " is of another version: " + reason(cause)
                : "what answers at " + address + " is no Sluice worker (" + reason(cause) + ")");
      } else {
        end(
            limits == null ? LinkTrouble.NO_GREETING : LinkTrouble.LOST,
            "the connection to " + address + " failed: " + reason(cause));
      }
    }
  }
}
