package dev.sluice.model.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.TinyBundles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublisherTest {
  @TempDir Path folder;

  /** Offers what was published. */
  private RoughServer offer(Path repository) throws IOException {
    RoughServer server = new RoughServer();
    try (Stream<Path> files = Files.walk(repository)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        server.files.put(
            "/" + repository.relativize(file).toString().replace('\\', '/'),
            Files.readAllBytes(file));
      }
    }
    return server;
  }

  private Bundle fetch(RoughServer server) throws IOException {
    return new Bundles(
            folder.resolve("cache"),
            FetchLimits.usual(),
            new FakeTiming(),
            new SplittableRandom(1),
            FetchListener.SILENT)
        .open(server.address("/index.json#tiny"));
  }

  @Test
  void offersTheNewVersionAndKeepsTheOldOne() throws IOException {
    Path repository = folder.resolve("repository");
    Bundle first = TinyBundles.write(folder.resolve("first"));
    assertThat(Publisher.publish(List.of(first), repository)).containsEntry("tiny", first.digest());
    try (RoughServer server = offer(repository)) {
      assertThat(fetch(server).digest()).isEqualTo(first.digest());
    }
    Bundle second = Others.withOtherTable(folder.resolve("second"));
    Publisher.publish(List.of(second), repository);
    assertThat(Publisher.publish(List.of(second), repository))
        .containsOnlyKeys("tiny")
        .containsEntry("tiny", second.digest());
    try (RoughServer server = offer(repository)) {
      assertThat(fetch(server).digest()).isEqualTo(second.digest());
    }
    assertThat(repository.resolve("tiny-" + first.digest().substring(0, 12))).isDirectory();
  }

  @Test
  void refusesTwoOfOneName() throws IOException {
    Bundle bundle = TinyBundles.write(folder.resolve("first"));
    Path repository = folder.resolve("repository");
    assertThatThrownBy(() -> Publisher.publish(List.of(bundle, bundle), repository))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("two bundles are named 'tiny'");
    assertThat(repository.resolve("index.json")).doesNotExist();
  }

  @Test
  void letsAServerReadWhatItPublishes() throws IOException {
    assumeTrue(Files.getFileStore(folder).supportsFileAttributeView("posix"), "no POSIX rights");
    Path plain = Files.createDirectory(folder.resolve("plain"));
    Path file = Files.createFile(folder.resolve("plain.txt"));
    Path repository = folder.resolve("repository");
    Bundle bundle = TinyBundles.write(folder.resolve("first"));
    Publisher.publish(List.of(bundle), repository);
    Path zip = folder.resolve("one.zip");
    bundle.writeZip(zip);
    assertThat(Files.getPosixFilePermissions(zip)).isEqualTo(Files.getPosixFilePermissions(file));
    try (Stream<Path> all = Files.walk(repository)) {
      assertThat(all)
          .allSatisfy(
              one ->
                  assertThat(Files.getPosixFilePermissions(one))
                      .isEqualTo(
                          Files.getPosixFilePermissions(Files.isDirectory(one) ? plain : file)));
    }
  }
}
