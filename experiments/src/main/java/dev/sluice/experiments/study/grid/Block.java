package dev.sluice.experiments.study.grid;

import dev.sluice.experiments.study.replay.StreamLog;
import java.util.ArrayList;
import java.util.List;

/**
 * Sums over consecutive frames of a stream. Frames of a stream depend on each other through queues
 * and the link, so blocks, not frames, are resampled. Immutable.
 *
 * @param frames in it
 * @param right predictions, late or not
 * @param uncutRight that the uncut network gets right
 * @param rightInTime right predictions by the deadline
 * @param late answered after the deadline, or not at all
 * @param dropped without a prediction
 * @param degraded answered by the device because the plan's way was too slow
 * @param fromCloud answered by the worker
 * @param latencyNanos sum of the latencies
 * @param spanNanos from its first capture to the first of the next block
 * @param workerNanos worker's compute in that span, in vain or not
 * @param deviceNanos device's compute
 * @param uplinkBytes bytes put on the link
 */
public record Block(
    int frames,
    int right,
    int uncutRight,
    int rightInTime,
    int late,
    int dropped,
    int degraded,
    int fromCloud,
    double latencyNanos,
    double spanNanos,
    double workerNanos,
    double deviceNanos,
    double uplinkBytes) {

  /**
   * Cuts a stream into blocks. What is left behind the last whole block does not count, nor does
   * the last frame, since what follows it is no steady state.
   *
   * @param warmUpFrames at the beginning that do not count
   */
  static List<Block> of(StreamLog log, int warmUpFrames, int blockFrames) {
    List<Block> blocks = new ArrayList<>();
    for (int from = warmUpFrames; from + blockFrames < log.frames(); from += blockFrames) {
      blocks.add(of(log, from, from + blockFrames, blockFrames));
    }
    return blocks;
  }

  private static Block of(StreamLog log, int from, int to, int frames) {
    int right = 0;
    int uncutRight = 0;
    int rightInTime = 0;
    int late = 0;
    int dropped = 0;
    int degraded = 0;
    int fromCloud = 0;
    double latency = 0;
    for (int frame = from; frame < to; frame++) {
      right += log.right(frame) ? 1 : 0;
      uncutRight += log.uncutRight(frame) ? 1 : 0;
      rightInTime += log.right(frame) && !log.late(frame) ? 1 : 0;
      late += log.late(frame) ? 1 : 0;
      dropped += log.dropped(frame) ? 1 : 0;
      degraded += log.degraded(frame) ? 1 : 0;
      fromCloud += log.fromCloud(frame) ? 1 : 0;
      latency += log.latencyNanos(frame);
    }
    StreamLog.Spent spent = log.spentBefore(to).since(log.spentBefore(from));
    return new Block(
        frames,
        right,
        uncutRight,
        rightInTime,
        late,
        dropped,
        degraded,
        fromCloud,
        latency,
        (double) (log.captureNanos(to) - log.captureNanos(from)),
        spent.workerNanos(),
        spent.deviceNanos(),
        spent.uplinkBytes());
  }
}
