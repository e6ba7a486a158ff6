package dev.sluice.edge.agent;

import dev.sluice.edge.agent.Pictures.Picture;
import dev.sluice.edge.session.Frame;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Frames from image files. */
final class FileFrames implements FrameSource {
  private final List<Path> files;
  private final LongSupplier nanoClock;
  private int next;

  FileFrames(List<Path> files, LongSupplier nanoClock) {
    this.files = List.copyOf(files);
    this.nanoClock = nanoClock;
  }

  @Override
  public Optional<Frame> next() throws IOException {
    if (next == files.size()) {
      return Optional.empty();
    }
    int id = next++;
    Path file = files.get(id);
    Picture picture;
    try {
      picture = Pictures.read(file);
    } catch (IOException bad) {
      throw new UnreadableFileException(file.toString(), Program.oneLine(bad), bad);
    }
    return Optional.of(
        new Frame(
            id,
            file.toString(),
            picture.rgb(),
            picture.width(),
            picture.height(),
            nanoClock.getAsLong()));
  }

  @Override
  public void close() {}
}
