package dev.sluice.sim.link;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A worker behind a link, and how it is. Confined to the event loop once it is listened for. */
final class Worker {
  final InetSocketAddress target;
  @Nullable Channel listener;

  /** Whether nobody answers for it. */
  boolean vanished;

  /** Whether its connections are reset. */
  boolean refusing;

  /** Whether it could not be reached the last time. */
  boolean missing;

  Worker(InetSocketAddress target) {
    this.target = target;
  }
}
