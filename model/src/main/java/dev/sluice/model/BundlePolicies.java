package dev.sluice.model;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.PolicyChoice;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.model.exit.PolicyDataException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads what a bundle says about its exits' policies. */
public final class BundlePolicies {
  private BundlePolicies() {}

  /** Returns the policies that the bundle's early exits follow where nobody says otherwise. */
  public static PolicyChoice choice(Bundle bundle) {
    List<ExitInfo> exits = bundle.manifest().exits();
    Map<Integer, ExitPolicy> early =
        exits.subList(0, exits.size() - 1).stream()
            .collect(Collectors.toMap(ExitInfo::index, exit -> ExitPolicy.parse(exit.policy())));
    return early.isEmpty() ? PolicyChoice.all(new ExitPolicy.Never()) : PolicyChoice.byExit(early);
  }

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
