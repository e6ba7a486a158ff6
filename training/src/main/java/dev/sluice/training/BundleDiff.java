package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What differs between two bundles. Immutable.
 *
 * @param same whether they are the same, byte for byte: then both lists are empty
 * @param differences what the manifests, tables and files say
 * @param weights tensors of the networks that differ
 */
record BundleDiff(boolean same, List<Difference> differences, List<WeightDiff.Tensor> weights) {
  private static final String NOTHING = "-";
  private static final int SHOWN = 200;

  BundleDiff {
    differences = List.copyOf(differences);
    weights = List.copyOf(weights);
  }

  /**
   * One difference.
   *
   * @param area where, such as {@code exits}
   * @param what which fact there, such as {@code 0 temperature}
   * @param a what the first bundle says; "-" if nothing
   * @param b what the second says
   */
  record Difference(String area, String what, String a, String b) {}

  static BundleDiff of(Bundle a, Bundle b) throws IOException {
    if (a.digest().equals(b.digest())) {
      return new BundleDiff(true, List.of(), List.of());
    }
    List<Difference> differences = new ArrayList<>();
    Map<String, Map<String, String>> first = facts(a);
    Map<String, Map<String, String>> second = facts(b);
    for (Map.Entry<String, Map<String, String>> area : first.entrySet()) {
      compare(
          area.getKey(),
          area.getValue(),
          second.getOrDefault(area.getKey(), Map.of()),
          differences);
    }
    return new BundleDiff(false, differences, weights(a, b));
  }

  private static void compare(
      String area, Map<String, String> a, Map<String, String> b, Collection<Difference> into) {
    Set<String> keys = new LinkedHashSet<>(a.keySet());
    keys.addAll(b.keySet());
    for (String key : keys) {
      String one = a.getOrDefault(key, NOTHING);
      String other = b.getOrDefault(key, NOTHING);
      if (!one.equals(other)) {
        into.add(new Difference(area, key, shown(one), shown(other)));
      }
    }
  }

  private static String shown(String text) {
    String line = text.replaceAll("\\s*\\R\\s*", " ");
    return line.length() > SHOWN ? line.substring(0, SHOWN) + "..." : line;
  }

  private static List<WeightDiff.Tensor> weights(Bundle a, Bundle b) throws IOException {
    List<WeightDiff.Tensor> weights = new ArrayList<>();
    for (String path : new TreeSet<>(a.paths())) {
      boolean changed =
          b.has(path)
              && !Objects.equals(
                  a.manifest().digests().get(path), b.manifest().digests().get(path));
      if (changed && path.endsWith(".onnx")) {
        weights.addAll(WeightDiff.of(path, a.file(path), b.file(path)));
      }
    }
    return weights;
  }

  /** Returns every fact of a bundle as text, by area and name. */
  private static Map<String, Map<String, String>> facts(Bundle bundle) throws IOException {
    BundleManifest manifest = bundle.manifest();
    Map<String, Map<String, String>> facts = new LinkedHashMap<>();
    Map<String, String> bundleFacts = area(facts, "bundle");
    bundleFacts.put("digest", bundle.digest());
    bundleFacts.put("schema", String.valueOf(manifest.schemaVersion()));
    bundleFacts.put("name", manifest.name());
    Map<String, String> labels = area(facts, "labels");
    labels.put("count", String.valueOf(manifest.labels().size()));
    for (int i = 0; i < manifest.labels().size(); i++) {
      labels.put(String.valueOf(i), manifest.labels().get(i));
    }
    Map<String, String> preprocessing = area(facts, "preprocessing");
    preprocessing.put(
        "size", manifest.preprocessing().width() + "x" + manifest.preprocessing().height());
    preprocessing.put("resize", manifest.preprocessing().resize().name().toLowerCase(Locale.ROOT));
    preprocessing.put("mean", Arrays.toString(manifest.preprocessing().mean()));
    preprocessing.put("std", Arrays.toString(manifest.preprocessing().std()));
    cuts(area(facts, "cuts"), manifest);
    exits(area(facts, "exits"), manifest);
    codecs(area(facts, "codecs"), manifest);
    variants(area(facts, "variants"), manifest);
    area(facts, "provenance").putAll(manifest.provenance());
    for (String table : List.of("calibration.bin", "certification.bin")) {
      accuracies(area(facts, "accuracy in " + table), BundleTables.calibration(bundle, table));
    }
    Map<String, String> files = area(facts, "files");
    for (String path : new TreeSet<>(bundle.paths())) {
      files.put(
          path,
          bundle.file(path).length
              + " bytes, "
              + manifest.digests().getOrDefault(path, NOTHING).substring(0, 12));
    }
    return facts;
  }

  private static Map<String, String> area(Map<String, Map<String, String>> facts, String name) {
    return facts.computeIfAbsent(name, any -> new LinkedHashMap<>());
  }

  private static void cuts(Map<String, String> facts, BundleManifest manifest) {
    for (CutInfo cut : manifest.cuts()) {
      String at = cut.index() + " ";
      facts.put(at + "name", cut.name());
      facts.put(at + "tensors", cut.tensors().toString());
      facts.put(at + "shapes", Arrays.deepToString(cut.shapes().toArray()));
      facts.put(at + "types", cut.types().toString().toLowerCase(Locale.ROOT));
      facts.put(at + "MACs before", String.valueOf(cut.macsBefore()));
    }
  }

  private static void exits(Map<String, String> facts, BundleManifest manifest) {
    for (ExitInfo exit : manifest.exits()) {
      String at = exit.index() + " ";
      facts.put(at + "cut", String.valueOf(exit.cut()));
      facts.put(at + "kind", exit.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '));
      facts.put(at + "head", exit.head().isEmpty() ? NOTHING : exit.head());
      facts.put(at + "head MACs", String.valueOf(exit.headMacs()));
      facts.put(at + "temperature", String.valueOf(exit.temperature()));
      facts.put(at + "policy", exit.policy());
    }
  }

  private static void codecs(Map<String, String> facts, BundleManifest manifest) {
    for (CodecInfo codec : manifest.codecs()) {
      facts.put(
          "cut " + codec.cut() + " " + codec.name(),
          codec.wire()
              + (codec.hasTransform()
                  ? ", transform of " + codec.encoderMacs() + " MACs"
                  : ", no transform")
              + (codec.hasTables() ? ", tables" : ""));
    }
  }

  private static void variants(Map<String, String> facts, BundleManifest manifest) {
    for (VariantInfo variant : manifest.variants()) {
      facts.put(
          variant.precision(), variant.backbone() + ", heads of exits " + variant.heads().keySet());
    }
  }

  private static void accuracies(Map<String, String> facts, Optional<CalibrationTable> table) {
    if (table.isEmpty()) {
      return;
    }
    facts.put("samples", String.valueOf(table.get().samples()));
    for (int exit = 0; exit < table.get().exits(); exit++) {
      facts.put(
          "exit " + exit,
          String.format(Locale.ROOT, "%.2f %%", 100 * InspectCommand.accuracy(table.get(), exit)));
    }
  }
}
