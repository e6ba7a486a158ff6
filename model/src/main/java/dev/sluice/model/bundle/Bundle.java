package dev.sluice.model.bundle;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A progressive network on disk, opened: manifest and files, every one checked against its SHA-256.
 * Held in memory, at most 1 GiB and a third of Java's memory; immutable and thread-safe.
 *
 * <p>A directory or the same as one zip, {@code bundle.json} at its root. Files that the manifest
 * does not list are not part of it: they are never read, so that notes beside a bundle do no harm,
 * and nobody gets at them through it.
 */
public final class Bundle {
  /** Path of the network itself in every bundle. */
  public static final String BACKBONE = "backbone.onnx";

  /** Path of the manifest in every bundle. */
  public static final String MANIFEST = BundleFiles.MANIFEST;

  private final Path source;
  private final BundleManifest manifest;
  private final byte[] json;
  private final String digest;
  private final Map<String, byte[]> files;

  private Bundle(Path source, BundleManifest manifest, byte[] json, Map<String, byte[]> files) {
    this.source = source;
    this.manifest = manifest;
    this.json = json;
    this.digest = BundleFiles.sha256(json);
    this.files = files;
  }

  /**
   * Opens a bundle and verifies all of it.
   *
   * @throws BundleException if it is missing, damaged, tampered with, too large or of a newer
   *     schema; names the file and says what to do
   */
  public static Bundle open(Path directoryOrZip) throws BundleException {
    try (BundleFiles source = BundleFiles.of(directoryOrZip)) {
      return open(directoryOrZip, source);
    }
  }

  private static Bundle open(Path directoryOrZip, BundleFiles source) throws BundleException {
    String manifestAt = source.where(BundleFiles.MANIFEST);
    byte[] json =
        source
            .read(BundleFiles.MANIFEST, BundleFiles.MAX_MANIFEST_BYTES)
            .orElseThrow(() -> new BundleException(manifestAt, "is missing", source.remedy()));
    BundleManifest manifest = ManifestJson.read(json, manifestAt);
    Map<String, byte[]> files = new LinkedHashMap<>();
    long total = 0;
    for (Map.Entry<String, String> entry : manifest.digests().entrySet()) {
      String where = source.where(entry.getKey());
      byte[] content =
          source
              .read(entry.getKey(), BundleFiles.maxTotalBytes() - total)
              .orElseThrow(
                  () -> new BundleException(where, "is missing", "get or prepare the bundle anew"));
      total += content.length;
      Long declared = manifest.sizes().get(entry.getKey());
      if (declared != null && declared != content.length) {
        throw new BundleException(
            where,
            "has " + content.length + " bytes, the manifest says " + declared,
            "get or prepare the bundle anew");
      }
      if (!BundleFiles.sha256(content).equals(entry.getValue())) {
        throw new BundleException(
            where,
            "is damaged or was changed: its SHA-256 is not the manifest's",
            "get or prepare the bundle anew");
      }
      files.put(entry.getKey(), content);
    }
    Bundle bundle = new Bundle(directoryOrZip, manifest, json, files);
    bundle.checkReferences(manifestAt);
    return bundle;
  }

  private void checkReferences(String manifestAt) throws BundleException {
    require(BACKBONE, manifestAt);
    for (ExitInfo exit : manifest.exits()) {
      if (!exit.head().isEmpty()) {
        require(exit.head(), manifestAt);
      }
    }
    for (CodecInfo codec : manifest.codecs()) {
      if (codec.hasTransform()) {
        require(codec.encoder(), manifestAt);
        require(codec.decoder(), manifestAt);
      }
      if (codec.hasTables()) {
        require(codec.tables(), manifestAt);
      }
    }
    for (VariantInfo variant : manifest.variants()) {
      require(variant.backbone(), manifestAt);
      for (String head : variant.heads().values()) {
        require(head, manifestAt);
      }
      for (String table : List.of(variant.calibration(), variant.profile())) {
        if (!table.isEmpty()) {
          require(table, manifestAt);
        }
      }
    }
  }

  private void require(String path, String manifestAt) throws BundleException {
    if (!has(path)) {
      throw new BundleException(
          manifestAt, "has no digest for " + path, "get or prepare the bundle anew");
    }
  }

  /** Returns where it was opened. */
  public Path source() {
    return source;
  }

  /** Returns what it says about itself. */
  public BundleManifest manifest() {
    return manifest;
  }

  /** Returns the hex SHA-256 of the manifest's bytes, 64 characters: its name on the wire. */
  public String digest() {
    return digest;
  }

  /** Returns the paths of its files, the manifest excepted. */
  public Set<String> paths() {
    return Set.copyOf(files.keySet());
  }

  /** Returns whether it holds a file. */
  public boolean has(String relativePath) {
    return files.containsKey(relativePath);
  }

  /**
   * Returns a file's content, verified when the bundle was opened; the caller's own copy.
   *
   * @throws IllegalArgumentException if there is none; see {@link #has}
   */
  public byte[] file(String relativePath) {
    byte[] content = files.get(relativePath);
    if (content == null) {
      throw new IllegalArgumentException(source + " has no file " + relativePath);
    }
    return content.clone();
  }

  /** Returns whether a text is a path that a file in a bundle may have. */
  public static boolean isPath(String relativePath) {
    return BundlePaths.isSafe(relativePath);
  }

  /**
   * Writes it as one zip, which opens as the same bundle with the same digest. Atomic; an existing
   * file is replaced.
   */
  public void writeZip(Path target) throws IOException {
    BundleZip.write(target, json, files);
  }

  /**
   * Writes it as a folder, which opens as the same bundle with the same digest: file by file, all
   * of it on the disk when this returns.
   *
   * @throws java.nio.file.FileAlreadyExistsException if something is there
   */
  public void writeFolder(Path target) throws IOException {
    BundleFolder.write(target, json, files);
  }
}
