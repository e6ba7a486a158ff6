package dev.sluice.protocol.message;

import java.util.List;

/**
 * The worker's answer to an {@link Infer}.
 *
 * @param requestId the request answered, at least 1
 * @param exit the exit that answered, in {@code [0, 255]}
 * @param top most likely classes, best first; 1 to 16
 * @param confidence calibrated top-1 probability of that exit, in {@code [0, 1]}
 * @param stamps when what happened on the worker
 * @param load how busy the worker is
 * @param arrival how the request's data came in; the server sets it when it writes
 */
public record Answer(
    long requestId,
    int exit,
    List<ClassScore> top,
    double confidence,
    WorkerStamps stamps,
    LoadReport load,
    Arrival arrival)
    implements Message {
  static final int MAX_TOP = 16;

  public Answer {
    top = List.copyOf(top);
    check(requestId, exit, top, confidence);
  }

  /** Returns an answer that does not say how its request came in. */
  public Answer(
      long requestId,
      int exit,
      List<ClassScore> top,
      double confidence,
      WorkerStamps stamps,
      LoadReport load) {
    this(requestId, exit, top, confidence, stamps, load, Arrival.UNKNOWN);
  }

  static void check(long requestId, int exit, List<ClassScore> top, double confidence) {
    if (requestId < 1) {
      throw new IllegalArgumentException("requestId must be positive: " + requestId);
    }
    if (exit < 0 || exit > 255) {
      throw new IllegalArgumentException("exit not in [0, 255]: " + exit);
    }
    if (top.isEmpty() || top.size() > MAX_TOP) {
      throw new IllegalArgumentException("top not in [1, 16]: " + top.size());
    }
    if (!(confidence >= 0 && confidence <= 1.0001)) {
      throw new IllegalArgumentException("confidence not in [0, 1]: " + confidence);
    }
  }

  /** Returns the same answer with another reply time. */
  public Answer repliedAt(long nanos) {
    return new Answer(requestId, exit, top, confidence, stamps.repliedAt(nanos), load, arrival);
  }

  /** Returns the same answer with another account of how the request came in. */
  public Answer arrivedAs(Arrival told) {
    return new Answer(requestId, exit, top, confidence, stamps, load, told);
  }

  /** Returns the same for another request id. */
  public Answer forRequest(long id) {
    return new Answer(id, exit, top, confidence, stamps, load, arrival);
  }

  @Override
  public MessageType type() {
    return MessageType.ANSWER;
  }
}
