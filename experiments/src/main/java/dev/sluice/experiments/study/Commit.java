package dev.sluice.experiments.study;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The state of the sources.
 *
 * @param name of the commit, in hexadecimal
 * @param dirty whether something is changed since
 */
record Commit(String name, boolean dirty) {
  private static final int GIT_PATIENCE_SECONDS = 10;

  /** Of a repository; nothing where there is none, or no git. */
  static Optional<Commit> of(Path home) throws IOException {
    Optional<String> name = git(home, "rev-parse", "HEAD");
    Optional<String> changes = git(home, "status", "--porcelain");
    return name.isPresent() && changes.isPresent()
        ? Optional.of(new Commit(name.get(), !changes.get().isEmpty()))
        : Optional.empty();
  }

  private static Optional<String> git(Path home, String... words) throws IOException {
    String[] command = Stream.concat(Stream.of("git"), Stream.of(words)).toArray(String[]::new);
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .directory(home.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      // No git on this machine, or no such folder: the record goes without a commit.
      return Optional.empty();
    }
    try (InputStream out = process.getInputStream()) {
      String text = new String(out.readAllBytes(), StandardCharsets.UTF_8).trim();
      return process.waitFor(GIT_PATIENCE_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0
          ? Optional.of(text)
          : Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      process.destroy();
    }
  }
}
