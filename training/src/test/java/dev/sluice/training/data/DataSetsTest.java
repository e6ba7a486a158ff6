package dev.sluice.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSetsTest {
  @TempDir Path folder;

  @Test
  void dividesFoldersIntoDisjointSetsThatHoldEveryPicture() throws IOException {
    int made = makeFolders(20, 6, 4);

    DataSets sets = FolderData.read(folder, 3);

    assertThat(sets.classes()).containsExactly("cat", "dog");
    assertThat(sets.train().size()).isEqualTo(32);
    assertThat(sets.temperature().size()).isEqualTo(8);
    assertThat(sets.select().size()).isEqualTo(6);
    assertThat(sets.certify().size()).isEqualTo(6);
    assertThat(sets.test().size()).isEqualTo(8);
    assertThat(distinctPictures(sets)).hasSize(made);
  }

  @Test
  void dividesFoldersTheSameWayForTheSameSeedOnly() throws IOException {
    makeFolders(20, 6, 4);

    assertThat(first(FolderData.read(folder, 3)))
        .isEqualTo(first(FolderData.read(folder, 3)))
        .isNotEqualTo(first(FolderData.read(folder, 4)));
  }

  @Test
  void readsTheClassAndThePixelsOfAPicture() throws IOException {
    makeFolders(20, 6, 4);

    LabelledImages test = FolderData.read(folder, 3).test();

    for (int i = 0; i < test.size(); i++) {
      Picture picture = test.picture(i);
      assertThat(picture.width()).isEqualTo(3);
      assertThat(picture.height()).isEqualTo(2);
      // Blue says the class, see makeFolders.
      assertThat(picture.rgb()[2]).isEqualTo((byte) test.label(i));
    }
  }

  @Test
  void namesTheFolderThatIsMissingOrEmpty() throws IOException {
    assertThatThrownBy(() -> FolderData.read(folder, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("train")
        .hasMessageContaining("missing");

    makeFolders(4, 4, 2);
    Path empty = Files.createDirectories(folder.resolve("train/emu"));

    assertThatThrownBy(() -> FolderData.read(folder, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(empty.toString())
        .hasMessageContaining("no pictures");
  }

  @Test
  void namesAFileThatIsNoPicture() throws IOException {
    makeFolders(4, 4, 2);
    Path broken = folder.resolve("test/cat/broken.jpg");
    Files.writeString(broken, "not a picture");
    LabelledImages test = FolderData.read(folder, 1).test();

    assertThatThrownBy(
            () -> {
              for (int i = 0; i < test.size(); i++) {
                test.picture(i);
              }
            })
        .isInstanceOf(DataException.class)
        .hasMessageContaining(broken.toString());
  }

  @Test
  void dividesCifarRecordsIntoDisjointSets() throws IOException {
    writeRecords("data_batch_1.bin", 0, 100);
    writeRecords("data_batch_2.bin", 100, 100);
    writeRecords("test_batch.bin", 200, 30);

    DataSets sets = CifarData.read(folder, 5);

    assertThat(sets.train().size()).isEqualTo(180);
    assertThat(sets.temperature().size()).isEqualTo(4);
    assertThat(sets.select().size()).isEqualTo(8);
    assertThat(sets.certify().size()).isEqualTo(8);
    assertThat(sets.test().size()).isEqualTo(30);
    assertThat(distinctPictures(sets)).hasSize(230);
  }

  @Test
  void readsPlanarCifarPixelsInterleaved() throws IOException {
    writeRecords("data_batch_1.bin", 0, 60);
    writeRecords("test_batch.bin", 60, 3);

    LabelledImages test = CifarData.read(folder, 5).test();

    byte[] rgb = test.picture(1).rgb();
    assertThat(test.label(1)).isEqualTo(1);
    assertThat(rgb[0]).as("red says the record").isEqualTo((byte) 61);
    assertThat(rgb[1]).as("green").isEqualTo((byte) 100);
    assertThat(rgb[3 * 1023 + 2]).as("blue").isEqualTo((byte) 200);
  }

  @Test
  void refusesCifarFilesOfTheWrongSizeByName() throws IOException {
    writeRecords("data_batch_1.bin", 0, 60);
    Files.write(folder.resolve("test_batch.bin"), new byte[1000]);

    assertThatThrownBy(() -> CifarData.read(folder, 5))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("test_batch.bin")
        .hasMessageContaining("3073");
  }

  @Test
  void mirrorsPicturesBehindTheOriginals() throws IOException {
    writeRecords("data_batch_1.bin", 0, 60);
    writeRecords("test_batch.bin", 60, 3);
    LabelledImages test = CifarData.read(folder, 5).test();

    LabelledImages both = test.withMirrorImages();

    assertThat(both.size()).isEqualTo(6);
    assertThat(both.label(4)).isEqualTo(test.label(1));
    byte[] original = both.picture(1).rgb();
    byte[] mirrored = both.picture(4).rgb();
    assertThat(mirrored[3 * 31]).isEqualTo(original[0]);
  }

  @Test
  void findsTheClassOfASynsetFolderInItsLabelLine() throws DataException {
    Labels labels =
        Labels.of(List.of("n01440764 tench, Tinca tinca", "n02102040 English springer"));

    assertThat(labels.names()).containsExactly("tench", "English springer");
    assertThat(labels.indicesOf(List.of("n02102040", "n01440764")))
        .hasValueSatisfying(indices -> assertThat(indices).containsExactly(1, 0));
    assertThat(labels.indexOf("english_springer")).hasValue(1);
    assertThat(labels.indexOf("n09999999")).isEmpty();
  }

  private int makeFolders(int train, int val, int test) throws IOException {
    int serial = 0;
    for (String part : List.of("train", "val", "test")) {
      int count = part.equals("train") ? train : part.equals("val") ? val : test;
      for (int label = 0; label < 2; label++) {
        Path classFolder =
            Files.createDirectories(folder.resolve(part).resolve(label == 0 ? "cat" : "dog"));
        for (int i = 0; i < count; i++) {
          BufferedImage image = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB);
          image.setRGB(0, 0, serial++ << 8 | label);
          ImageIO.write(image, "png", classFolder.resolve(i + ".png").toFile());
        }
      }
    }
    return serial;
  }

  private void writeRecords(String name, int firstSerial, int count) throws IOException {
    ByteBuffer records = ByteBuffer.allocate(3073 * count);
    for (int i = 0; i < count; i++) {
      records.put((byte) (i % 10));
      for (int pixel = 0; pixel < 1024; pixel++) {
        records.put((byte) (firstSerial + i - (pixel == 31 ? 1 : 0)));
      }
      for (int pixel = 0; pixel < 1024; pixel++) {
        records.put((byte) 100);
      }
      for (int pixel = 0; pixel < 1024; pixel++) {
        records.put((byte) 200);
      }
    }
    Files.write(folder.resolve(name), records.array());
  }

  private static ByteBuffer first(DataSets sets) throws DataException {
    ByteBuffer all = ByteBuffer.allocate(sets.train().size() * 18);
    for (int i = 0; i < sets.train().size(); i++) {
      all.put(sets.train().picture(i).rgb());
    }
    return all.flip();
  }

  /** All pictures of all sets; one that lies in two sets counts once. */
  private static Set<ByteBuffer> distinctPictures(DataSets sets) throws DataException {
    Set<ByteBuffer> distinct = new HashSet<>();
    List<LabelledImages> parts = new ArrayList<>();
    parts.addAll(List.of(sets.train(), sets.temperature(), sets.select()));
    parts.addAll(List.of(sets.certify(), sets.test()));
    for (LabelledImages part : parts) {
      for (int i = 0; i < part.size(); i++) {
        distinct.add(ByteBuffer.wrap(part.picture(i).rgb()));
      }
    }
    return distinct;
  }
}
