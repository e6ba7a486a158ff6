package dev.sluice.protocol.pool;

import dev.sluice.protocol.channel.ClientListener;
import dev.sluice.protocol.channel.ClientOptions;
import dev.sluice.protocol.channel.CloudOutcome;
import dev.sluice.protocol.channel.LinkState;
import dev.sluice.protocol.channel.LinkTrouble;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Partial;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.Welcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@link WorkerPool} does, on its loop.
 *
 * <p>Only {@link #pending} and the volatile fields are touched by other threads. Removing a request
 * from {@link #pending} is what earns the right to give its outcome, so there is exactly one.
 */
final class PoolCore {
  private static final Logger LOG = LoggerFactory.getLogger(PoolCore.class);

  /** A name with more addresses than this keeps the first ones. */
  private static final int MAX_ADDRESSES = 256;

  /** A worker that asks for more rest than this is used again all the same. */
  private static final long MAX_REST_NANOS = 60_000_000_000L;

  private static final int MAX_DETAILS = 3;
  private static final String CLOSED = "client is closed";

  private final PoolOptions options;
  private final PoolLoop loop;
  private final Link.Opener opener;
  private final ClientListener listener;
  private final RandomGenerator random;
  private final RetryBudget budget;

  private final ConcurrentHashMap<Long, Pending> pending = new ConcurrentHashMap<>();
  private final Queue<Pending> waiting = new ArrayDeque<>();
  private long waitingBytes;

  /** By rank, the preferred ones first. */
  private final List<Member> members = new ArrayList<>();

  /** When each name was looked up last; absent while that is under way. */
  private final Map<WorkerTarget, Long> lookedUpNanos = new HashMap<>();

  private final Map<WorkerTarget, String> unresolved = new HashMap<>();
  private int lookups;

  private volatile LinkState state = LinkState.CONNECTING;
  private volatile String detail = "connecting";
  private volatile boolean closed;
  private @Nullable Member lastUsed;
  private LinkTrouble lastTrouble = LinkTrouble.LOST;

  PoolCore(PoolOptions options, PoolLoop loop, Link.Opener opener, ClientListener listener) {
    this.options = options;
    this.loop = loop;
    this.opener = opener;
    this.listener = listener;
    random = options.client().jitter();
    budget = new RetryBudget(options.retryShare(), options.retryBurst());
  }

  LinkState state() {
    return state;
  }

  // --- called from any thread -------------------------------------------------------------------

  void start() {
    loop.execute(this::begin);
  }

  void send(Infer request, Consumer<CloudOutcome> done, Consumer<Partial> partials) {
    Pending p = new Pending(request, done, partials, loop.nanoTime());
    if (pending.putIfAbsent(p.id(), p) != null) {
      throw new IllegalArgumentException("request id is in use: " + p.id());
    }
    try {
      loop.execute(() -> submit(p));
    } catch (RejectedExecutionException stopped) {
      finish(p, new CloudOutcome.LinkLost(CLOSED));
    }
  }

  void cancel(long requestId) {
    Pending p = pending.get(requestId);
    if (p == null) {
      return;
    }
    try {
      loop.execute(() -> cancelOnLoop(p));
    } catch (RejectedExecutionException stopped) {
      finish(p, new CloudOutcome.LinkLost(CLOSED));
    }
  }

  void probe(int bytes) {
    try {
      loop.execute(
          () -> {
            Member m = inUse();
            if (m != null && m.link != null && waiting.isEmpty()) {
              m.link.probe(bytes);
            }
          });
    } catch (RejectedExecutionException stopped) {
      LOG.debug("nothing is left to probe");
    }
  }

  // --- on the loop ------------------------------------------------------------------------------

  List<WorkerStatus> workers() {
    return members.stream().map(Member::status).toList();
  }

  void close() {
    if (closed) {
      return;
    }
    closed = true;
    waiting.clear();
    waitingBytes = 0;
    for (Pending p : new ArrayList<>(pending.values())) {
      finish(p, new CloudOutcome.LinkLost(CLOSED));
    }
    for (Member m : members) {
      drop(m);
    }
    become(LinkState.DOWN, CLOSED);
  }

  private void begin() {
    long now = loop.nanoTime();
    for (WorkerTarget target : options.targets()) {
      if (target instanceof WorkerTarget.EveryAddress name) {
        lookUp(name);
      } else {
        add(new WorkerAddress(target.host(), target.port(), target.host()), target, now);
      }
    }
    maintain();
  }

  private void submit(Pending p) {
    if (pending.get(p.id()) != p) {
      return;
    }
    budget.onRequest();
    Optional<Member> best = choose(List.of());
    if (best.isPresent()) {
      assign(p, best.get());
    } else if (closed || state == LinkState.DOWN) {
      finish(p, new CloudOutcome.LinkLost(detail));
    } else if (hasRoom(p)) {
      await(p);
    } else {
      refuse(p, ErrorCode.OVERLOADED, "as much waits on this device as may");
    }
  }

  private boolean hasRoom(Pending p) {
    if (!fits(p)) {
      dropExpired();
    }
    return fits(p);
  }

  /** A request larger than all the room may wait alone. */
  private boolean fits(Pending p) {
    ClientOptions.Sending sending = options.client().sending();
    return waiting.isEmpty()
        || (waiting.size() < sending.maxWaitingRequests()
            && waitingBytes + p.payloadBytes <= sending.maxWaitingBytes());
  }

  private void await(Pending p) {
    waiting.add(p);
    waitingBytes += p.payloadBytes;
  }

  private @Nullable Pending nextWaiting() {
    Pending p = waiting.poll();
    if (p != null) {
      waitingBytes -= p.payloadBytes;
    }
    return p;
  }

  private void dropExpired() {
    long now = loop.nanoTime();
    for (Pending p : List.copyOf(waiting)) {
      if (p.leftNanos(now) <= 0) {
        stopWaiting(p);
        expire(p);
      }
    }
  }

  private void stopWaiting(Pending p) {
    if (waiting.remove(p)) {
      waitingBytes -= p.payloadBytes;
    }
  }

  private void expire(Pending p) {
    refuse(p, ErrorCode.DEADLINE_PASSED, "the deadline passed before it was sent");
  }

  private void refuse(Pending p, ErrorCode code, String why) {
    finish(p, new CloudOutcome.Refused(new Refusal(p.id(), code, why, 0)));
  }

  private void cancelOnLoop(Pending p) {
    if (pending.get(p.id()) != p) {
      return;
    }
    stopWaiting(p);
    takeBack(p);
    finish(p, new CloudOutcome.Cancelled());
    maintain();
  }

  /** Takes a request from the worker that has it. */
  private void takeBack(Pending p) {
    Member at = p.at;
    if (at == null) {
      return;
    }
    p.at = null;
    at.inFlight.remove(p.id());
    at.wait.onEnded();
    Link link = at.link;
    if (link != null) {
      link.cancel(p.id());
    }
  }

  private void finish(Pending p, CloudOutcome outcome) {
    if (!pending.remove(p.id(), p)) {
      return;
    }
    try {
      p.done.accept(outcome);
    } catch (RuntimeException failure) {
      LOG.warn("the receiver of an outcome failed", failure);
    }
  }

  // --- which worker -----------------------------------------------------------------------------

  /**
   * Returns the better of two workers chosen at random.
   *
   * <p>Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE Transactions on
   * Parallel and Distributed Systems 12(10), 2001. The best of all would be the same for every
   * device until the next load reports, which would then all go there.
   */
  private Optional<Member> choose(List<Member> but) {
    long now = loop.nanoTime();
    List<Member> able = new ArrayList<>(members.size());
    for (Member m : members) {
      if (m.takesRequests() && !but.contains(m)) {
        able.add(m);
      }
    }
    if (able.size() > 1) {
      keepSome(able, m -> now - m.restUntilNanos >= 0);
      long oldest = able.stream().mapToLong(m -> m.ageNanos(now)).max().orElse(0);
      keepSome(
          able,
          m -> random.nextDouble() < m.weight(now, Math.min(oldest, options.slowStartNanos())));
    }
    if (able.isEmpty()) {
      return Optional.empty();
    }
    int first = random.nextInt(able.size());
    if (able.size() == 1) {
      return Optional.of(able.get(first));
    }
    int second = (first + 1 + random.nextInt(able.size() - 1)) % able.size();
    double elsewhere = computeElsewhere();
    Member one = able.get(first);
    Member other = able.get(second);
    return Optional.of(other.wait.nanos(elsewhere) < one.wait.nanos(elsewhere) ? other : one);
  }

  private interface Condition {
    boolean holds(Member m);
  }

  /** Leaves those out that do not meet a condition, unless that would leave none. */
  private static void keepSome(List<Member> able, Condition condition) {
    List<Member> kept = new ArrayList<>(able.size());
    for (Member m : able) {
      if (condition.holds(m)) {
        kept.add(m);
      }
    }
    if (!kept.isEmpty()) {
      able.retainAll(kept);
    }
  }

  private double computeElsewhere() {
    return members.stream()
        .mapToDouble(m -> m.wait.computeNanos())
        .filter(nanos -> nanos > 0)
        .average()
        .orElse(ExpectedWait.UNKNOWN_COMPUTE_NANOS);
  }

  private void assign(Pending p, Member m) {
    Link link = m.link;
    if (link == null) {
      throw new IllegalStateException("no link to " + m.address);
    }
    p.at = m;
    p.triedAt.add(m);
    m.inFlight.put(p.id(), p);
    m.wait.onSent();
    lastUsed = m;
    link.send(
        p.asOf(loop.nanoTime()),
        outcome -> onOutcome(p, m, outcome),
        partial -> {
          if (p.at == m) {
            tell(() -> p.partials.accept(partial));
          }
        });
  }

  // --- what became of a request -----------------------------------------------------------------

  private void onOutcome(Pending p, Member m, CloudOutcome outcome) {
    if (p.at == m) { // otherwise it was taken back meanwhile
      settle(p, m, outcome);
      maintain();
    }
  }

  private void settle(Pending p, Member m, CloudOutcome outcome) {
    p.at = null;
    m.inFlight.remove(p.id());
    m.wait.onEnded();
    if (outcome instanceof CloudOutcome.Answered answered) {
      m.wait.onAnswer(answered.answer().stamps(), answered.answer().load());
      finish(p, outcome);
    } else if (!isElsewhereBetter(m, outcome) || !retry(p)) {
      finish(p, outcome);
    }
  }

  /** Whether another worker may do what this one did not; notes what it says of this one. */
  private boolean isElsewhereBetter(Member m, CloudOutcome outcome) {
    if (outcome instanceof CloudOutcome.Refused refused) {
      Refusal refusal = refused.refusal();
      if (refusal.code() == ErrorCode.OVERLOADED) {
        m.restUntilNanos =
            loop.nanoTime() + Math.max(0, Math.min(MAX_REST_NANOS, refusal.retryAfterNanos()));
        return true;
      }
      if (refusal.code() == ErrorCode.DRAINING) {
        m.draining = true;
        postponeReplacement();
        return true;
      }
      return false;
    }
    return outcome instanceof CloudOutcome.LinkLost;
  }

  /** Gives a request to a worker that did not have it yet. Returns whether that was done. */
  private boolean retry(Pending p) {
    if (closed || p.retries() >= options.maxRetries() || pending.get(p.id()) != p) {
      return false;
    }
    Optional<Member> other = choose(p.triedAt);
    if (other.isEmpty()) {
      return false;
    }
    double needed = other.get().wait.nanos(computeElsewhere());
    if (p.leftNanos(loop.nanoTime()) <= needed || !budget.take()) {
      return false;
    }
    assign(p, other.get());
    return true;
  }

  /**
   * Moves what a silent worker has to others. It may yet answer, but most silences outlast the
   * deadlines of requests.
   */
  private void rescue(Member silent) {
    for (Pending p : new ArrayList<>(silent.inFlight.values())) {
      if (p.at != silent || choose(p.triedAt).isEmpty()) {
        continue;
      }
      Link link = silent.link;
      if (retry(p)) {
        silent.inFlight.remove(p.id());
        silent.wait.onEnded();
        if (link != null) {
          link.cancel(p.id());
        }
      }
    }
  }

  // --- connections ------------------------------------------------------------------------------

  private void add(WorkerAddress address, WorkerTarget from, long now) {
    for (Member m : members) {
      if (m.address.equals(address)) {
        m.leaving = false;
        return;
      }
    }
    Member made =
        new Member(
            address,
            from,
            address.rank(options.client().identity().clientName()),
            new Backoff(options, random),
            now);
    members.add(made);
    members.sort(Comparator.comparingLong(m -> m.rank));
  }

  /** Opens the connections that are missing, closes those that are too many. */
  private void maintain() {
    if (closed) {
      return;
    }
    retire();
    dropExpired();
    long now = loop.nanoTime();
    int covered = 0;
    // In this order, so that a preferred worker that was replaced is called again and again, too.
    for (Member m : members) {
      if (covered >= options.connections()) {
        break;
      }
      if (m.link == null && !m.leaving && now - m.callAgainNanos >= 0) {
        open(m);
      }
      covered += m.link != null && !m.draining && !m.leaving ? 1 : 0;
    }
    summarise();
  }

  /** Closes connections that are not wanted any more, as soon as they are idle. */
  private void retire() {
    long now = loop.nanoTime();
    int better = 0;
    for (Member m : List.copyOf(members)) {
      boolean surplus = better >= options.connections();
      boolean idle = m.inFlight.isEmpty();
      if (m.link != null
          && ((m.draining && idle) || ((m.leaving || surplus) && (idle || !m.isUp())))) {
        if (m.draining) {
          m.callAgainNanos = now + m.backoff.afterFailure(0, better > 0, 0);
          loop.after(m.callAgainNanos - now, this::maintain);
        }
        drop(m);
      }
      if (m.leaving && m.link == null) {
        members.remove(m);
      } else if (m.takesRequests() && m.ageNanos(now) >= options.slowStartNanos()) {
        better++;
      }
    }
  }

  private void drop(Member m) {
    Link link = m.link;
    if (link == null) {
      return;
    }
    forget(m);
    for (Pending p : new ArrayList<>(m.inFlight.values())) {
      settle(p, m, new CloudOutcome.LinkLost(m.detail));
    }
    link.close();
  }

  private static void forget(Member m) {
    m.link = null;
    m.connection++;
    m.state = LinkState.DOWN;
    m.draining = false;
  }

  private void open(Member m) {
    int connection = ++m.connection;
    m.state = LinkState.CONNECTING;
    if (!m.tried) {
      m.detail = "connecting to " + m.address;
    }
    m.wait = new ExpectedWait();
    m.restUntilNanos = loop.nanoTime();
    m.link = opener.open(m.address, new Ears(m, connection));
  }

  /** Hears what one connection is told. */
  private final class Ears implements ClientListener {
    private final Member m;
    private final int connection;
    private LinkTrouble trouble = LinkTrouble.LOST;
    private long askedNanos;

    Ears(Member m, int connection) {
      this.m = m;
      this.connection = connection;
    }

    private boolean isPast() {
      return closed || m.connection != connection;
    }

    @Override
    public void onState(LinkState now, String why) {
      if (isPast()) {
        return;
      }
      // That it is called again does not say why it could not be used.
      m.detail = now == LinkState.CONNECTING && m.tried ? m.detail : why;
      switch (now) {
        case CONNECTING -> m.state = LinkState.CONNECTING;
        case UP -> onUp(m);
        case SILENT -> {
          m.state = LinkState.SILENT;
          rescue(m);
        }
        case DOWN -> onDown(m, trouble, askedNanos);
      }
      maintain();
    }

    @Override
    public void onTrouble(LinkTrouble what, String why, long retryAfterNanos) {
      trouble = what;
      askedNanos = retryAfterNanos;
      if (what == LinkTrouble.DRAINING && !isPast()) {
        m.draining = true;
        postponeReplacement();
      }
    }

    @Override
    public void onWelcome(Welcome welcome) {
      if (!isPast()) {
        m.wait.onLoad(welcome.load());
        tell(() -> listener.onWelcome(welcome));
      }
    }

    @Override
    public void onPingSent() {
      if (!isPast()) {
        tell(listener::onPingSent);
      }
    }

    @Override
    public void onPong(long sentNanos, long receivedNanos, int bytesAhead, LoadReport load) {
      if (isPast()) {
        return;
      }
      if (bytesAhead == 0) {
        m.wait.onRoundTrip(receivedNanos - sentNanos);
      }
      m.wait.onLoad(load);
      if (m == inUse()) {
        tell(() -> listener.onPong(sentNanos, receivedNanos, bytesAhead, load));
      }
    }

    @Override
    public void onProbeSent(int bytes) {
      if (!isPast()) {
        tell(() -> listener.onProbeSent(bytes));
      }
    }

    @Override
    public void onProbe(int bytes, long elapsedNanos) {
      if (!isPast()) {
        tell(() -> listener.onProbe(bytes, elapsedNanos));
      }
    }

    @Override
    public void onLateRefusal(String modelDigest, Refusal refusal) {
      if (!isPast()) {
        tell(() -> listener.onLateRefusal(modelDigest, refusal));
      }
    }

    @Override
    public void onLoad(LoadReport load) {
      if (isPast()) {
        return;
      }
      m.wait.onLoad(load);
      if (m == inUse()) {
        tell(() -> listener.onLoad(load));
      }
    }
  }

  /** Returns the worker whose link is that of the next requests, as far as anybody can tell. */
  private @Nullable Member inUse() {
    Member last = lastUsed;
    if (last != null && last.takesRequests()) {
      return last;
    }
    double elsewhere = computeElsewhere();
    return members.stream()
        .filter(Member::takesRequests)
        .min(Comparator.comparingDouble(m -> m.wait.nanos(elsewhere)))
        .orElse(null);
  }

  private void onUp(Member m) {
    boolean again = m.state == LinkState.SILENT;
    m.state = LinkState.UP;
    m.tried = false;
    if (!again) {
      m.draining = false;
      m.upSinceNanos = loop.nanoTime();
      loop.after(options.slowStartNanos(), this::maintain);
    }
    // Before those that wait go out: whoever is told sends, too, and comes behind them.
    summarise();
    for (Pending p = nextWaiting(); p != null; p = nextWaiting()) {
      if (pending.get(p.id()) != p) {
        continue;
      }
      if (p.leftNanos(loop.nanoTime()) <= 0) {
        expire(p);
        continue;
      }
      Optional<Member> best = choose(List.of());
      if (best.isEmpty()) {
        await(p);
        return;
      }
      assign(p, best.get());
    }
  }

  private void onDown(Member m, LinkTrouble trouble, long askedNanos) {
    long now = loop.nanoTime();
    boolean wasUp = m.isUp() || m.state == LinkState.SILENT;
    Link link = m.link;
    m.tried = true;
    if (m.draining && !m.inFlight.isEmpty()) {
      // An earlier connection may still bring the answers to what the worker has accepted.
      m.state = LinkState.DOWN;
    } else {
      forget(m);
      // The link is in the middle of telling; it still has the outcomes of its requests to give.
      loop.execute(
          () -> {
            if (link != null) {
              link.close();
            }
          });
    }
    boolean calm = members.stream().anyMatch(Member::isUp);
    long wait = m.backoff.afterFailure(wasUp ? now - m.upSinceNanos : 0, calm, askedNanos);
    m.callAgainNanos = now + wait;
    loop.after(wait, this::maintain);
    postponeReplacement();
    lastTrouble = trouble;
    if (!calm) {
      refreshNames(options.refreshDownNanos());
    }
  }

  /**
   * Not now, while another is up: the other devices of a lost worker look for a replacement, too.
   */
  private void postponeReplacement() {
    if (members.stream().noneMatch(Member::takesRequests)) {
      return;
    }
    long now = loop.nanoTime();
    long wait = (long) (random.nextDouble() * options.replaceWithinNanos());
    for (Member m : members) {
      if (m.link == null && m.callAgainNanos - now < wait) {
        m.callAgainNanos = now + wait;
      }
    }
    loop.after(wait, this::maintain);
  }

  // --- the state of it all ----------------------------------------------------------------------

  private void summarise() {
    int up = 0;
    int silent = 0;
    int connecting = lookups;
    String upDetail = "";
    String otherDetail = "";
    for (Member m : members) {
      switch (m.state) {
        case UP -> {
          up++;
          upDetail = m.detail;
        }
        case SILENT -> {
          silent++;
          otherDetail = m.detail;
        }
        case CONNECTING -> {
          // One that failed is down until it is up: several that are called again and again, by
          // turns, would keep requests waiting for ever.
          if (!m.tried) {
            connecting++;
            otherDetail = silent > 0 ? otherDetail : m.detail;
          }
        }
        case DOWN -> {}
      }
    }
    if (up > 0) {
      become(LinkState.UP, upDetail);
    } else if (silent > 0) {
      become(LinkState.SILENT, otherDetail);
    } else if (connecting > 0) {
      become(LinkState.CONNECTING, otherDetail.isEmpty() ? "looking names up" : otherDetail);
    } else {
      String why = whyDown();
      if (state != LinkState.DOWN || !why.equals(detail)) {
        LinkTrouble trouble =
            members.isEmpty() && !unresolved.isEmpty() ? LinkTrouble.UNKNOWN_HOST : lastTrouble;
        tell(() -> listener.onTrouble(trouble, why));
      }
      become(LinkState.DOWN, why);
      for (Pending p = nextWaiting(); p != null; p = nextWaiting()) {
        finish(p, new CloudOutcome.LinkLost(why));
      }
    }
  }

  private String whyDown() {
    List<String> reasons = new ArrayList<>();
    members.stream().filter(m -> m.tried).forEach(m -> reasons.add(m.detail));
    reasons.addAll(unresolved.values());
    if (reasons.size() <= 1) {
      return reasons.isEmpty() ? detail : reasons.get(0);
    }
    int told = Math.min(MAX_DETAILS, reasons.size());
    return "no worker can be used: "
        + String.join("; ", reasons.subList(0, told))
        + (told < reasons.size() ? "; and " + (reasons.size() - told) + " more" : "");
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
      LOG.warn("the pool's listener failed", failure);
    }
  }

  // --- names ------------------------------------------------------------------------------------

  private void refreshNames(long olderThanNanos) {
    long now = loop.nanoTime();
    for (WorkerTarget target : options.targets()) {
      Long last = lookedUpNanos.get(target);
      if (target instanceof WorkerTarget.EveryAddress name
          && last != null
          && now - last >= olderThanNanos) {
        lookUp(name);
      }
    }
  }

  private void lookUp(WorkerTarget.EveryAddress name) {
    lookedUpNanos.remove(name);
    boolean first =
        members.stream().noneMatch(m -> m.from.equals(name)) && !unresolved.containsKey(name);
    lookups += first ? 1 : 0;
    loop.resolve(
        name.host(),
        resolution -> {
          lookups -= first ? 1 : 0;
          onResolved(name, resolution);
        });
  }

  private void onResolved(WorkerTarget.EveryAddress name, Resolution resolution) {
    if (closed) {
      return;
    }
    long now = loop.nanoTime();
    lookedUpNanos.put(name, now);
    if (resolution instanceof Resolution.Found found) {
      unresolved.remove(name);
      List<WorkerAddress> addresses =
          found.hosts().stream()
              .limit(MAX_ADDRESSES)
              .map(host -> new WorkerAddress(host, name.port(), name.host()))
              .toList();
      for (Member m : members) {
        m.leaving |= m.from.equals(name) && !addresses.contains(m.address);
      }
      addresses.forEach(address -> add(address, name, now));
    } else {
      // Those that were found before stay: a name server that is away takes no worker away.
      unresolved.put(name, "no host is called '" + name.host() + "'");
    }
    boolean usable = members.stream().anyMatch(Member::isUp);
    double distance = usable ? options.refreshNanos() : options.refreshDownNanos();
    // Spread, so that many devices do not ask the name server at once.
    loop.after(
        (long) (distance * (0.75 + 0.5 * random.nextDouble())),
        () -> {
          Long last = lookedUpNanos.get(name);
          if (!closed && last != null && last == now) {
            lookUp(name);
          }
        });
    maintain();
  }
}
