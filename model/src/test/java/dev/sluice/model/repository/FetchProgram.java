package dev.sluice.model.repository;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Opens an address in a process of its own. */
final class FetchProgram {
  private FetchProgram() {}

  public static void main(String[] arguments) throws IOException {
    Bundles bundles =
        new Bundles(
            Path.of(arguments[1]),
            FetchLimits.usual(),
            Timing.system(),
            new SplittableRandom(1),
            FetchListener.SILENT);
    System.out.write(
        ("digest " + bundles.open(arguments[0]).digest() + "\n").getBytes(StandardCharsets.UTF_8));
    System.out.flush();
  }
}
