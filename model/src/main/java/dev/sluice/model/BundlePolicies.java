package dev.sluice.model;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.model.exit.PolicyDataException;
import java.io.IOException;

/** Reads what a bundle says about its exits' policies. */
public final class BundlePolicies {
  private BundlePolicies() {}

  /**
   * Returns what was fitted for the bundle's policies, which may be nothing.
   *
   * @throws IOException if it is damaged or of other exits or classes than the bundle's
   */
  public static PolicyData data(Bundle bundle) throws IOException {
    if (!bundle.has(PolicyData.FILE)) {
      return PolicyData.NONE;
    }
    String where = bundle.source() + "/" + PolicyData.FILE;
    PolicyData data;
    try {
      data = PolicyData.read(bundle.file(PolicyData.FILE));
    } catch (PolicyDataException damaged) {
      throw new IOException(
          where + ": " + damaged.getMessage() + "; fit the policies again", damaged);
    }
    int classes = bundle.manifest().labels().size();
    int exits = bundle.manifest().exits().size();
    if (data.exits() > 0 && (data.classes() != classes || data.exits() > exits)) {
      throw new IOException(
          "%s: is for %d classes and %d exits, but the network has %d and %d; fit the policies again"
              .formatted(where, data.classes(), data.exits(), classes, exits));
    }
    return data;
  }
}
