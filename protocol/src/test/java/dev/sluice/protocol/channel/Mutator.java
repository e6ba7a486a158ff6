package dev.sluice.protocol.channel;

import dev.sluice.protocol.fuzz.ByteMutator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Damages sessions. Most damage keeps the framing, so that it gets past the lengths to what lies
 * behind them; some is done to the bytes of the stream.
 */
final class Mutator {
  private static final int MOST_CHANGES = 5;
  private static final int LARGEST_BODY = 8_192;

  private final Random random;
  private final ByteMutator bytes;

  Mutator(Random random) {
    this.random = random;
    bytes = new ByteMutator(random);
  }

  /**
   * Returns a damaged session.
   *
   * @param session whole frames
   * @param other another session of the same side, to take frames from
   */
  List<RawFrame> damage(List<RawFrame> session, List<RawFrame> other) {
    List<RawFrame> frames = new ArrayList<>(session);
    int changes = 1 + random.nextInt(MOST_CHANGES);
    // A damaged greeting ends most sessions before they begin.
    int first = random.nextInt(8) == 0 ? 0 : 1;
    for (int i = 0; i < changes && frames.size() > first; i++) {
      change(frames, first + random.nextInt(frames.size() - first), other);
    }
    return frames;
  }

  private void change(List<RawFrame> frames, int at, List<RawFrame> other) {
    RawFrame frame = frames.get(at);
    RawFrame from = other.get(random.nextInt(other.size()));
    switch (random.nextInt(12)) {
      case 0 -> frames.remove(at);
      case 1 -> frames.add(random.nextInt(frames.size() + 1), frame);
      case 2 -> {
        frames.remove(at);
        frames.add(random.nextInt(frames.size() + 1), frame);
      }
      case 3 -> frames.add(at, from);
      case 4 ->
          frames.set(at, new RawFrame(from.type(), frame.flags(), frame.requestId(), frame.body()));
      case 5 -> frames.set(at, new RawFrame(frame.type(), frame.flags(), id(frames), frame.body()));
      case 6 ->
          frames.set(
              at,
              new RawFrame(
                  random.nextInt(20), random.nextInt(256), frame.requestId(), frame.body()));
      case 7 -> frames.set(at, frame.withBody(bounded(bytes.splice(frame.body(), from.body()))));
      default -> frames.set(at, frame.withBody(bounded(bytes.damage(frame.body()))));
    }
  }

  private long id(List<RawFrame> frames) {
    return random.nextBoolean()
        ? frames.get(random.nextInt(frames.size())).requestId()
        : bytes.interesting();
  }

  private byte[] bounded(byte[] body) {
    return body.length > LARGEST_BODY ? Arrays.copyOf(body, LARGEST_BODY) : body;
  }

  /** Returns a stream that is damaged without regard to its frames, or the very one. */
  byte[] stream(byte[] stream) {
    return random.nextInt(4) > 0 ? stream : bytes.damage(stream);
  }
}
