package dev.sluice.edge.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.edge.session.Frame;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PicturesTest {
  @TempDir private Path folder;

  private Path png(String name, int rgb) throws IOException {
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, rgb);
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
    return file;
  }

  @Test
  void givesTheImagesOfAFolderInOrder() throws IOException {
    png("b.png", 0x010203);
    png("a/z.PNG", 0x040506);
    Files.writeString(folder.resolve("notes.txt"), "no image");
    Files.write(
        folder.resolve("c.ppm"),
        new byte[] {'P', '6', ' ', '1', ' ', '1', ' ', '2', '5', '5', '\n', 7, 8, 9});
    try (FrameSource source = FrameSource.folder(folder, () -> 5)) {
      Frame first = source.next().orElseThrow();
      Frame second = source.next().orElseThrow();
      Frame third = source.next().orElseThrow();
      assertThat(first.name()).endsWith("z.PNG");
      assertThat(first.rgb()).containsExactly(4, 5, 6, 0, 0, 0);
      assertThat(second.rgb()).containsExactly(1, 2, 3, 0, 0, 0);
      assertThat(third.rgb()).containsExactly(7, 8, 9);
      assertThat(third.id()).isEqualTo(2);
      assertThat(source.next()).isEqualTo(Optional.empty());
    }
  }

  @Test
  void saysWhichFolderHoldsNoImage() {
    assertThatThrownBy(() -> FrameSource.folder(folder, () -> 0))
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("no image");
  }

  @Test
  void saysWhichFileDoesNotExist() {
    Path missing = folder.resolve("missing.png");
    assertThatThrownBy(() -> Pictures.list(List.of(missing)))
        .hasMessageContaining("missing.png")
        .hasMessageContaining("no such file");
  }

  @Test
  void saysWhichFileIsNoImage() throws IOException {
    Path text = Files.writeString(folder.resolve("a.png"), "this is text");
    assertThatThrownBy(() -> Pictures.read(text))
        .isInstanceOf(FrameFormatException.class)
        .hasMessageContaining("a.png");
  }

  @Test
  void saysWhichImageIsDamaged() throws IOException {
    Path file = png("a.png", 1);
    byte[] bytes = Files.readAllBytes(file);
    for (int length = 1; length < bytes.length - 12; length++) {
      Files.write(file, java.util.Arrays.copyOf(bytes, length));
      try {
        Pictures.read(file);
      } catch (FrameFormatException expected) {
        assertThat(expected).hasMessageContaining("a.png");
      }
    }
  }
}
