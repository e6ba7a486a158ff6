package dev.sluice.protocol.channel;

import java.io.IOException;

/** The worker's end of the connections. */
@SuppressWarnings("DoNotCallSuggester")
public final class WorkerServer implements AutoCloseable {
  private WorkerServer() {}

  public static WorkerServer bind(ServerOptions options, RequestHandler handler)
      throws IOException {
    throw new UnsupportedOperationException();
  }

  public int port() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
