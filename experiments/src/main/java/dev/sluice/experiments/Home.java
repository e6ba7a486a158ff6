package dev.sluice.experiments;

import java.nio.file.Path;

/** Where the repository lies. */
final class Home {
  private Home() {}

  /** The launcher names it; without the launcher it is the working directory. */
  static Path find() {
    String home = System.getProperty("sluice.home");
    return home == null ? Path.of("").toAbsolutePath() : Path.of(home);
  }
}
