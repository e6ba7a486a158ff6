package dev.sluice.protocol.channel;

import dev.sluice.protocol.frame.Frame;
import dev.sluice.protocol.frame.FrameDecoder;
import dev.sluice.protocol.frame.FrameType;
import dev.sluice.protocol.frame.Handshake;
import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.Cancel;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.Features;
import dev.sluice.protocol.message.Goodbye;
import dev.sluice.protocol.message.Hello;
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
import dev.sluice.protocol.security.TlsFailure;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderException;
import io.netty.util.collection.LongObjectHashMap;
import io.netty.util.collection.LongObjectMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One TCP connection of a {@link ClientLink}, from the attempt to its end: the handshake, what the
 * worker says, and which bytes are written next. Confined to the event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failed writes and timers end in exceptionCaught or
// channelInactive
final class ClientConnection extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);

  /** The rest of a payload that is this short goes with the chunk before it. */
  private static final int TAIL_BYTES = 128;

  /** A worker that pings faster than its pongs can be written is no worker. */
  private static final int MAX_PONGS_UNWRITTEN = 64;

  private static final int CHECKS_PER_SILENCE = 10;

  /** So many cancelled requests are remembered: what is refused later than that is no news. */
  static final int MAX_WITHDRAWN = 64;

  /** How long a goodbye may take to be written. */
  private static final long LEAVE_PATIENCE_SECONDS = 5;

  private final ClientLink link;
  private final ClientOptions options;
  private final ClientListener listener;
  private final FrameDecoder decoder;
  private final MessageFrames frames = new MessageFrames();
  private final PingClock clock;

  /** Requests that the worker has begun to get and not answered, by their number here. */
  private final LongObjectMap<Upload> open = new LongObjectHashMap<>();

  /** Those of them whose data is not all written. */
  private final List<Upload> started = new ArrayList<>();

  /** The latest that were cancelled here and may still be refused, by their number here. */
  private final Map<Long, Withdrawn> withdrawn = new LinkedHashMap<>();

  private record Withdrawn(long requestId, String modelDigest) {}

  private @Nullable ChannelHandlerContext context;
  private @Nullable Limits limits;
  private @Nullable Refusal refusal;
  private long nextId = 1;
  private long bytesInFlight;
  private long lastHeardNanos;
  private int pongsUnwritten;
  private boolean silent;
  private boolean draining;
  private boolean pumping;
  private boolean reading;

  ClientConnection(ClientLink link, ClientOptions options, ClientListener listener) {
    this.link = link;
    this.options = options;
    this.listener = listener;
    decoder = new FrameDecoder(options.nanoClock(), 0);
    clock = new PingClock(new SendWindow(options.sending().queueTargetNanos()), now());
  }

  private long now() {
    return options.nanoClock().getAsLong();
  }

  void install(ChannelPipeline pipeline) {
    pipeline.addLast(decoder, this);
    options
        .security()
        .install(
            pipeline, options.host(), options.port(), options.patience().connectTimeoutNanos());
  }

  /** Returns why the worker refused the connection, null if it did not. */
  @Nullable Refusal refusal() {
    return refusal;
  }

  boolean isDraining() {
    return draining;
  }

  @Override
  public void channelActive(ChannelHandlerContext c) {
    context = c;
    if (!link.holds(this)) {
      c.close();
      return;
    }
    lastHeardNanos = now();
    ClientOptions.Identity identity = options.identity();
    if (!identity.token().isEmpty()
        && !options.security().mayShowToken(c.channel().remoteAddress())) {
      end(
          LinkTrouble.TOKEN_IN_CLEAR,
          "the token would go to " + link.address() + " in the clear, for all on the way to read");
      return;
    }
    frames.shareDigests(identity.modelDigests());
    send(
        c,
        new Hello(
            Handshake.VERSION,
            identity.clientName(),
            identity.modelDigests(),
            identity.token(),
            identity.codecs(),
            List.of(Features.LOAD)));
    c.executor()
        .schedule(
            () -> {
              if (limits == null && c.channel().isActive()) {
                end(
                    LinkTrouble.NO_GREETING,
                    "what listens at " + link.address() + " takes the connection but says nothing");
              }
            },
            options.patience().connectTimeoutNanos(),
            TimeUnit.NANOSECONDS);
  }

  /** Writes a message that neither fills the window nor counts as ahead of a ping. */
  private void send(ChannelHandlerContext c, Message message) {
    c.write(frames.write(c.alloc(), message));
    flush(c);
  }

  /** What is written while frames are read goes out once, when all are read. */
  private void flush(ChannelHandlerContext c) {
    if (!reading) {
      c.flush();
    }
  }

  /** Ends this connection for a reason of our own. */
  private void end(LinkTrouble trouble, String why) {
    ChannelHandlerContext c = context;
    link.lost(this, trouble, why, refusal == null ? 0 : refusal.retryAfterNanos());
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
      // A worker that reads nothing does not take the goodbye either.
      c.executor().schedule(() -> c.close(), LEAVE_PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext c, Object message) throws Exception {
    Frame frame = (Frame) message;
    reading = true;
    try {
      if (link.holds(this)) {
        onFrame(c, frame);
      }
    } finally {
      frame.body().release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext c) {
    reading = false;
    pump();
    c.flush();
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
    if (silent) {
      silent = false;
      clock.onSilenceEnded();
      link.become(this, LinkState.UP, "the worker at " + link.address() + " is heard again");
      ping(c);
    }
    switch (type) {
      case WELCOME -> onWelcome(c, (Welcome) message);
      case ANSWER -> onAnswer((Answer) message, frame);
      case PARTIAL -> onPartial((Partial) message);
      case REFUSAL -> onRefusal(c, (Refusal) message);
      case PING -> onPing(c, (Ping) message);
      case PONG -> onPong((Pong) message, frame.lastByteNanos());
      case LOAD -> link.tell(this, () -> listener.onLoad(((Load) message).load()));
      case GOODBYE -> onGoodbye((Goodbye) message);
      case HELLO, INFER, CANCEL -> throw new IllegalStateException("refused above: " + type);
    }
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
    limits = capped(welcome.limits());
    link.welcomed(this, welcome);
    ping(c);
    schedulePings(c);
    scheduleSilenceChecks(c);
  }

  /** No worker makes a device hold more than it would let wait, but for a single request. */
  private Limits capped(Limits granted) {
    ClientOptions.Sending own = options.sending();
    return new Limits(
        granted.maxFrameBytes(),
        granted.maxPayloadBytes(),
        Math.min(granted.maxInFlight(), own.maxWaitingRequests()),
        Math.max(
            granted.maxPayloadBytes(),
            Math.min(granted.maxBytesInFlight(), own.maxWaitingBytes())));
  }

  private void onAnswer(Answer answer, Frame frame) {
    Upload u = open.get(answer.requestId());
    if (u == null || u.remainingBytes > 0) {
      link.ignoreReply();
      return;
    }
    clock.onArrived(u.endsAtByte);
    settle(u);
    link.finish(
        u,
        new CloudOutcome.Answered(
            answer.forRequest(u.request.requestId()),
            new TransferStamps(
                u.submittedNanos,
                u.firstWriteNanos,
                frame.lastByteNanos(),
                u.bytesSent,
                Frame.HEADER_BYTES + frame.body().readableBytes())));
  }

  private void onPartial(Partial partial) {
    Upload u = open.get(partial.requestId());
    if (u == null || u.remainingBytes > 0 || !u.request.partials()) {
      link.ignoreReply();
      return;
    }
    link.tell(this, () -> u.partials.accept(partial.forRequest(u.request.requestId())));
  }

  private void onRefusal(ChannelHandlerContext c, Refusal refused) {
    if (refused.requestId() == 0) {
      refusal = refused;
      end(troubleOf(refused.code()), "the worker at " + link.address() + reasonOf(refused));
      return;
    }
    Upload u = open.get(refused.requestId());
    if (u == null) {
      onLateRefusal(refused);
      return;
    }
    withdraw(c, u);
    link.finish(u, new CloudOutcome.Refused(of(u.request.requestId(), refused)));
  }

  /** The request has its outcome, but what the worker says may hold for the next one, too. */
  private void onLateRefusal(Refusal refused) {
    Withdrawn late = withdrawn.remove(refused.requestId());
    if (late == null) {
      link.ignoreReply();
      return;
    }
    link.tell(
        this, () -> listener.onLateRefusal(late.modelDigest(), of(late.requestId(), refused)));
  }

  private static Refusal of(long requestId, Refusal refused) {
    return new Refusal(requestId, refused.code(), refused.message(), refused.retryAfterNanos());
  }

  private static LinkTrouble troubleOf(ErrorCode code) {
    return switch (code) {
      case UNKNOWN_MODEL, WRONG_DIGEST -> LinkTrouble.MODEL_NOT_SERVED;
      case OVERLOADED -> LinkTrouble.FULL;
      case UNSUPPORTED_VERSION -> LinkTrouble.OTHER_VERSION;
      case UNAUTHENTICATED -> LinkTrouble.UNAUTHENTICATED;
      case DRAINING -> LinkTrouble.DRAINING;
      case MALFORMED,
          UNKNOWN_CODEC,
          BAD_CUT,
          TOO_LARGE,
          DEADLINE_PASSED,
          CANCELLED,
          INTERNAL,
          TOO_SLOW ->
          LinkTrouble.REFUSED_BY_WORKER;
    };
  }

  private static LinkTrouble troubleOf(TlsFailure.Kind kind) {
    return switch (kind) {
      case NOT_TLS -> LinkTrouble.NOT_TLS;
      case CERTIFICATE -> LinkTrouble.UNTRUSTED_CERTIFICATE;
      case OWN_CERTIFICATE -> LinkTrouble.OWN_CERTIFICATE;
      case HANDSHAKE -> LinkTrouble.TLS_FAILED;
    };
  }

  private static String reasonOf(Refusal refused) {
    String why = ": " + refused.message();
    return switch (troubleOf(refused.code())) {
      case MODEL_NOT_SERVED -> " does not serve this model" + why;
      case FULL -> " is full" + why;
      case OTHER_VERSION -> " is of another version" + why;
      case UNAUTHENTICATED -> " does not accept who calls" + why;
      case DRAINING -> " takes nothing new" + why;
      default ->
          " refuses the connection: "
              + refused.code().name().toLowerCase(Locale.ROOT).replace('_', ' ')
              + why;
    };
  }

  private void onPing(ChannelHandlerContext c, Ping ping) throws ProtocolException {
    if (pongsUnwritten >= MAX_PONGS_UNWRITTEN) {
      throw ProtocolException.malformedConnection("more pings than can be answered");
    }
    pongsUnwritten++;
    c.write(frames.write(c.alloc(), new Pong(ping.token(), now(), LoadReport.IDLE)))
        .addListener(written -> pongsUnwritten--);
    flush(c);
  }

  private void onPong(Pong pong, long receivedNanos) {
    PingClock.RoundTrip trip = clock.onPong(pong.token(), pong.nanos(), receivedNanos);
    if (trip == null) {
      return;
    }
    PingClock.PingOut ping = trip.ping();
    link.tell(
        this,
        () -> {
          if (ping.probeBytes() > 0) {
            listener.onProbe(ping.probeBytes(), receivedNanos - ping.begunNanos());
          } else {
            listener.onPong(ping.sentNanos(), receivedNanos, ping.bytesAhead(), pong.load());
          }
        });
  }

  /** The worker leaves: at once, or when it has answered what it has accepted. */
  private void onGoodbye(Goodbye goodbye) {
    String why = "the worker at " + link.address() + " said goodbye: " + goodbye.reason();
    if (goodbye.drainNanos() == 0) {
      end(draining ? LinkTrouble.DRAINING : LinkTrouble.LOST, why);
      return;
    }
    if (draining) {
      return;
    }
    draining = true;
    List<Upload> notLookedAt = new ArrayList<>();
    for (Upload u : new ArrayList<>(open.values())) {
      if (u.wireId > goodbye.lastRequestId()) {
        settle(u);
        notLookedAt.add(u);
      }
    }
    link.draining(this, why, notLookedAt);
  }

  private void settle(Upload u) {
    if (open.remove(u.wireId) != null) {
      bytesInFlight -= u.payloadBytes;
      started.remove(u);
    }
  }

  /** Gives a request up that was begun; the worker hears of it, and may have refused it before. */
  void withdraw(Upload u) {
    ChannelHandlerContext c = context;
    if (c != null) {
      withdraw(c, u);
      withdrawn.put(u.wireId, new Withdrawn(u.request.requestId(), u.request.modelDigest()));
      if (withdrawn.size() > MAX_WITHDRAWN) {
        withdrawn.remove(withdrawn.keySet().iterator().next());
      }
    }
  }

  private void withdraw(ChannelHandlerContext c, Upload u) {
    settle(u);
    if (c.channel().isActive()) {
      send(c, new Cancel(u.wireId));
    }
  }

  private void ping(ChannelHandlerContext c) {
    send(c, new Ping(clock.onPing(now())));
    pingSent();
  }

  private void pingSent() {
    link.tell(this, listener::onPingSent);
  }

  /** Sends padding and a ping behind it, unless the link has something better to do. */
  void probe(int bytes) {
    ChannelHandlerContext c = context;
    Limits granted = limits;
    if (c == null || granted == null || silent || !c.channel().isWritable() || !started.isEmpty()) {
      return;
    }
    long begun = now();
    int left = Math.min(bytes, granted.maxFrameBytes());
    ByteBuf padding = frames.writeData(c.alloc(), 0, ByteBuffer.allocate(left), left);
    int size = padding.readableBytes();
    clock.onWritten(size, begun);
    c.write(padding);
    link.tell(this, () -> listener.onProbeSent(size));
    send(c, new Ping(clock.onProbe(now(), size, begun)));
    pingSent();
  }

  private void schedulePings(ChannelHandlerContext c) {
    c.executor()
        .schedule(
            () -> {
              if (link.holds(this) && c.channel().isActive()) {
                // A timer that is a little early must not skip every second of the usual pings.
                long idle = options.patience().idlePingEveryNanos();
                boolean due =
                    !open.isEmpty()
                        || idle <= options.patience().pingEveryNanos()
                        || now() - clock.lastPingNanos() >= idle;
                if (due && clock.unanswered() < PingClock.MAX_TIMED_OUT) {
                  ping(c);
                }
                schedulePings(c);
              }
            },
            options.patience().pingEveryNanos(),
            TimeUnit.NANOSECONDS);
  }

  private void scheduleSilenceChecks(ChannelHandlerContext c) {
    c.executor()
        .schedule(
            () -> {
              if (link.holds(this) && c.channel().isActive()) {
                checkSilence();
                scheduleSilenceChecks(c);
              }
            },
            Math.max(1_000_000, options.patience().silentAfterNanos() / CHECKS_PER_SILENCE),
            TimeUnit.NANOSECONDS);
  }

  private void checkSilence() {
    PingClock.PingOut oldest = clock.oldest();
    if (oldest == null) {
      return;
    }
    long silence = now() - Math.max(lastHeardNanos, oldest.sentNanos());
    long patience = options.patience().silentAfterNanos();
    if (oldest.bytesAhead() > 0) {
      // A ping behind our own upload may take as long as the upload does, which nobody knows yet
      // while no rate was measured.
      patience += (long) Math.min(clock.rate.nanosFor(oldest.bytesAhead()), 2.0 * patience);
    }
    if (silence > options.patience().giveUpAfterNanos()) {
      end(
          LinkTrouble.LOST,
          "the worker at " + link.address() + " was silent for " + silence / 1_000_000 + " ms");
    } else if (silence > patience && !silent) {
      silent = true;
      link.become(
          this,
          LinkState.SILENT,
          "no byte from the worker at " + link.address() + " for " + silence / 1_000_000 + " ms");
    }
  }

  /** Writes what the link takes now, chunk after chunk, each of the request that goes first. */
  void pump() {
    ChannelHandlerContext c = context;
    if (c == null || limits == null || pumping || !link.holds(this)) {
      return;
    }
    pumping = true;
    try {
      boolean wrote = false;
      while (!silent && c.channel().isActive()) {
        if (!c.channel().isWritable()) {
          if (!wrote) {
            break;
          }
          c.flush();
          wrote = false;
          continue;
        }
        if (!clock.mayWrite()) {
          if (!started.isEmpty() || link.hasWaiting()) {
            clock.onLimited();
            pingIfDue(c);
          }
          break;
        }
        Upload next = next(c);
        if (next == null) {
          break;
        }
        write(c, next);
        wrote = true;
      }
      if (wrote) {
        flush(c);
      }
    } finally {
      pumping = false;
    }
  }

  /** Returns the request whose chunk goes next, null if there is none that may. */
  private @Nullable Upload next(ChannelHandlerContext c) {
    long now = now();
    Upload best = null;
    for (int i = started.size() - 1; i >= 0; i--) {
      Upload u = started.get(i);
      if (u.hasExpired(now)) {
        withdraw(c, u);
        link.expired(u);
      } else if (best == null || Upload.ORDER.compare(u, best) < 0) {
        best = u;
      }
    }
    Upload fresh = draining ? null : link.firstWaiting(Objects.requireNonNull(limits), now);
    if (fresh == null
        || !hasCredit(fresh)
        || (best != null && Upload.ORDER.compare(fresh, best) > 0)) {
      return best;
    }
    link.takeWaiting(fresh);
    begin(c, fresh, now);
    return fresh;
  }

  private boolean hasCredit(Upload u) {
    Limits granted = Objects.requireNonNull(limits);
    return open.size() < granted.maxInFlight()
        && bytesInFlight + u.payloadBytes <= granted.maxBytesInFlight();
  }

  private void begin(ChannelHandlerContext c, Upload u, long now) {
    ClientOptions.Patience patience = options.patience();
    if (patience.idlePingEveryNanos() > patience.pingEveryNanos()
        && now - clock.lastPingNanos() >= patience.pingEveryNanos()) {
      // Before the request, where the way is bare.
      c.write(frames.write(c.alloc(), new Ping(clock.onPing(now))));
      pingSent();
    }
    u.beginOn(this, nextId++, now);
    open.put(u.wireId, u);
    bytesInFlight += u.payloadBytes;
    if (u.remainingBytes > 0) {
      started.add(u);
    }
    long left = u.hasDeadline ? Math.max(1, u.deadlineNanos - now) : 0;
    InferHeader header = InferHeader.of(u.request, u.wireId, left, clock.stamp(now));
    count(u, c, frames.writeInfer(c.alloc(), header));
  }

  private void count(Upload u, ChannelHandlerContext c, ByteBuf frame) {
    int bytes = frame.readableBytes();
    u.bytesSent += bytes;
    u.endsAtByte = clock.onWritten(bytes, now());
    c.write(frame);
  }

  private void write(ChannelHandlerContext c, Upload u) {
    if (u.remainingBytes > 0) {
      int most = Objects.requireNonNull(limits).maxFrameBytes();
      int bytes = Math.min(clock.chunkBytes(most), u.remainingBytes);
      if (u.remainingBytes - bytes <= TAIL_BYTES && u.remainingBytes <= most) {
        bytes = u.remainingBytes;
      }
      count(u, c, frames.writeData(c.alloc(), u.wireId, u.remaining, bytes));
      u.remainingBytes -= bytes;
    }
    if (u.remainingBytes == 0) {
      started.remove(u);
      u.remaining = List.of();
    }
    pingIfDue(c);
  }

  private void pingIfDue(ChannelHandlerContext c) {
    int most = Objects.requireNonNull(limits).maxFrameBytes();
    if (clock.isDue(now(), clock.chunkBytes(most))) {
      c.write(frames.write(c.alloc(), new Ping(clock.onPing(now()))));
      pingSent();
      flush(c);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext c) {
    pump();
  }

  @Override
  public void channelInactive(ChannelHandlerContext c) {
    if (limits == null) {
      link.lost(
          this,
          LinkTrouble.NO_GREETING,
          "what listens at " + link.address() + " takes the connection and closes it",
          0);
    } else {
      link.lost(
          this,
          LinkTrouble.LOST,
          "the connection to the worker at " + link.address() + " closed",
          0);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext c, Throwable thrown) {
    Throwable cause =
        thrown instanceof DecoderException && thrown.getCause() != null
            ? thrown.getCause()
            : thrown;
    if (!(cause instanceof ProtocolException) && !(cause instanceof IOException)) {
      LOG.warn("connection to {} failed", link.address(), cause);
    }
    String address = link.address();
    Optional<TlsFailure> tls = limits == null ? TlsFailure.of(cause) : Optional.empty();
    if (tls.isPresent()) {
      end(troubleOf(tls.get().kind()), "what answers at " + address + " " + tls.get().why());
      return;
    }
    String reason = ClientLink.reason(cause);
    if (limits == null && cause instanceof ProtocolException fault) {
      boolean version = fault.code() == ErrorCode.UNSUPPORTED_VERSION;
      end(
          version ? LinkTrouble.OTHER_VERSION : LinkTrouble.NOT_A_WORKER,
          version
              ? "the worker at " + address + " is of another version: " + reason
              : "what answers at " + address + " is no Sluice worker (" + reason + ")");
    } else {
      end(
          limits == null ? LinkTrouble.NO_GREETING : LinkTrouble.LOST,
          "the connection to " + address + " failed: " + reason);
    }
  }
}
