package dev.sluice.edge.session;

import dev.sluice.scheduler.estimate.LinkState;
import java.util.function.Consumer;

/** No worker at all: the link is down from the start and stays so. */
public final class NoCloud implements Cloud {
  private static final String WHY = "no worker is named";

  @Override
  public void send(CloudRequest request, Consumer<CloudReply> done) {
    done.accept(new CloudReply.Lost(WHY));
  }

  @Override
  public void cancel(long id) {}

  @Override
  public void probe(int bytes) {}

  @Override
  public void listen(Listener listener) {
    listener.onLinkState(LinkState.DOWN, WHY);
  }
}
