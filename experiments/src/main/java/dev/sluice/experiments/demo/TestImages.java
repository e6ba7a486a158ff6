package dev.sluice.experiments.demo;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.training.data.CifarData;
import dev.sluice.training.data.DataException;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.FolderData;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.data.Labels;
import dev.sluice.training.roadsigns.DataSet;
import dev.sluice.training.roadsigns.Drive;
import dev.sluice.training.roadsigns.LabelledFrame;
import dev.sluice.training.roadsigns.RoadSigns;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * The pictures of a demo: streams whose neighbouring frames may be alike, and independent frames on
 * which an accuracy is shown. All are of test sets. Immutable.
 */
public final class TestImages {
  /** What {@link #read} reads. */
  public static final String EXPECTED =
      "name a folder with train/, val/ and test/, each with a folder of pictures per class, or one"
          + " with CIFAR-10's data_batch_*.bin and test_batch.bin";

  private final StreamSource streams;
  private final LabelledImages independent;
  private final String description;

  private interface StreamSource {
    LabelledImages frames(int count, int stream);
  }

  private TestImages(StreamSource streams, LabelledImages independent, String description) {
    this.streams = streams;
    this.independent = independent;
    this.description = description;
  }

  /**
   * Drives and independent frames of RoadSigns.
   *
   * @param independentFrames how many of the latter
   */
  public static TestImages roadSigns(int independentFrames) {
    RoadSigns signs = new RoadSigns(RoadSigns.DEFAULT_SEED);
    return new TestImages(
        (count, stream) -> drives(signs, count, stream),
        new IndependentFrames(signs, independentFrames),
        "RoadSigns test drives");
  }

  /**
   * Shuffled pictures of a real test set, begun anew where it is too short.
   *
   * @param test the pictures, at least one
   * @param independentFrames the most that {@link #independent} gives
   * @param seed of the order
   * @param description what they are
   */
  public static TestImages of(
      LabelledImages test, int independentFrames, long seed, String description) {
    if (test.size() == 0) {
      throw new IllegalArgumentException("a test set without pictures: " + description);
    }
    return new TestImages(
        (count, stream) -> new Shuffled(test, count, seed + stream),
        test.sample(independentFrames, seed),
        description);
  }

  /**
   * Reads the test set of a real data set for a bundle.
   *
   * @param folder {@code test/CLASS/} and its sisters, or CIFAR-10 binaries
   * @param bundle whose labels the classes are
   * @param independentFrames the most that {@link #independent} gives
   * @param seed of the order
   * @throws DataException if there is no such data
   * @throws DemoException if the classes are not the bundle's
   */
  public static TestImages read(Path folder, Path bundle, int independentFrames, long seed)
      throws DataException, IOException {
    if (!FolderData.isIn(folder) && !CifarData.isIn(folder)) {
      throw new DataException(folder + ": holds no test pictures; " + EXPECTED);
    }
    DataSets sets =
        CifarData.isIn(folder) ? CifarData.read(folder, seed) : FolderData.read(folder, seed);
    List<String> labels = Bundle.open(bundle).manifest().labels();
    return of(
        relabelled(sets, labels, folder, bundle).test(),
        independentFrames,
        seed,
        "test pictures of " + folder.getFileName());
  }

  /** By name where the folders have the labels' names, else in the order of the preparation. */
  private static DataSets relabelled(DataSets sets, List<String> labels, Path folder, Path bundle)
      throws DataException {
    Optional<int[]> byName = Labels.of(labels).indicesOf(sets.classes());
    if (byName.isPresent()) {
      return sets.relabelled(byName.get(), labels);
    }
    if (sets.classes().size() != labels.size()) {
      throw new DemoException(
          "%s: its %d classes are not the %d of %s; prepare the bundle on these data"
              .formatted(folder, sets.classes().size(), labels.size(), bundle));
    }
    return sets.named(labels);
  }

  /**
   * The frames of a stream, in order.
   *
   * @param count how many
   * @param stream number of the stream, at least 0; different ones share no drive
   */
  public LabelledImages stream(int count, int stream) {
    return streams.frames(count, stream);
  }

  /** Frames that know nothing of each other. */
  public LabelledImages independent() {
    return independent;
  }

  /** What the pictures are. */
  public String description() {
    return description;
  }

  private static LabelledImages drives(RoadSigns signs, int count, int stream) {
    // A drive has at least one frame, so streams of fewer frames than this share no drive.
    long firstDrive = stream * 100_000L;
    List<LabelledFrame> frames = new ArrayList<>(count);
    List<Integer> sequences = new ArrayList<>(count);
    for (int drive = 0; frames.size() < count; drive++) {
      Drive approach = signs.drive(DataSet.TEST, firstDrive + drive);
      for (LabelledFrame frame : approach.frames()) {
        frames.add(frame);
        sequences.add(drive);
      }
    }
    return new DriveFrames(frames.subList(0, count), sequences.subList(0, count));
  }

  private record DriveFrames(List<LabelledFrame> frames, List<Integer> sequences)
      implements LabelledImages {
    DriveFrames {
      frames = List.copyOf(frames);
      sequences = List.copyOf(sequences);
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
      return sequences.get(index);
    }

    @Override
    public Picture picture(int index) {
      return new Picture(frames.get(index).rgb(), RoadSigns.SIDE, RoadSigns.SIDE);
    }
  }

  private record IndependentFrames(RoadSigns signs, int size) implements LabelledImages {
    @Override
    public int label(int index) {
      return signs.frame(DataSet.TEST, index).label();
    }

    @Override
    public Picture picture(int index) {
      return new Picture(signs.frame(DataSet.TEST, index).rgb(), RoadSigns.SIDE, RoadSigns.SIDE);
    }
  }

  private static final class Shuffled implements LabelledImages {
    private final LabelledImages all;
    private final int size;
    private final List<Integer> order;

    Shuffled(LabelledImages all, int size, long seed) {
      this.all = all;
      this.size = size;
      List<Integer> shuffled = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        shuffled.add(i);
      }
      Collections.shuffle(shuffled, new Random(seed));
      this.order = List.copyOf(shuffled);
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public int label(int index) {
      return all.label(original(index));
    }

    @Override
    public Picture picture(int index) throws DataException {
      return all.picture(original(index));
    }

    private int original(int index) {
      return order.get(index % order.size());
    }
  }
}
