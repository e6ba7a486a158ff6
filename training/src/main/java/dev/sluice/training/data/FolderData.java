package dev.sluice.training.data;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * Pictures in {@code train/CLASS/}, {@code val/CLASS/} and {@code test/CLASS/}. Of {@code train}
 * four fifths of each class train and one fifth calibrates the temperature; {@code val} is halved
 * into select and certify class by class; {@code test} is the test set.
 */
public final class FolderData {
  private static final Set<String> ENDINGS = Set.of("jpg", "jpeg", "png", "bmp");
  private static final long MAX_PIXELS = 64L << 20;

  private static final List<String> PARTS = List.of("train", "val", "test");

  private FolderData() {}

  /** Whether a folder holds any of the parts of this layout, good or bad. */
  public static boolean isIn(Path folder) {
    return PARTS.stream().anyMatch(part -> Files.isDirectory(folder.resolve(part)));
  }

  /**
   * Lists a folder; pictures are read when asked for.
   *
   * @param seed divides train and val
   * @return sets whose classes are the folders' names in alphabetical order
   * @throws DataException if a part or a class is missing or empty
   */
  public static DataSets read(Path folder, long seed) throws DataException {
    if (!Files.isDirectory(folder)) {
      throw new MissingDataException(
          folder + ": no such folder; give one with train/, val/ and test/");
    }
    List<String> classes = folders(folder, "train");
    Gathering train = new Gathering();
    Gathering temperature = new Gathering();
    Gathering select = new Gathering();
    Gathering certify = new Gathering();
    Gathering test = new Gathering();
    for (int label = 0; label < classes.size(); label++) {
      String name = classes.get(label);
      divide(pictures(folder, "train", name), label, 0.8, seed, train, temperature);
      divide(pictures(folder, "val", name), label, 0.5, seed, select, certify);
      test.add(pictures(folder, "test", name), label);
    }
    for (String part : List.of("val", "test")) {
      for (String name : folders(folder, part)) {
        if (!classes.contains(name)) {
          throw new DataException(
              "%s: class '%s' is not in train/; the parts need the same class folders"
                  .formatted(folder.resolve(part), name));
        }
      }
    }
    return new DataSets(
        classes,
        train.images(),
        temperature.images(),
        select.images(),
        certify.images(),
        test.images(),
        "folder: train/ 4:1 into train and temperature, val/ 1:1 into select and certify, test/;"
            + " by class, seed "
            + seed);
  }

  private static void divide(
      List<Path> files, int label, double share, long seed, Gathering first, Gathering second)
      throws DataException {
    if (files.size() < 2) {
      throw new DataException(
          files.get(0).getParent() + ": at least two pictures are needed to divide them");
    }
    int[] order = Selection.shuffled(files.size(), seed * 1_000_003 + label);
    int border = Math.min(files.size() - 1, Math.max(1, (int) Math.round(share * files.size())));
    for (int i = 0; i < order.length; i++) {
      (i < border ? first : second).add(List.of(files.get(order[i])), label);
    }
  }

  private static List<String> folders(Path folder, String partName) throws DataException {
    Path part = folder.resolve(partName);
    if (!Files.isDirectory(part)) {
      throw new DataException(
          part
              + ": missing; the folder format needs train/, val/ and test/ with a folder per class"
              + (CifarData.isIn(folder) ? " (for CIFAR-10 binaries the format is 'cifar10')" : ""));
    }
    try (Stream<Path> entries = Files.list(part)) {
      List<String> names =
          entries
              .filter(Files::isDirectory)
              .map(path -> path.getFileName().toString())
              .filter(name -> !name.startsWith("."))
              .sorted()
              .toList();
      if (names.size() < 2) {
        throw new DataException(
            part + ": at least two class folders with pictures are needed, got " + names.size());
      }
      return names;
    } catch (IOException | UncheckedIOException e) {
      throw asDataException(part, e);
    }
  }

  private static List<Path> pictures(Path folder, String part, String name) throws DataException {
    Path classFolder = folder.resolve(part).resolve(name);
    if (!Files.isDirectory(classFolder)) {
      throw new DataException(
          classFolder + ": missing; train/, val/ and test/ need the same class folders");
    }
    try (Stream<Path> entries = Files.list(classFolder)) {
      List<Path> files = entries.filter(FolderData::isPicture).sorted().toList();
      if (files.isEmpty()) {
        throw new DataException(classFolder + ": no pictures; put JPEG or PNG files there");
      }
      return files;
    } catch (IOException | UncheckedIOException e) {
      throw asDataException(classFolder, e);
    }
  }

  private static DataException asDataException(Path path, Exception e) {
    return e instanceof DataException already
        ? already
        : new DataException(path + ": cannot be listed: " + e.getMessage(), e);
  }

  static boolean isPicture(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot > 0
        && ENDINGS.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT))
        && Files.isRegularFile(file);
  }

  /**
   * Reads a picture file as 8-bit RGB.
   *
   * @throws DataException if it is no picture that Java's ImageIO reads
   */
  static Picture read(Path file) throws DataException {
    BufferedImage image;
    try {
      image = ImageIO.read(file.toFile());
    } catch (IOException | RuntimeException e) {
      throw new DataException(
          file + ": damaged picture (" + e.getMessage() + "); remove or replace it", e);
    }
    if (image == null) {
      throw new DataException(file + ": not a picture that can be read; remove or convert it");
    }
    int width = image.getWidth();
    int height = image.getHeight();
    if ((long) width * height > MAX_PIXELS) {
      throw new DataException(
          file + ": " + width + "x" + height + " pixels are too many; scale it");
    }
    int[] argb = image.getRGB(0, 0, width, height, null, 0, width);
    byte[] rgb = new byte[3 * argb.length];
    for (int i = 0, out = 0; i < argb.length; i++) {
      rgb[out++] = (byte) (argb[i] >> 16);
      rgb[out++] = (byte) (argb[i] >> 8);
      rgb[out++] = (byte) argb[i];
    }
    return new Picture(rgb, width, height);
  }

  /** Files and their classes, being gathered. */
  private static final class Gathering {
    private final List<Path> files = new ArrayList<>();
    private final List<Integer> labels = new ArrayList<>();

    void add(List<Path> more, int label) {
      files.addAll(more);
      more.forEach(file -> labels.add(label));
    }

    LabelledImages images() {
      return new FileImages(
          files.toArray(Path[]::new), labels.stream().mapToInt(Integer::intValue).toArray());
    }
  }

  /** Picture files with their classes. */
  private static final class FileImages implements LabelledImages {
    private final Path[] files;
    private final int[] labels;

    FileImages(Path[] files, int[] labels) {
      this.files = files;
      this.labels = labels;
    }

    @Override
    public int size() {
      return files.length;
    }

    @Override
    public int label(int index) {
      return labels[index];
    }

    @Override
    public Picture picture(int index) throws DataException {
      return read(files[index]);
    }

    @Override
    public String toString() {
      return Arrays.toString(files);
    }
  }
}
