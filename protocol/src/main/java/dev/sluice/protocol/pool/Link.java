package dev.sluice.protocol.pool;

import dev.sluice.protocol.channel.ClientListener;
import dev.sluice.protocol.channel.CloudOutcome;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.Partial;
import java.util.function.Consumer;

/** A connection to one worker. Called, and calls back, on the pool's loop. */
interface Link {
  void send(Infer request, Consumer<CloudOutcome> done, Consumer<Partial> partials);

  void probe(int bytes);

  void cancel(long requestId);

  void close();

  /** Makes links. */
  interface Opener {
    /** Begins to connect; the link does not call the listener before this returns. */
    Link open(WorkerAddress at, ClientListener listener);
  }
}
