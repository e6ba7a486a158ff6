package dev.sluice.model.repository;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleWriter;
import dev.sluice.model.bundle.TinyBundles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A second bundle that differs from the tiny one in one file. */
final class Others {
  private Others() {}

  static Bundle withOtherTable(Path target) throws IOException {
    Bundle tiny = TinyBundles.write(target.resolveSibling(target.getFileName() + "-base"));
    BundleWriter writer = BundleWriter.to(target);
    for (String path : tiny.paths()) {
      writer.put(
          path,
          path.equals("calibration.bin")
              ? "other table".getBytes(StandardCharsets.UTF_8)
              : tiny.file(path));
    }
    return writer.commit(tiny.manifest(), false);
  }
}
