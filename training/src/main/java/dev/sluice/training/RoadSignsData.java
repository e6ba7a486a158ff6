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
import java.util.SplittableRandom;

/**
 * RoadSigns as five sets for {@link BundleBuilder}: independent frames to train, calibrate and test
 * on; drives, as a device meets them, to select on, and a few frames of each of many drives to
 * certify on, with the drive as sequence.
 *
 * <p>Frames of one drive say little that is new, and a bundle has room for so many rows: for a
 * proof, many drives are worth more than long ones. The few frames are drawn from even parts of the
 * drive, one from each, so that every frame of it is as likely as any other.
 */
public final class RoadSignsData {
  /** Frames of each drive that are certified on. */
  public static final int CERTIFY_FRAMES = 3;

  private RoadSignsData() {}

  /**
   * How many frames.
   *
   * @param train independent frames for the transforms
   * @param temperature independent frames
   * @param drives in select; 12 to 20 frames each
   * @param certifyDrives in certify; {@value RoadSignsData#CERTIFY_FRAMES} frames each
   * @param test independent frames
   */
  public record Sizes(int train, int temperature, int drives, int certifyDrives, int test) {
    public Sizes {
      if (train < 1 || temperature < 1 || drives < 1 || certifyDrives < 1 || test < 1) {
        throw new IllegalArgumentException("every set needs a frame");
      }
    }

    /** Makes sizes with as many drives in certify as in select. */
    public Sizes(int train, int temperature, int drives, int test) {
      this(train, temperature, drives, drives, test);
    }

    /** Returns what the published bundle was made with. */
    public static Sizes published() {
      return new Sizes(512, 1500, 120, 5600, 5000);
    }

    /** Returns a tenth of it, for trying. */
    static Sizes quick() {
      return new Sizes(128, 300, 13, 60, 500);
    }

    /** Returns the same with other drives to certify on. */
    Sizes withCertifyDrives(int count) {
      return new Sizes(train, temperature, drives, count, test);
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
        thinned(world, DataSet.CERTIFY, sizes.certifyDrives()),
        new Frames(world, DataSet.TEST, sizes.test()),
        "RoadSigns of seed %d, drawn: independent frames for train, temperature and test, %d drives"
                .formatted(seed, sizes.drives())
            + " for select, %d frames of each of %d drives for certify; no scene in two sets"
                .formatted(CERTIFY_FRAMES, sizes.certifyDrives()));
  }

  /**
   * Draws pictures like those to certify on: {@value #CERTIFY_FRAMES} frames of each of the first
   * drives of a set.
   */
  public static LabelledImages thinned(RoadSigns world, DataSet set, int drives) {
    return new ThinnedDrives(world, set, drives);
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

  /** A few frames of each of the first drives of a set, drawn when asked for. */
  private static final class ThinnedDrives implements LabelledImages {
    private final RoadSigns world;
    private final DataSet set;
    private final int[] labels;

    ThinnedDrives(RoadSigns world, DataSet set, int count) {
      this.world = world;
      this.set = set;
      labels = new int[count];
      Arrays.fill(labels, -1);
    }

    @Override
    public int size() {
      return labels.length * CERTIFY_FRAMES;
    }

    @Override
    public int sequence(int index) {
      return index / CERTIFY_FRAMES;
    }

    @Override
    public synchronized int label(int index) {
      int drive = sequence(index);
      if (labels[drive] < 0) {
        labels[drive] = world.drive(set, drive).label();
      }
      return labels[drive];
    }

    @Override
    public Picture picture(int index) {
      Drive drive = world.drive(set, sequence(index));
      synchronized (this) {
        labels[sequence(index)] = drive.label();
      }
      int part = index % CERTIFY_FRAMES;
      List<LabelledFrame> frames = drive.frames();
      SplittableRandom random = new SplittableRandom(drive.index());
      int place = 0;
      for (int p = 0; p <= part; p++) {
        int from = p * frames.size() / CERTIFY_FRAMES;
        int to = (p + 1) * frames.size() / CERTIFY_FRAMES;
        place = from + random.nextInt(to - from);
      }
      return new Picture(frames.get(place).rgb(), RoadSigns.SIDE, RoadSigns.SIDE);
    }
  }
}
