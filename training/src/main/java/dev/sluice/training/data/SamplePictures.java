package dev.sluice.training.data;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A few real pictures without regard to their classes, spread evenly over what there is. */
public final class SamplePictures {
  private static final int MAX_DEPTH = 6;
  private static final int MAX_FILES = 1_000_000;

  private SamplePictures() {}

  /**
   * Reads pictures.
   *
   * @param folders of JPEG or PNG files at any depth, or of CIFAR-10 binaries
   * @param most pictures wanted, at least 1; fewer if there are no more
   * @throws MissingDataException if a folder does not exist
   * @throws DataException if a folder has no pictures, or one cannot be read
   */
  public static List<Picture> from(List<Path> folders, int most) throws DataException {
    List<Picture> pictures = new ArrayList<>();
    for (int i = 0; i < folders.size(); i++) {
      int share = (most - pictures.size()) / (folders.size() - i);
      if (share > 0) {
        pictures.addAll(from(folders.get(i), share));
      }
    }
    return pictures;
  }

  private static List<Picture> from(Path folder, int most) throws DataException {
    List<Picture> pictures = new ArrayList<>();
    if (CifarData.isIn(folder)) {
      LabelledImages images = CifarData.read(folder, 1).test();
      int wanted = Math.min(most, images.size());
      for (int i = 0; i < wanted; i++) {
        pictures.add(images.picture((int) ((long) i * images.size() / wanted)));
      }
      return pictures;
    }
    List<Path> files = files(folder);
    int wanted = Math.min(most, files.size());
    for (int i = 0; i < wanted; i++) {
      pictures.add(FolderData.read(files.get((int) ((long) i * files.size() / wanted))));
    }
    return pictures;
  }

  private static List<Path> files(Path folder) throws DataException {
    if (!Files.isDirectory(folder)) {
      throw new MissingDataException(folder + ": no such folder; name one with pictures");
    }
    List<Path> files;
    try (Stream<Path> entries = Files.walk(folder, MAX_DEPTH)) {
      files = entries.limit(MAX_FILES).filter(FolderData::isPicture).sorted().toList();
    } catch (IOException | UncheckedIOException e) {
      throw new DataException(folder + ": cannot be listed: " + e.getMessage(), e);
    }
    if (files.isEmpty()) {
      throw new DataException(folder + ": no pictures; put JPEG or PNG files there");
    }
    return files;
  }
}
