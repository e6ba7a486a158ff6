package dev.sluice.edge.device;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevicesTest {
  @Test
  void acceptsAPublishedNameOrAFile(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("board.json"), "{}");

    assertThatCode(() -> Devices.check("pi5")).doesNotThrowAnyException();
    assertThatCode(() -> Devices.check(file.toString())).doesNotThrowAnyException();
    assertThatThrownBy(() -> Devices.check(folder.resolve("missing.json").toString()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no device");
  }
}
