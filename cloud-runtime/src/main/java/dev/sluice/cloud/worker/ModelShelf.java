package dev.sluice.cloud.worker;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.engine.EngineOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The models a worker serves, by the digest of their bundle. Owns them and closes them. Thread-safe
 * for reading.
 */
public final class ModelShelf implements AutoCloseable {
  private final Map<String, ServedModel> byDigest = new LinkedHashMap<>();

  private ModelShelf() {}

  /**
   * Opens a bundle, or every bundle in a folder.
   *
   * @param place a bundle (directory or zip), or a folder that holds bundles
   * @throws IOException if there is none, or one of them is damaged
   */
  public static ModelShelf open(Path place, EngineOptions options) throws IOException {
    ModelShelf shelf = new ModelShelf();
    try {
      for (Path bundle : bundlesIn(place)) {
        shelf.add(ServedModel.open(Bundle.open(bundle), options));
      }
    } catch (IOException | RuntimeException e) {
      shelf.close();
      throw e;
    }
    return shelf;
  }

  private static List<Path> bundlesIn(Path place) throws IOException {
    if (!Files.exists(place)) {
      throw new IOException(place + " does not exist; name a bundle or a folder of bundles");
    }
    if (isBundle(place)) {
      return List.of(place);
    }
    if (!Files.isDirectory(place)) {
      throw new IOException(
          place + " is no bundle; name a bundle's folder or zip, or a folder that holds bundles");
    }
    List<Path> bundles = new ArrayList<>();
    try (Stream<Path> children = Files.list(place)) {
      children.filter(ModelShelf::isBundle).sorted().forEach(bundles::add);
    } catch (IOException e) {
      throw new IOException(place + " cannot be listed: " + e.getMessage(), e);
    }
    if (bundles.isEmpty()) {
      throw new IOException(
          place
              + " holds no bundle; make one with './sluice model prepare' or name another folder");
    }
    return bundles;
  }

  private static boolean isBundle(Path path) {
    return Files.isRegularFile(path)
        ? path.getFileName().toString().endsWith(".zip")
        : Files.isRegularFile(path.resolve("bundle.json"));
  }

  private void add(ServedModel model) {
    ServedModel twin = byDigest.putIfAbsent(model.digest(), model);
    if (twin != null) {
      model.close();
    }
  }

  /** Returns the model of a digest. */
  public Optional<ServedModel> find(String digest) {
    return Optional.ofNullable(byDigest.get(digest));
  }

  /** Returns all models, in the order of their files. */
  public List<ServedModel> models() {
    return List.copyOf(byDigest.values());
  }

  @Override
  public void close() {
    byDigest.values().forEach(ServedModel::close);
    byDigest.clear();
  }
}
