package dev.sluice.protocol.channel;

import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.Partial;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.Welcome;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@link WorkerClient} does, on its event loop: keeps the requests, and opens connections one
 * after the other.
 *
 * <p>Only {@link #pending}, {@link #submitted} and the volatile fields are touched by other
 * threads. Removing a request from {@link #pending} is what earns the right to give its outcome, so
 * there is exactly one, whoever comes first.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what becomes of an attempt is heard by its listener
class ClientLink {
  private static final Logger LOG = LoggerFactory.getLogger(ClientLink.class);

  /** Bytes written to Netty and not yet taken by the kernel; the window bounds both together. */
  private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(1 << 19, 1 << 20);

  private static final int LEAST_RECEIVE_BYTES = 256;
  private static final int RECEIVE_BYTES = 1 << 12;
  private static final int MAX_RECEIVE_BYTES = 1 << 16;

  /** A worker that asks for more patience than this is tried again all the same. */
  private static final long MAX_WAIT_NANOS = 60_000_000_000L;

  /** A worker that is lost or leaves sooner has not worked: the next attempt waits longer. */
  private static final long STEADY_NANOS = 10_000_000_000L;

  /** A worker that leaves again and again and finishes nothing keeps so many connections. */
  static final int MAX_DRAINING = 3;

  private final ClientOptions options;
  private final ClientListener listener;
  private final EventLoop loop;
  private final Transport transport;
  private final NameLookups names;
  private final String address;

  private final ConcurrentHashMap<Long, Upload> pending = new ConcurrentHashMap<>();
  private final Queue<Upload> submitted = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean drainScheduled = new AtomicBoolean();
  private final UploadQueue waiting;
  private volatile LinkState state = LinkState.CONNECTING;
  private volatile String detail;
  private volatile boolean closed;

  private @Nullable ClientConnection connection;

  /** The host's address that was last connected to, and the one whose worker welcomed us. */
  private @Nullable InetAddress dialled;

  private @Nullable InetAddress reached;

  /** What each of a host's addresses may take, all together no longer than an attempt. */
  private long dialPatienceNanos;

  /** Connections whose worker takes nothing new, until their last answer; the oldest first. */
  private final List<ClientConnection> draining = new ArrayList<>();

  private int failures;
  private @Nullable ClientConnection welcomed;
  private long welcomedNanos;
  private long ignoredReplies;

  ClientLink(
      ClientOptions options,
      ClientListener listener,
      EventLoop loop,
      Transport transport,
      NameLookups names) {
    this.options = options;
    this.listener = listener;
    this.loop = loop;
    this.transport = transport;
    this.names = names;
    waiting =
        new UploadQueue(
            options.sending().maxWaitingRequests(), options.sending().maxWaitingBytes());
    address = options.host() + ":" + options.port();
    detail = "connecting to " + address;
  }

  void start() {
    loop.execute(this::connect);
  }

  LinkState state() {
    return state;
  }

  String address() {
    return address;
  }

  long ignoredReplies() {
    return ignoredReplies;
  }

  void ignoreReply() {
    ignoredReplies++;
  }

  Request send(Infer request, Consumer<CloudOutcome> done, Consumer<Partial> partials) {
    Upload u = new Upload(request, done, partials, options.nanoClock().getAsLong());
    if (pending.putIfAbsent(request.requestId(), u) != null) {
      throw new IllegalArgumentException("request id is in use: " + request.requestId());
    }
    if (waiting.enter(u)) {
      submitted.add(u);
      scheduleDrain();
    } else {
      onLoop(u, () -> finish(u, full(u)));
    }
    return new Request() {
      @Override
      public long id() {
        return request.requestId();
      }

      @Override
      public void cancel() {
        ClientLink.this.cancel(u);
      }
    };
  }

  private CloudOutcome full(Upload u) {
    return new CloudOutcome.Refused(
        new Refusal(
            u.request.requestId(),
            ErrorCode.OVERLOADED,
            "%d requests and %d payload bytes may wait on this device, and do"
                .formatted(
                    options.sending().maxWaitingRequests(), options.sending().maxWaitingBytes()),
            0));
  }

  /** Requests that come close together are taken over by one task, and so written by one call. */
  private void scheduleDrain() {
    if (drainScheduled.compareAndSet(false, true)) {
      try {
        loop.execute(this::drainSubmitted);
      } catch (RejectedExecutionException stopped) {
        // First of all, so that whoever comes later finds out by itself.
        drainScheduled.set(false);
        for (Upload late = submitted.poll(); late != null; late = submitted.poll()) {
          waiting.leave(late);
          finish(late, new CloudOutcome.LinkLost("client is closed"));
        }
      }
    }
  }

  private void onLoop(Upload u, Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException stopped) {
      finish(u, new CloudOutcome.LinkLost("client is closed"));
    }
  }

  private void drainSubmitted() {
    drainScheduled.set(false);
    takeSubmitted();
    pump();
  }

  private void takeSubmitted() {
    for (Upload u = submitted.poll(); u != null; u = submitted.poll()) {
      enqueue(u);
    }
  }

  private void enqueue(Upload u) {
    if (pending.get(u.request.requestId()) != u) {
      waiting.leave(u);
    } else if (closed) {
      waiting.leave(u);
      finish(u, new CloudOutcome.LinkLost("client is closed"));
    } else if (state == LinkState.DOWN) {
      waiting.leave(u);
      finish(u, new CloudOutcome.LinkLost(detail));
    } else {
      waiting.add(u);
    }
  }

  void cancel(long requestId) {
    Upload u = pending.get(requestId);
    if (u != null) {
      cancel(u);
    }
  }

  private void cancel(Upload u) {
    onLoop(u, () -> cancelOnLoop(u));
  }

  private void cancelOnLoop(Upload u) {
    if (pending.get(u.request.requestId()) != u) {
      return;
    }
    ClientConnection sentOn = u.sentOn;
    if (sentOn == null) {
      waiting.remove(u);
    } else {
      sentOn.withdraw(u);
    }
    finish(u, new CloudOutcome.Cancelled());
    pump();
  }

  void probe(int bytes) {
    try {
      loop.execute(
          () -> {
            ClientConnection c = connection;
            if (c != null && waiting.isEmpty()) {
              c.probe(bytes);
            }
          });
    } catch (RejectedExecutionException stopped) {
      LOG.debug("client is closed; nothing to probe");
    }
  }

  /** Gives a request its outcome, unless it has one. */
  void finish(Upload u, CloudOutcome outcome) {
    if (!pending.remove(u.request.requestId(), u)) {
      return;
    }
    try {
      u.done.accept(outcome);
    } catch (RuntimeException failure) {
      LOG.warn("the receiver of an outcome failed", failure);
    }
  }

  /** Gives a request up whose time is over, of which the worker need not hear any more. */
  void expired(Upload u) {
    finish(u, refused(u, ErrorCode.DEADLINE_PASSED, "the deadline passed before it was sent"));
  }

  private static CloudOutcome refused(Upload u, ErrorCode code, String why) {
    return new CloudOutcome.Refused(new Refusal(u.request.requestId(), code, why, 0));
  }

  boolean hasWaiting() {
    return !waiting.isEmpty();
  }

  /** Returns the request that is sent next, null if there is none; drops those that never can. */
  @Nullable Upload firstWaiting(Limits limits, long nowNanos) {
    while (true) {
      Upload first = waiting.first();
      if (first == null) {
        return null;
      }
      if (first.hasExpired(nowNanos)) {
        waiting.remove(first);
        expired(first);
      } else if (first.payloadBytes > limits.maxPayloadBytes()) {
        waiting.remove(first);
        finish(
            first,
            refused(
                first,
                ErrorCode.TOO_LARGE,
                "payloads of "
                    + first.payloadBytes
                    + " bytes, the worker takes "
                    + limits.maxPayloadBytes()));
      } else {
        return first;
      }
    }
  }

  void takeWaiting(Upload u) {
    waiting.remove(u);
  }

  private void pump() {
    ClientConnection c = connection;
    if (c != null) {
      c.pump();
    }
  }

  /** Returns whether a connection is still in use. */
  boolean holds(ClientConnection c) {
    return connection == c || draining.contains(c);
  }

  void become(ClientConnection who, LinkState next, String why) {
    if (connection == who) {
      become(next, why);
    }
  }

  private void become(LinkState next, String why) {
    detail = why;
    if (state != next) {
      state = next;
      tell(() -> listener.onState(next, why));
    }
  }

  /** Tells the listener what a connection has heard, if it is the one in use. */
  void tell(ClientConnection who, Runnable call) {
    if (connection == who) {
      tell(call);
    }
  }

  private static void tell(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException failure) {
      LOG.warn("the link's listener failed", failure);
    }
  }

  void welcomed(ClientConnection who, Welcome welcome) {
    welcomed = who;
    reached = dialled;
    welcomedNanos = options.nanoClock().getAsLong();
    tell(who, () -> listener.onWelcome(welcome));
    become(who, LinkState.UP, "connected to " + welcome.workerName() + " at " + address);
  }

  void close() {
    Runnable closing =
        () -> {
          closed = true;
          List<ClientConnection> all = new ArrayList<>(draining);
          draining.clear();
          if (connection != null) {
            all.add(connection);
          }
          connection = null;
          all.forEach(ClientConnection::leave);
          drainSubmitted();
          waiting.drain();
          for (Upload u : new ArrayList<>(pending.values())) {
            finish(u, new CloudOutcome.LinkLost("client is closed"));
          }
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

  private void connect() {
    if (closed || connection != null) {
      return;
    }
    become(LinkState.CONNECTING, "connecting to " + address);
    ClientConnection attempt = new ClientConnection(this, options, listener);
    connection = attempt;
    names.lookUp(
        options.host(),
        options.patience().connectTimeoutNanos(),
        addresses -> dial(attempt, addresses));
  }

  private void dial(ClientConnection attempt, List<InetAddress> addresses) {
    if (connection != attempt) {
      return;
    }
    if (addresses.isEmpty()) {
      lost(
          attempt, LinkTrouble.UNKNOWN_HOST, "no address is found for '" + options.host() + "'", 0);
      return;
    }
    // The one that welcomed us before comes first: others may let each attempt time out.
    List<InetAddress> inTurn = new ArrayList<>(addresses);
    inTurn.sort(Comparator.comparing(address -> !address.equals(reached)));
    dialPatienceNanos = options.patience().connectTimeoutNanos() / inTurn.size();
    dialInTurn(attempt, inTurn.iterator(), null);
  }

  /**
   * Tries a host's addresses one after the other: it may have some that lead nowhere from here.
   *
   * @param first why the first one failed, which is what is told when all do
   */
  private void dialInTurn(
      ClientConnection attempt, Iterator<InetAddress> addresses, @Nullable Throwable first) {
    InetAddress address = addresses.next();
    dial(
        attempt,
        new InetSocketAddress(address, options.port()),
        () -> dialled = address,
        cause -> {
          Throwable told = first == null ? cause : first;
          if (connection != attempt || !addresses.hasNext()) {
            unreachable(attempt, told);
            return;
          }
          ClientConnection next = new ClientConnection(this, options, listener);
          connection = next;
          dialInTurn(next, addresses, told);
        });
  }

  /** Opens the socket of an attempt. Tests put another channel there. */
  void dial(
      ClientConnection attempt,
      InetSocketAddress at,
      Runnable connected,
      Consumer<Throwable> failed) {
    long timeoutMillis = TimeUnit.NANOSECONDS.toMillis(dialPatienceNanos);
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(transport.socket())
            .disableResolver()
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .option(ChannelOption.SO_SNDBUF, options.sending().socketBufferBytes())
            .option(
                ChannelOption.CONNECT_TIMEOUT_MILLIS,
                (int) Math.max(1, Math.min(Integer.MAX_VALUE, timeoutMillis)))
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channel
                        .config()
                        .setRecvByteBufAllocator(
                            new AdaptiveRecvByteBufAllocator(
                                LEAST_RECEIVE_BYTES, RECEIVE_BYTES, MAX_RECEIVE_BYTES));
                    attempt.install(channel.pipeline());
                  }
                });
    transport.boundUnsent(bootstrap, options.sending().unsentBytes());
    bootstrap
        .connect(at)
        .addListener(
            attempted -> {
              if (attempted.isSuccess()) {
                connected.run();
              } else {
                failed.accept(Objects.requireNonNull(attempted.cause()));
              }
            });
  }

  /** What the system says repeats the address, so only its kind is told. */
  private void unreachable(ClientConnection attempt, Throwable cause) {
    if (cause instanceof ConnectTimeoutException) {
      long millis = TimeUnit.NANOSECONDS.toMillis(options.patience().connectTimeoutNanos());
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

  static String reason(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }

  /**
   * The worker of the connection in use takes nothing new: that goes to the next connection, while
   * this one brings the answers to what it has.
   *
   * @param notLookedAt requests that were sent and not accepted
   */
  void draining(ClientConnection which, String why, List<Upload> notLookedAt) {
    for (Upload u : notLookedAt) {
      u.rewind();
      if (pending.get(u.request.requestId()) == u) {
        waiting.putBack(u);
      }
    }
    if (connection != which) {
      return;
    }
    connection = null;
    reached = null;
    draining.add(which);
    if (draining.size() > MAX_DRAINING) {
      giveUp(draining.remove(0));
    }
    tell(() -> listener.onTrouble(LinkTrouble.DRAINING, why, 0));
    if (closed) {
      return;
    }
    become(LinkState.CONNECTING, why);
    loop.schedule(this::connect, nextWait(which), TimeUnit.NANOSECONDS);
  }

  private void giveUp(ClientConnection longDraining) {
    longDraining.leave();
    fail(
        longDraining,
        new CloudOutcome.LinkLost(
            "the worker at "
                + address
                + " has left "
                + MAX_DRAINING
                + " times since and not answered"));
  }

  /** A connection is gone, or never came to be; the next attempt is scheduled. */
  void lost(ClientConnection which, LinkTrouble trouble, String why, long waitAtLeastNanos) {
    if (draining.remove(which)) {
      fail(which, new CloudOutcome.LinkLost(why));
      return;
    }
    if (connection != which) {
      return;
    }
    connection = null;
    if (welcomed != which || which.refusal() != null) {
      // What listens there is no worker of ours, or not now.
      reached = null;
    }
    // Those submitted before share its fate, also where their task has not run yet.
    takeSubmitted();
    tell(() -> listener.onTrouble(trouble, why, waitAtLeastNanos));
    become(LinkState.DOWN, why);
    Refusal refusal = which.refusal();
    List<Upload> lost = waiting.drain();
    for (Upload u : pending.values()) {
      if (u.sentOn == which) {
        lost.add(u);
      }
    }
    for (Upload u : lost) {
      finish(
          u,
          refusal == null
              ? new CloudOutcome.LinkLost(why)
              : new CloudOutcome.Refused(
                  new Refusal(
                      u.request.requestId(),
                      refusal.code(),
                      refusal.message(),
                      refusal.retryAfterNanos())));
    }
    long asked = Math.min(waitAtLeastNanos, MAX_WAIT_NANOS);
    loop.schedule(this::connect, Math.max(nextWait(which), asked), TimeUnit.NANOSECONDS);
  }

  /** Returns how long to wait before the attempt that follows a connection. */
  private long nextWait(ClientConnection last) {
    if (welcomed == last && options.nanoClock().getAsLong() - welcomedNanos >= STEADY_NANOS) {
      failures = 0;
    }
    int doublings = Math.min(failures, 20);
    failures++;
    double mean =
        Math.min(
            (double) options.patience().maxBackoffNanos(),
            options.patience().firstBackoffNanos() * (double) (1L << doublings));
    return (long) (mean * spread());
  }

  private void fail(ClientConnection which, CloudOutcome outcome) {
    for (Upload u : new ArrayList<>(pending.values())) {
      if (u.sentOn == which) {
        finish(u, outcome);
      }
    }
  }

  /** Many devices that lost the same worker shall not come back together. */
  private double spread() {
    return 0.5 + options.jitter().nextDouble();
  }
}
