package dev.sluice.edge.agent;

import dev.sluice.edge.session.Frame;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Gives frames in order, numbered from 0; an unreadable file keeps its number. Not thread-safe. */
public interface FrameSource extends AutoCloseable {

  /**
   * Returns the next frame, captured at the moment it is complete; empty at the end.
   *
   * @throws UnreadableFileException if this frame cannot be read; the next one may be
   * @throws FrameFormatException if the input is not what it should be; nothing can be read after
   *     it
   * @throws IOException if the input cannot be read
   */
  Optional<Frame> next() throws IOException;

  @Override
  void close() throws IOException;

  /**
   * Returns the images of a folder, sorted by name.
   *
   * @param folder holds PNG, JPEG or PPM files, directly or in folders below
   * @param nanoClock stamps each frame when it is handed out
   * @throws IOException if there is no such folder or it holds no image
   */
  static FrameSource folder(Path folder, LongSupplier nanoClock) throws IOException {
    return new FileFrames(Pictures.list(List.of(folder)), nanoClock);
  }

  /**
   * Returns the pictures of a stream of concatenated binary PPM (P6) images of 8 bits, as {@code
   * ffmpeg -f image2pipe -c:v ppm} writes them. Closing it closes the stream.
   *
   * @param stream read without looking ahead of the frame that is wanted, but for a buffer
   * @param name of the stream, for messages
   * @param nanoClock stamps each frame when its last byte has arrived
   */
  static FrameSource ppm(InputStream stream, String name, LongSupplier nanoClock) {
    return new PpmFrames(stream, name, nanoClock);
  }
}
