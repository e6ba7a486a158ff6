package dev.sluice.training.policy;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.BundleWriter;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.PolicyChoice;
import dev.sluice.model.exit.PolicyData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Copies of bundles with fitted policies. */
public final class FittedBundle {
  private FittedBundle() {}

  /**
   * Writes a copy.
   *
   * @param file content of {@link PolicyData#FILE}
   * @param defaults what the early exits follow where nobody says otherwise, if that changes
   * @param origin where the fitted data come from, for the provenance
   * @param out directory; a bundle that stands there is replaced
   * @throws IOException if it cannot be written
   */
  public static Bundle write(
      Bundle bundle, byte[] file, Optional<PolicyChoice> defaults, String origin, Path out)
      throws IOException {
    BundleManifest old = bundle.manifest();
    BundleWriter writer = BundleWriter.to(out);
    for (String name : bundle.paths()) {
      if (!name.equals(PolicyData.FILE)) {
        writer.put(name, bundle.file(name));
      }
    }
    writer.put(PolicyData.FILE, file);
    Map<String, String> provenance = new LinkedHashMap<>(old.provenance());
    provenance.put("policies", origin);
    List<ExitInfo> exits = new ArrayList<>();
    for (ExitInfo exit : old.exits()) {
      boolean early = exit.index() < old.exits().size() - 1;
      exits.add(
          early && defaults.isPresent()
              ? exit.withPolicy(defaults.get().of(exit.index()).toString())
              : exit);
    }
    return writer.commit(
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            old.name(),
            old.labels(),
            old.preprocessing(),
            old.cuts(),
            exits,
            old.codecs(),
            old.variants(),
            provenance,
            Map.of(),
            Map.of()),
        true);
  }

  /**
   * Returns a choice ready to judge a network's exits.
   *
   * @throws IllegalArgumentException if it names exits that are none, or lacks data
   */
  public static ExitPolicies bind(BundleManifest manifest, PolicyChoice choice, PolicyData data) {
    Map<Integer, ExitPolicy> active = new TreeMap<>(choice.byExit());
    for (int exit = 0; exit < manifest.exits().size() - 1; exit++) {
      active.put(exit, choice.of(exit));
    }
    return ExitPolicies.of(manifest.exits().size(), manifest.labels().size(), active, data);
  }
}
