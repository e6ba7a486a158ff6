package dev.sluice.edge.session;

import java.util.List;

/** How a request to the cloud ended. Trouble is a value. */
public sealed interface CloudReply {

  /**
   * The worker answered.
   *
   * @param exit the exit that answered
   * @param top label and probability of the best classes, best first, at least one
   * @param times when it was where
   * @param load what else the worker has to do
   */
  record Answered(int exit, List<LabelProbability> top, TransferTimes times, WorkerLoad load)
      implements CloudReply {

    /** Checks that there is a best class. */
    public Answered {
      top = List.copyOf(top);
      if (top.isEmpty()) {
        throw new IllegalArgumentException("an answer without a class");
      }
    }
  }

  /**
   * The worker will not answer.
   *
   * @param code why, as the protocol names it
   * @param message why, for people
   * @param overloaded whether it may do so later
   * @param retryAfterNanos when to try again, 0 if it does not say
   */
  record Refused(String code, String message, boolean overloaded, long retryAfterNanos)
      implements CloudReply {}

  /** The link was lost, or there was none. */
  record Lost(String why) implements CloudReply {}

  /** The request was cancelled from this side. */
  record Cancelled() implements CloudReply {}

  /**
   * A class by number.
   *
   * @param label its index
   * @param probability calibrated
   */
  record LabelProbability(int label, double probability) {}

  /**
   * Stamps of one request. The first three are on the session's clock, the others on the worker's;
   * the clocks share no zero, so only differences on one side mean something.
   *
   * @param submittedNanos when it was handed to the link's queue
   * @param firstWriteNanos when its first byte left that queue
   * @param replyReceivedNanos when the reply was complete here
   * @param workerFirstByteNanos when its first byte reached the worker
   * @param workerLastByteNanos when its last byte did
   * @param workerStartNanos when computing began
   * @param workerEndNanos when computing ended
   * @param workerReplyNanos when the reply was handed to the link
   * @param bytesSent bytes of the request on the link
   * @param bytesReceived bytes of the reply on the link
   * @param spreadBytes bytes that reached the worker after the first of the request's data, up to
   *     its last; 0 where that is not known
   * @param spreadNanos the time that these took to come in
   */
  record TransferTimes(
      long submittedNanos,
      long firstWriteNanos,
      long replyReceivedNanos,
      long workerFirstByteNanos,
      long workerLastByteNanos,
      long workerStartNanos,
      long workerEndNanos,
      long workerReplyNanos,
      int bytesSent,
      int bytesReceived,
      int spreadBytes,
      long spreadNanos) {

    /** Returns times that do not say how the bytes came in. */
    public TransferTimes(
        long submittedNanos,
        long firstWriteNanos,
        long replyReceivedNanos,
        long workerFirstByteNanos,
        long workerLastByteNanos,
        long workerStartNanos,
        long workerEndNanos,
        long workerReplyNanos,
        int bytesSent,
        int bytesReceived) {
      this(
          submittedNanos,
          firstWriteNanos,
          replyReceivedNanos,
          workerFirstByteNanos,
          workerLastByteNanos,
          workerStartNanos,
          workerEndNanos,
          workerReplyNanos,
          bytesSent,
          bytesReceived,
          0,
          0);
    }

    /** Returns the time that belongs to the link: all but the worker's. */
    public long networkNanos() {
      return Math.max(
          0, (replyReceivedNanos - submittedNanos) - (workerReplyNanos - workerLastByteNanos));
    }

    /** Returns how long the worker let it wait. */
    public long workerQueueNanos() {
      return Math.max(0, workerStartNanos - workerLastByteNanos);
    }

    /** Returns how long the worker computed. */
    public long workerComputeNanos() {
      return Math.max(0, workerEndNanos - workerStartNanos);
    }
  }

  /**
   * What else the worker has to do.
   *
   * @param queued requests waiting
   * @param busyFraction recent share of time computing, in {@code [0, 1]}
   * @param computeScale its measured compute time over the profile's
   */
  record WorkerLoad(int queued, double busyFraction, double computeScale) {}
}
