package dev.sluice.edge.agent;

import java.awt.image.BufferedImage;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** Image files and their pixels. */
final class Pictures {
  /** More pixels than this are refused before they are decoded. */
  static final int MAX_PIXELS = 1 << 26;

  private static final int MAX_FILES = 1_000_000;
  private static final int MAX_DEPTH = 16;

  private Pictures() {}

  /**
   * Decoded pixels.
   *
   * @param rgb interleaved, {@code [height, width, 3]}
   */
  @SuppressWarnings("ArrayRecordComponent") // carries pixels from reader to frame, never compared
  record Picture(byte[] rgb, int width, int height) {}

  /**
   * Returns the named files, and for folders the images in them and below, sorted by path.
   *
   * @throws NoSuchFileException if one does not exist
   * @throws IOException if a folder holds no image
   */
  static List<Path> list(List<Path> filesAndFolders) throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path path : filesAndFolders) {
      if (Files.isDirectory(path)) {
        try (Stream<Path> below = Files.walk(path, MAX_DEPTH)) {
          List<Path> images = below.filter(Pictures::isImage).sorted().limit(MAX_FILES).toList();
          if (images.isEmpty()) {
            throw new IOException(path + " holds no image; PNG, JPEG and PPM files are taken");
          }
          files.addAll(images);
        }
      } else if (Files.exists(path)) {
        files.add(path);
      } else {
        throw new NoSuchFileException(path.toString(), null, "no such file or folder");
      }
    }
    return files;
  }

  private static boolean isImage(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return Files.isRegularFile(file) && name.matches(".*\\.(png|jpe?g|ppm)");
  }

  /**
   * Reads an image file.
   *
   * @throws FrameFormatException if it is no image, damaged or too large
   */
  static Picture read(Path file) throws IOException {
    if (file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".ppm")) {
      try (InputStream in = new BufferedInputStream(Files.newInputStream(file));
          PpmFrames frames = new PpmFrames(in, file.toString(), () -> 0)) {
        return frames
            .picture()
            .orElseThrow(
                () -> new FrameFormatException(file + " is empty; replace it, or leave it out"));
      }
    }
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      if (in == null) {
        throw new IOException(file + " cannot be read");
      }
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new FrameFormatException(
            file + " is no PNG, JPEG or PPM image; convert it, or leave it out");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        return decode(file, reader);
      } finally {
        reader.dispose();
      }
    }
  }

  private static Picture decode(Path file, ImageReader reader) throws IOException {
    try {
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
      if ((long) width * height > MAX_PIXELS) {
        throw new FrameFormatException(
            file + " is too large: " + width + " x " + height + " pixels; at most " + MAX_PIXELS);
      }
      BufferedImage image = reader.read(0);
      int[] packed = image.getRGB(0, 0, width, height, null, 0, width);
      byte[] rgb = new byte[3 * packed.length];
      for (int i = 0; i < packed.length; i++) {
        rgb[3 * i] = (byte) (packed[i] >> 16);
        rgb[3 * i + 1] = (byte) (packed[i] >> 8);
        rgb[3 * i + 2] = (byte) packed[i];
      }
      return new Picture(rgb, width, height);
    } catch (FrameFormatException e) {
      throw e;
    } catch (IOException | RuntimeException damaged) {
      // ImageIO's readers throw all sorts of unchecked exceptions at damaged files.
      throw new FrameFormatException(
          file
              + " is a damaged image ("
              + String.valueOf(damaged.getMessage())
              + "); replace it, or leave it out",
          damaged);
    }
  }
}
