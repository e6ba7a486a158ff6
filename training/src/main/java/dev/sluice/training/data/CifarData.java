package dev.sluice.training.data;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * CIFAR-10 in its binary layout (Krizhevsky, "Learning Multiple Layers of Features from Tiny
 * Images", 2009): records of a label byte and 3,072 bytes of planar RGB in {@code data_batch_*.bin}
 * and {@code test_batch.bin}.
 *
 * <p>Nine tenths of the training records train; the last tenth, in a seeded order, is divided 1:2:2
 * into temperature, select and certify.
 */
public final class CifarData {
  private static final int SIDE = 32;
  private static final int PIXELS = SIDE * SIDE;
  private static final int RECORD = 1 + 3 * PIXELS;
  private static final int MAX_RECORDS = 200_000;

  /** The classes in order of the label byte. */
  public static final List<String> CLASSES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  private CifarData() {}

  /** Whether a folder holds files in this layout, good or bad. */
  public static boolean isIn(Path folder) {
    return Files.isDirectory(folder.resolve("cifar-10-batches-bin"))
        || Files.isRegularFile(folder.resolve("data_batch_1.bin"))
        || Files.isRegularFile(folder.resolve("test_batch.bin"));
  }

  /**
   * Reads all records into memory, 150 MB for the whole of CIFAR-10.
   *
   * @param folder with the files, or with {@code cifar-10-batches-bin/}
   * @param seed divides the training records
   * @throws DataException if files are missing or are no such records
   */
  public static DataSets read(Path folder, long seed) throws DataException {
    Path inner = folder.resolve("cifar-10-batches-bin");
    Path data = Files.isDirectory(inner) ? inner : folder;
    if (!Files.isDirectory(data)) {
      throw new MissingDataException(
          data + ": no such folder; give the one with data_batch_1.bin and test_batch.bin");
    }
    LabelledImages training = new Records(trainingFiles(data));
    LabelledImages test = new Records(List.of(data.resolve("test_batch.bin")));
    int count = training.size();
    int held = count / 10;
    int temperature = held / 5;
    int select = held * 2 / 5;
    if (temperature == 0 || select == 0) {
      throw new DataException(
          data + ": only " + count + " training records; at least 50 are needed to divide them");
    }
    int[] order = Selection.shuffled(count, seed);
    int border = count - held;
    return new DataSets(
        CLASSES,
        part(training, order, 0, border),
        part(training, order, border, border + temperature),
        part(training, order, border + temperature, border + temperature + select),
        part(training, order, border + temperature + select, count),
        test,
        "CIFAR-10 binary: data_batch_* 9:1 into train and held out, that 1:2:2 into temperature,"
            + " select and certify; test_batch; seed "
            + seed);
  }

  private static LabelledImages part(LabelledImages all, int[] order, int from, int to) {
    int[] indices = Arrays.copyOfRange(order, from, to);
    Arrays.sort(indices);
    return Selection.of(all, indices);
  }

  private static List<Path> trainingFiles(Path data) throws DataException {
    try (Stream<Path> entries = Files.list(data)) {
      List<Path> files =
          entries
              .filter(path -> path.getFileName().toString().matches("data_batch_\\d+\\.bin"))
              .sorted()
              .toList();
      if (files.isEmpty()) {
        throw new DataException(
            data
                + ": no data_batch_*.bin; unpack CIFAR-10's binary version there"
                + (FolderData.isIn(data) ? " (for class folders the format is 'folder')" : ""));
      }
      return files;
    } catch (DataException e) {
      throw e;
    } catch (IOException e) {
      throw new DataException(data + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  /** Records of several files, in memory. */
  private static final class Records implements LabelledImages {
    private final byte[] bytes;

    Records(List<Path> files) throws DataException {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (Path file : files) {
        byte[] records = read(file);
        for (int at = 0; at < records.length; at += RECORD) {
          if (records[at] < 0 || records[at] >= CLASSES.size()) {
            throw new DataException(
                "%s: label %d at record %d is not in 0..9; not CIFAR-10's binary layout"
                    .formatted(file, records[at] & 0xff, at / RECORD));
          }
        }
        all.writeBytes(records);
      }
      bytes = all.toByteArray();
    }

    private static byte[] read(Path file) throws DataException {
      if (!Files.isRegularFile(file)) {
        throw new DataException(file + ": missing; unpack CIFAR-10's binary version there");
      }
      try {
        long size = Files.size(file);
        if (size == 0 || size % RECORD != 0 || size / RECORD > MAX_RECORDS) {
          throw new DataException(
              "%s: %d bytes are not records of %d bytes; unpack CIFAR-10's binary version again"
                  .formatted(file, size, RECORD));
        }
        return Files.readAllBytes(file);
      } catch (DataException e) {
        throw e;
      } catch (IOException e) {
        throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
      }
    }

    @Override
    public int size() {
      return bytes.length / RECORD;
    }

    @Override
    public int label(int index) {
      return bytes[index * RECORD];
    }

    @Override
    public Picture picture(int index) {
      byte[] rgb = new byte[3 * PIXELS];
      int at = index * RECORD + 1;
      for (int i = 0; i < PIXELS; i++) {
        for (int c = 0; c < 3; c++) {
          rgb[3 * i + c] = bytes[at + c * PIXELS + i];
        }
      }
      return new Picture(rgb, SIDE, SIDE);
    }
  }
}
