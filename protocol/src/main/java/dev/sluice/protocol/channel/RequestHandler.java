package dev.sluice.protocol.channel;

import dev.sluice.protocol.message.Hello;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Refusal;
import java.util.Optional;

/**
 * What a worker does with requests. Called on the server's event loops, from several threads for
 * several connections; must not block.
 */
public interface RequestHandler {
  /** Returns why this client is refused, or empty to welcome it. */
  default Optional<Refusal> onHello(Hello hello) {
    return Optional.empty();
  }

  /**
   * A whole request has arrived.
   *
   * @param request its payloads are heap buffers that belong to the handler
   * @param stamps when its bytes came in
   * @param responder to be used exactly once, from any thread
   */
  void onInfer(Infer request, ReceiveStamps stamps, Responder responder);

  /**
   * Nobody waits for this request any more: the device cancelled it or went away.
   *
   * @param responder the one given with the request; using it has no effect any more
   */
  default void onCancel(Responder responder) {}

  /** Returns how busy the worker is; sent with welcomes and pongs. */
  default LoadReport load() {
    return LoadReport.IDLE;
  }
}
