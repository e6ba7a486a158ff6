package dev.sluice.edge.agent;

import dev.sluice.edge.agent.Pictures.Picture;
import dev.sluice.edge.session.Frame;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Frames from concatenated binary PPM images.
 *
 * <pre>
 * P6 &lt;space&gt; width &lt;space&gt; height &lt;space&gt; 255 &lt;one space&gt; width x height x (R G B)
 * </pre>
 *
 * A {@code #} in the header begins a comment up to the end of its line.
 */
final class PpmFrames implements FrameSource {
  private static final int MAX_HEADER_BYTES = 4096;
  private static final int NONE = -2;
  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream stream;
  private final String name;
  private final LongSupplier nanoClock;
  private long next;
  private int headerBytes;
  private int pushedBack = NONE;

  PpmFrames(InputStream stream, String name, LongSupplier nanoClock) {
    this.stream = new BufferedInputStream(stream, BUFFER_BYTES);
    this.name = name;
    this.nanoClock = nanoClock;
  }

  @Override
  public Optional<Frame> next() throws IOException {
    Optional<Picture> picture = picture();
    if (picture.isEmpty()) {
      return Optional.empty();
    }
    Picture p = picture.get();
    long id = next++;
    return Optional.of(
        new Frame(id, "frame " + id, p.rgb(), p.width(), p.height(), nanoClock.getAsLong()));
  }

  Optional<Picture> picture() throws IOException {
    headerBytes = 0;
    int first = stream.read();
    if (first < 0) {
      return Optional.empty();
    }
    if (first != 'P' || stream.read() != '6') {
      throw bad("does not begin with P6");
    }
    int width = number("width");
    int height = number("height");
    int max = number("largest value");
    if (!isSpace(headerByte())) {
      throw bad("has no space after its largest value");
    }
    if (width == 0 || height == 0) {
      throw bad("is empty: " + width + " x " + height);
    }
    if ((long) width * height > Pictures.MAX_PIXELS) {
      throw bad(
          "is too large: "
              + width
              + " x "
              + height
              + "; at most "
              + Pictures.MAX_PIXELS
              + " pixels are taken");
    }
    if (max != 255) {
      throw bad("has the largest value " + max + "; only 255 is taken");
    }
    int wanted = 3 * width * height;
    // Grows with what really arrives: a header alone makes it allocate little.
    byte[] rgb = stream.readNBytes(wanted);
    if (rgb.length < wanted) {
      throw bad("ends after " + rgb.length + " of " + wanted + " bytes");
    }
    return Optional.of(new Picture(rgb, width, height));
  }

  /** Reads a number and the space before it; the byte after it is looked at, not taken. */
  private int number(String what) throws IOException {
    int c = headerByte();
    if (!isSpace(c) && c != '#') {
      throw bad("has no space before its " + what);
    }
    while (isSpace(c) || c == '#') {
      if (c == '#') {
        while (c != '\n' && c != '\r') {
          c = headerByte();
        }
      }
      c = headerByte();
    }
    long value = 0;
    int digits = 0;
    while (c >= '0' && c <= '9') {
      value = value * 10 + (c - '0');
      if (++digits > 9) {
        throw bad("has a " + what + " of more than nine digits");
      }
      c = headerByte();
    }
    if (digits == 0) {
      throw bad("has no number for its " + what);
    }
    pushedBack = c;
    return (int) value;
  }

  private int headerByte() throws IOException {
    int c = pushedBack;
    pushedBack = NONE;
    if (c != NONE) {
      return c;
    }
    c = stream.read();
    if (c < 0) {
      throw bad("ends within its header");
    }
    if (++headerBytes > MAX_HEADER_BYTES) {
      throw bad("has a header of more than " + MAX_HEADER_BYTES + " bytes");
    }
    return c;
  }

  private static boolean isSpace(int c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0x0b || c == '\f';
  }

  private FrameFormatException bad(String trouble) {
    return new FrameFormatException(
        "image "
            + next
            + " on "
            + name
            + " "
            + trouble
            + "; binary PPM images (P6, 8 bit) are read, as ffmpeg -f image2pipe -c:v ppm writes");
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
