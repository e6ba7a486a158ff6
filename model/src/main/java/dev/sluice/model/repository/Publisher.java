package dev.sluice.model.repository;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleException;
import dev.sluice.model.bundle.Durable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Lays bundles out as a repository: a folder that any static HTTP server can offer.
 *
 * <pre>
 *   index.json                name -> path, digest, bytes
 *   NAME-DIGEST12/            a bundle's files as they are
 * </pre>
 *
 * <p>Every version has a folder of its own and the index is replaced last and whole, so that who
 * fetches meanwhile gets the old version or the new one, never a mixture. Old versions stay until
 * somebody removes them. Not thread-safe; one process at a time.
 */
public final class Publisher {
  private static final int DIGITS = 12;

  private Publisher() {}

  /**
   * Adds bundles to a repository, under their own names; one of the same name gives way.
   *
   * @param folder the repository's, made if need be; an index that is there is added to
   * @return digest by name, of everything that the repository now offers
   * @throws IOException if a name does not do for an address, two bundles have one name, or writing
   *     fails; the index is then as it was
   */
  public static Map<String, String> publish(List<Bundle> bundles, Path folder) throws IOException {
    Files.createDirectories(folder);
    Path index = folder.resolve(RepositoryIndex.FILE);
    Map<String, RepositoryIndex.Entry> offered = new TreeMap<>();
    if (Files.exists(index)) {
      offered.putAll(RepositoryIndex.parse(Files.readAllBytes(index), index.toString()).bundles());
    }
    Map<String, Bundle> wanted = new LinkedHashMap<>();
    for (Bundle bundle : bundles) {
      String name = bundle.manifest().name();
      if (!BundleAddress.isName(name)) {
        throw new IOException(
            bundle.source()
                + ": its name '"
                + name
                + "' does not do for an address; prepare it under one of letters, digits, . _ -");
      }
      if (wanted.put(name, bundle) != null) {
        throw new IOException(
            bundle.source() + ": two bundles are named '" + name + "'; publish one of them");
      }
    }
    for (Map.Entry<String, Bundle> one : wanted.entrySet()) {
      Bundle bundle = one.getValue();
      String place = one.getKey() + "-" + bundle.digest().substring(0, DIGITS);
      Path target = folder.resolve(place);
      if (!isThere(target, bundle.digest())) {
        Durable.deleteTree(target);
        bundle.writeFolder(target);
      }
      long bytes = 0;
      for (String path : bundle.paths()) {
        bytes += bundle.file(path).length;
      }
      offered.put(one.getKey(), new RepositoryIndex.Entry(place + "/", bundle.digest(), bytes));
    }
    Durable.write(index, new RepositoryIndex(offered).toJson());
    Map<String, String> digests = new TreeMap<>();
    offered.forEach((name, entry) -> digests.put(name, entry.digest()));
    return digests;
  }

  private static boolean isThere(Path target, String digest) {
    try {
      return Files.exists(target) && Bundle.open(target).digest().equals(digest);
    } catch (BundleException e) {
      return false;
    }
  }
}
