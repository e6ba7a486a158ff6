package dev.sluice.protocol.channel;

import io.netty.channel.EventLoop;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Finds out where names lead to, elsewhere than on the event loop: a name server that does not
 * answer holds a look-up up for many seconds. Confined to the loop, but for the look-ups
 * themselves.
 *
 * <p>Who asks for a name that is being looked up waits for the same answer. So a client that asks
 * again and again takes one thread at most, and gets an answer that is later than its patience at
 * its next try.
 */
@SuppressWarnings("FutureReturnValueIgnored") // nobody takes a time limit back
final class NameLookups {
  private final AddressResolver resolver;
  private final EventLoop loop;
  private final Executor elsewhere;

  /** Who waits for what is being looked up. */
  private final Map<String, List<Waiter>> underWay = new HashMap<>();

  /** What came when nobody waited any more; for whoever asks next. */
  private final Map<String, List<InetAddress>> late = new HashMap<>();

  /** Told apart by identity. */
  private static final class Waiter {
    private final Consumer<List<InetAddress>> done;

    Waiter(Consumer<List<InetAddress>> done) {
      this.done = done;
    }
  }

  /**
   * @param elsewhere runs look-ups, which block; may refuse them
   */
  NameLookups(AddressResolver resolver, EventLoop loop, Executor elsewhere) {
    this.resolver = resolver;
    this.loop = loop;
    this.elsewhere = elsewhere;
  }

  /**
   * Looks a name up, or reads an address. Called on the loop.
   *
   * @param patienceNanos how long to wait
   * @param done gets the addresses later, on the loop; none when there are none, or nobody could
   *     tell in time
   */
  void lookUp(String name, long patienceNanos, Consumer<List<InetAddress>> done) {
    if (NetUtil.isValidIpV4Address(name) || NetUtil.isValidIpV6Address(name)) {
      List<InetAddress> itself = addresses(AddressResolver.SYSTEM, name);
      loop.execute(() -> done.accept(itself));
      return;
    }
    List<InetAddress> known = late.remove(name);
    if (known != null) {
      loop.execute(() -> done.accept(known));
      return;
    }
    Waiter waiter = new Waiter(done);
    List<Waiter> others = underWay.get(name);
    if (others != null) {
      others.add(waiter);
    } else {
      underWay.put(name, new ArrayList<>(List.of(waiter)));
      begin(name);
    }
    loop.schedule(() -> giveUp(name, waiter), patienceNanos, TimeUnit.NANOSECONDS);
  }

  private void begin(String name) {
    try {
      elsewhere.execute(
          () -> {
            List<InetAddress> found = addresses(resolver, name);
            try {
              loop.execute(() -> end(name, found));
            } catch (RejectedExecutionException stopped) {
              // Nobody waits any more.
            }
          });
    } catch (RejectedExecutionException full) {
      loop.execute(() -> end(name, List.of()));
    }
  }

  private static List<InetAddress> addresses(AddressResolver resolver, String name) {
    try {
      return List.copyOf(resolver.resolve(name));
    } catch (UnknownHostException | RuntimeException unknown) {
      return List.of();
    }
  }

  private void end(String name, List<InetAddress> found) {
    List<Waiter> waiters = underWay.remove(name);
    if (waiters == null) {
      return;
    }
    if (waiters.isEmpty() && !found.isEmpty()) {
      late.put(name, found);
    }
    // Each on its own: one that fails keeps nothing from the others.
    waiters.forEach(waiter -> loop.execute(() -> waiter.done.accept(found)));
  }

  private void giveUp(String name, Waiter waiter) {
    List<Waiter> waiters = underWay.get(name);
    if (waiters != null && waiters.remove(waiter)) {
      waiter.done.accept(List.of());
    }
  }
}
