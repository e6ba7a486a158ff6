package dev.sluice.sim.link;

import dev.sluice.sim.link.LinkModel.Connection;
import io.netty.channel.Channel;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The two channels of a client's connection and what is under way between them. Confined to the
 * event loop.
 */
final class ProxiedConnection {
  private final Connection connection;
  private final int worker;
  private final Channel client;
  private final Runnable pump;
  private final Pipe up;
  private final Pipe down;
  private @Nullable Channel far;
  private boolean dialled;
  private boolean silent;

  /**
   * Begins a connection that a client has opened.
   *
   * @param worker that it is for, from 1
   * @param pump to be called when something happens
   */
  ProxiedConnection(LinkModel link, int worker, Channel client, LongSupplier clock, Runnable pump) {
    this.connection = link.connect(clock.getAsLong());
    this.worker = worker;
    this.client = client;
    this.pump = pump;
    up = new Pipe(connection.flow(Direction.UPLINK), link, clock, pump);
    down = new Pipe(connection.flow(Direction.DOWNLINK), link, clock, pump);
    up.from(client);
    down.to(client);
    client.pipeline().addLast(new PipeHandler(up, down, pump));
  }

  /** Returns whether it goes to that worker. */
  boolean isFor(int number) {
    return number == LinkChange.EVERY_WORKER || number == worker;
  }

  Pipe pipe(Direction direction) {
    return direction == Direction.UPLINK ? up : down;
  }

  /**
   * Returns when the worker is to be dialled: never once that was done, or where it makes no sense.
   */
  long dialNanos() {
    return dialled || silent || over()
        ? Timeline.NEVER
        : connection.flow(Direction.UPLINK).reachedNanos();
  }

  /** Notes that the worker is being dialled. */
  int dial() {
    dialled = true;
    return worker;
  }

  /** Hands over what has arrived; returns when the next packet arrives. */
  long advance(long now) {
    long next = Math.min(up.deliver(now), down.deliver(now));
    up.regulate(now);
    down.regulate(now);
    return next;
  }

  /** Lets both ends see what was handed over. */
  void flush() {
    up.flush();
    down.flush();
  }

  void dialling(Channel channel) {
    far = channel;
    channel.pipeline().addLast(new PipeHandler(down, up, pump));
  }

  void connected(Channel channel) {
    down.from(channel);
    up.to(channel);
    pump.run();
  }

  void refused() {
    up.broken();
    down.finish();
    pump.run();
  }

  /** Lets it be half-open from now on. */
  void silence() {
    silent = true;
    up.silence();
    down.silence();
  }

  boolean silent() {
    return silent;
  }

  /** Resets both ends. */
  void reset() {
    Sockets.reset(client);
    if (far != null) {
      Sockets.reset(far);
    }
    abort();
    pump.run();
  }

  /** Whether it is done with; a half-open one is when its client has given up. */
  boolean over() {
    return silent ? !client.isActive() : up.over() && down.over();
  }

  void abort() {
    up.abort();
    down.abort();
  }
}
