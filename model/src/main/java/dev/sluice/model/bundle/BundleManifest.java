package dev.sluice.model.bundle;

import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a bundle says about itself: {@code bundle.json}. Immutable and consistent: cuts and exits
 * are numbered without gaps, exits ascend by cut and the last one sits on the last cut, codecs and
 * exits name cuts that exist.
 *
 * @param schemaVersion version of this format, {@link #SCHEMA_VERSION} when written here
 * @param name what people call the network
 * @param labels class names, by class index
 * @param preprocessing how pictures become inputs
 * @param cuts kept cuts in order: at least the input and the output
 * @param exits exits in order of their cuts; the last one is the final exit
 * @param codecs codecs that this bundle brings, beyond those that need nothing from it
 * @param variants the network at other precisions, for the device's part
 * @param provenance where it comes from, in order: commit, seed, data, commands, metrics
 * @param digests hex SHA-256 of every other file, by path; filled in when it is written
 * @param sizes bytes of every other file, by path; filled in when it is written, empty in bundles
 *     of schema 1
 */
public record BundleManifest(
    int schemaVersion,
    String name,
    List<String> labels,
    Preprocessing preprocessing,
    List<CutInfo> cuts,
    List<ExitInfo> exits,
    List<CodecInfo> codecs,
    List<VariantInfo> variants,
    Map<String, String> provenance,
    Map<String, String> digests,
    Map<String, Long> sizes) {
  /** The newest format known here. */
  public static final int SCHEMA_VERSION = 3;

  private static final int MAX_FILES = 4096;

  public BundleManifest {
    labels = List.copyOf(labels);
    cuts = List.copyOf(cuts);
    exits = List.copyOf(exits);
    codecs = List.copyOf(codecs);
    variants = List.copyOf(variants);
    provenance = Collections.unmodifiableMap(new LinkedHashMap<>(provenance));
    digests = Collections.unmodifiableMap(new LinkedHashMap<>(digests));
    sizes = Collections.unmodifiableMap(new LinkedHashMap<>(sizes));
    check(schemaVersion >= 1, "schema version " + schemaVersion);
    check(!name.isBlank(), "name is blank");
    check(!labels.isEmpty(), "labels are missing");
    checkCuts(cuts);
    checkExits(exits, cuts.size() - 1);
    Set<String> codecNames = new HashSet<>();
    for (CodecInfo codec : codecs) {
      check(codec.cut() < cuts.size(), "codec " + codec.name() + " at a cut that is none");
      check(
          codecNames.add(codec.cut() + " " + codec.name()),
          "codec " + codec.name() + " twice at cut " + codec.cut());
    }
    checkVariants(variants, exits);
    checkFiles(digests, sizes);
  }

  /** Makes a manifest of one precision; the files are filled in when it is written. */
  public BundleManifest(
      int schemaVersion,
      String name,
      List<String> labels,
      Preprocessing preprocessing,
      List<CutInfo> cuts,
      List<ExitInfo> exits,
      List<CodecInfo> codecs,
      Map<String, String> provenance,
      Map<String, String> digests) {
    this(
        schemaVersion,
        name,
        labels,
        preprocessing,
        cuts,
        exits,
        codecs,
        List.of(),
        provenance,
        digests,
        Map.of());
  }

  private static void checkVariants(List<VariantInfo> variants, List<ExitInfo> exits) {
    Set<String> precisions = new HashSet<>();
    for (VariantInfo variant : variants) {
      check(precisions.add(variant.precision()), "variant " + variant.precision() + " twice");
      for (int exit : variant.heads().keySet()) {
        check(
            exit >= 0 && exit < exits.size() && !exits.get(exit).head().isEmpty(),
            "variant " + variant.precision() + " has a head for exit " + exit + ", which has none");
      }
    }
  }

  private static void checkFiles(Map<String, String> digests, Map<String, Long> sizes) {
    BundlePaths.checkAll(digests.keySet());
    check(
        digests.keySet().stream()
            .map(BundlePaths::folded)
            .noneMatch(BundlePaths.folded(BundleFiles.MANIFEST)::equals),
        BundleFiles.MANIFEST + " has a digest of its own");
    check(digests.size() <= MAX_FILES, "more than " + MAX_FILES + " files");
    for (Map.Entry<String, String> digest : digests.entrySet()) {
      check(digest.getValue().matches("[0-9a-f]{64}"), "digest of " + digest.getKey() + " is none");
    }
    check(
        sizes.isEmpty() || sizes.keySet().equals(digests.keySet()),
        "files with a size are not those with a digest");
    for (Map.Entry<String, Long> size : sizes.entrySet()) {
      check(
          size.getValue() >= 0 && size.getValue() <= Integer.MAX_VALUE,
          "size of " + size.getKey() + " is " + size.getValue());
    }
  }

  private static void checkCuts(List<CutInfo> cuts) {
    check(cuts.size() >= 2, "at least the input and the output must be cuts");
    for (int i = 0; i < cuts.size(); i++) {
      check(cuts.get(i).index() == i, "cut " + cuts.get(i).index() + " in place " + i);
      check(
          i == 0 || cuts.get(i).macsBefore() >= cuts.get(i - 1).macsBefore(),
          "MACs fall from cut " + (i - 1) + " to cut " + i);
    }
  }

  private static void checkExits(List<ExitInfo> exits, int lastCut) {
    check(!exits.isEmpty(), "the final exit is missing");
    for (int i = 0; i < exits.size(); i++) {
      ExitInfo exit = exits.get(i);
      check(exit.index() == i, "exit " + exit.index() + " in place " + i);
      check(
          i == 0 || exit.cut() > exits.get(i - 1).cut(),
          "exits " + (i - 1) + " and " + i + " do not ascend by cut");
      check(
          !exit.head().isEmpty() || exit.cut() == lastCut,
          "exit " + i + " has no head, which only the final exit may");
    }
    check(exits.get(exits.size() - 1).cut() == lastCut, "no exit at the last cut");
  }

  private static void check(boolean holds, String trouble) {
    if (!holds) {
      throw new IllegalArgumentException("manifest: " + trouble);
    }
  }

  /**
   * Reads {@code bundle.json}, of this schema or an older one.
   *
   * @param where what to call it in messages
   * @throws BundleException if it is none, or of a newer schema
   */
  public static BundleManifest parse(byte[] json, String where) throws BundleException {
    return ManifestJson.read(json, where);
  }

  /** Returns the number of the last cut, the network's output. */
  public int lastCut() {
    return cuts.size() - 1;
  }

  /** Returns the final exit. */
  public ExitInfo finalExit() {
    return exits.get(exits.size() - 1);
  }

  /** Returns the exit on a cut, if one sits there. */
  public Optional<ExitInfo> exitAt(int cut) {
    return exits.stream().filter(exit -> exit.cut() == cut).findFirst();
  }

  /** Returns the codec of that name at a cut, if the bundle brings one. */
  public Optional<CodecInfo> codec(int cut, String codecName) {
    return codecs.stream()
        .filter(codec -> codec.cut() == cut && codec.name().equals(codecName))
        .findFirst();
  }

  /** Returns the variant of a precision, if the bundle brings one. */
  public Optional<VariantInfo> variant(String precision) {
    return variants.stream().filter(one -> one.precision().equals(precision)).findFirst();
  }

  /** Returns the same manifest with these variants in place of its own. */
  public BundleManifest withVariants(List<VariantInfo> others) {
    return new BundleManifest(
        schemaVersion,
        name,
        labels,
        preprocessing,
        cuts,
        exits,
        codecs,
        others,
        provenance,
        digests,
        sizes);
  }

  /** Returns it as it is written: in today's schema, with these files. */
  BundleManifest withFiles(Map<String, String> fileDigests, Map<String, Long> fileSizes) {
    return new BundleManifest(
        SCHEMA_VERSION,
        name,
        labels,
        preprocessing,
        cuts,
        exits,
        codecs,
        variants,
        provenance,
        fileDigests,
        fileSizes);
  }
}
