package dev.sluice.protocol.channel;

import dev.sluice.protocol.message.Infer;
import java.util.function.Consumer;

/** The device's end of the connection. */
@SuppressWarnings("DoNotCallSuggester")
public final class WorkerClient implements AutoCloseable {
  private WorkerClient() {}

  public static WorkerClient connect(ClientOptions options, ClientListener listener) {
    throw new UnsupportedOperationException();
  }

  public Request send(Infer request, Consumer<CloudOutcome> done) {
    throw new UnsupportedOperationException();
  }

  public void cancel(long requestId) {
    throw new UnsupportedOperationException();
  }

  public LinkState state() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
