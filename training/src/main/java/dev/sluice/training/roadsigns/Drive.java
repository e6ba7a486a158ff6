package dev.sluice.training.roadsigns;

import java.util.List;

/**
 * One approach to one sign: the sign comes nearer frame by frame, so neighbouring frames are alike
 * and the task gets easier with time.
 *
 * @param index the drive's index in its set
 * @param label index into {@link RoadSigns#labels()}, the same in all frames
 * @param framesPerSecond rate at which the frames were taken, above 0
 * @param frames in order of time, farthest first; at least one
 */
public record Drive(long index, int label, double framesPerSecond, List<LabelledFrame> frames) {
  public Drive {
    frames = List.copyOf(frames);
    if (frames.isEmpty()) {
      throw new IllegalArgumentException("a drive has at least one frame");
    }
    if (!(framesPerSecond > 0)) {
      throw new IllegalArgumentException("framesPerSecond must be positive: " + framesPerSecond);
    }
  }
}
