package dev.sluice.protocol.channel;

import dev.sluice.protocol.message.Hello;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.InferHeader;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Refusal;
import java.util.List;
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
   * What a worker tells a device that it welcomes.
   *
   * @param modelDigests those of the device's bundles that it serves
   * @param codecs families of codecs that it reads, empty when it does not say
   * @param features see {@link dev.sluice.protocol.message.Features}
   */
  record Offer(List<String> modelDigests, List<String> codecs, List<String> features) {
    /** Says nothing. */
    public static final Offer NONE = new Offer(List.of(), List.of(), List.of());

    public Offer {
      modelDigests = List.copyOf(modelDigests);
      codecs = List.copyOf(codecs);
      features = List.copyOf(features);
    }
  }

  /** Returns what to tell a client that is welcome. */
  default Offer offer(Hello hello) {
    return Offer.NONE;
  }

  /**
   * The head of a request has arrived, its payloads have not. One that is refused here is never
   * heard of again: its payloads are thrown away as they come, and take none of the worker's
   * memory.
   *
   * @return why it is refused, whatever its payloads may be; its request id is of no account. Empty
   *     to wait for them
   */
  default Optional<Refusal> onHead(InferHeader head) {
    return Optional.empty();
  }

  /**
   * A whole request has arrived, whose head was not refused.
   *
   * @param request its payloads are heap buffers that are the handler's until it answers, and may
   *     hold another request's bytes after that; its id is the number that the connection gave it,
   *     not the one that the device's program chose
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

  /** Returns how busy the worker is; sent with welcomes and pongs, and asked ten times a second. */
  default LoadReport load() {
    return LoadReport.IDLE;
  }
}
