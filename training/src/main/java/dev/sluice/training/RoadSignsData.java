package dev.sluice.training;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.roadsigns.DataSet;
import dev.sluice.training.roadsigns.Drive;
import dev.sluice.training.roadsigns.LabelledFrame;
import dev.sluice.training.roadsigns.RoadSigns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * RoadSigns as five sets for {@link BundleBuilder}: independent frames to train, calibrate and test
 * on; drives, as a device meets them, to select and certify on, with the drive as sequence.
 */
public final class RoadSignsData {
  private RoadSignsData() {}

  /**
   * How many frames.
   *
   * @param train independent frames for the transforms
   * @param temperature independent frames
   * @param drives in select, and as many in certify; 12 to 20 frames each
   * @param test independent frames
   */
  public record Sizes(int train, int temperature, int drives, int test) {
    /** Returns what the published bundle was made with. */
    public static Sizes published() {
      return new Sizes(512, 1500, 120, 5000);
    }

    /** Returns a tenth of it, for trying. */
    static Sizes quick() {
      return new Sizes(128, 300, 13, 500);
    }
  }

  /** Draws the sets; most frames are drawn when they are asked for. */
  public static DataSets draw(long seed, Sizes sizes) {
    RoadSigns world = new RoadSigns(seed);
    return new DataSets(
        RoadSigns.labels(),
        new Frames(world, DataSet.TRAIN, sizes.train()),
        new Frames(world, DataSet.TEMPERATURE, sizes.temperature()),
        new DriveFrames(world, DataSet.SELECT, sizes.drives()),
        new DriveFrames(world, DataSet.CERTIFY, sizes.drives()),
        new Frames(world, DataSet.TEST, sizes.test()),
        "RoadSigns of seed %d, drawn: independent frames for train, temperature and test, %d drives"
                .formatted(seed, sizes.drives())
            + " each for select and certify; no scene in two sets");
  }

  /** Independent frames, drawn when asked for; only their classes are remembered. */
  private static final class Frames implements LabelledImages {
    private final RoadSigns world;
    private final DataSet set;
    private final int[] labels;

    Frames(RoadSigns world, DataSet set, int count) {
      this.world = world;
      this.set = set;
      this.labels = new int[count];
      Arrays.fill(labels, -1);
    }

    @Override
    public int size() {
      return labels.length;
    }

    @Override
    public synchronized int label(int index) {
      if (labels[index] < 0) {
        labels[index] = world.frame(set, index).label();
      }
      return labels[index];
    }

    @Override
    public Picture picture(int index) {
      LabelledFrame frame = world.frame(set, index);
      synchronized (this) {
        labels[index] = frame.label();
      }
      return new Picture(frame.rgb(), RoadSigns.SIDE, RoadSigns.SIDE);
    }
  }

  /** All frames of the first drives of a set, in memory: 27 KB each. */
  private static final class DriveFrames implements LabelledImages {
    private final List<LabelledFrame> frames = new ArrayList<>();
    private final List<Integer> drives = new ArrayList<>();

    DriveFrames(RoadSigns world, DataSet set, int count) {
      for (int d = 0; d < count; d++) {
        Drive drive = world.drive(set, d);
        frames.addAll(drive.frames());
        drive.frames().forEach(frame -> drives.add(Math.toIntExact(drive.index())));
      }
    }

    @Override
    public int size() {
      return frames.size();
    }

    @Override
    public int label(int index) {
      return frames.get(index).label();
    }

    @Override
    public int sequence(int index) {
      return drives.get(index);
    }

    @Override
    public Picture picture(int index) {
      return new Picture(frames.get(index).rgb(), RoadSigns.SIDE, RoadSigns.SIDE);
    }
  }
}
