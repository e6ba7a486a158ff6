package dev.sluice.experiments.microbench;

import dev.sluice.protocol.codec.PictureCodec;
import dev.sluice.training.roadsigns.DataSet;
import dev.sluice.training.roadsigns.RoadSigns;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.plugins.jpeg.JPEGImageWriteParam;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long a device takes to write a picture as a JPEG, in one thread, and how long Java's own
 * writer takes for the same bytes. Each call has the next of {@value #PICTURES} pictures: frames of
 * RoadSigns, or pieces of 224×224 of nine of them side by side, so that details are as fine.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 6, time = 1)
public class PictureCodecBenchmark {
  private static final int PICTURES = 16;
  private static final int FRAMES_ACROSS = 3;

  /** Width and height in pixels. */
  @Param({"96", "224"})
  public int side;

  /** A picture codec, or {@code imageio}: what {@code jpeg-75} writes, by Java's own writer. */
  @Param({"imageio", "jpeg-75", "jpegs-75", "jpegm-75", "jpegm-75-444"})
  public String codec = "";

  private final byte[][] pictures = new byte[PICTURES][];
  private PictureCodec subject = PictureCodec.of("raw");
  private int next;

  /** Draws the pictures. */
  @Setup
  public void prepare() throws IOException {
    RoadSigns world = new RoadSigns(RoadSigns.DEFAULT_SEED);
    for (int i = 0; i < PICTURES; i++) {
      pictures[i] = side == RoadSigns.SIDE ? frame(world, i) : mosaic(world, i);
    }
    boolean isJavas = codec.equals("imageio");
    subject = PictureCodec.of(isJavas ? "jpeg-75" : codec);
    long bytes = 0;
    for (byte[] picture : pictures) {
      byte[] written = subject.encode(picture, side, side);
      bytes += written.length;
      if (isJavas && !Arrays.equals(written, imageIo(picture))) {
        throw new IllegalStateException("Java's writer writes something else");
      }
    }
    System.out.printf("payloads of %d bytes on average%n", bytes / PICTURES);
  }

  private static byte[] frame(RoadSigns world, long index) {
    return world.frame(DataSet.TRAIN, index).rgb();
  }

  private byte[] mosaic(RoadSigns world, int index) {
    byte[] rgb = new byte[3 * side * side];
    for (int tile = 0; tile < FRAMES_ACROSS * FRAMES_ACROSS; tile++) {
      byte[] frame = frame(world, (long) FRAMES_ACROSS * FRAMES_ACROSS * index + tile);
      int left = tile % FRAMES_ACROSS * RoadSigns.SIDE;
      int top = tile / FRAMES_ACROSS * RoadSigns.SIDE;
      int width = Math.min(RoadSigns.SIDE, side - left);
      for (int y = 0; y < Math.min(RoadSigns.SIDE, side - top); y++) {
        int to = 3 * ((top + y) * side + left);
        System.arraycopy(frame, 3 * y * RoadSigns.SIDE, rgb, to, 3 * width);
      }
    }
    return rgb;
  }

  /** Writes a picture. */
  @Benchmark
  public byte[] encode() throws IOException {
    next = (next + 1) % PICTURES;
    byte[] picture = pictures[next];
    return codec.equals("imageio") ? imageIo(picture) : subject.encode(picture, side, side);
  }

  private byte[] imageIo(byte[] rgb) throws IOException {
    int[] pixels = new int[side * side];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] =
          (rgb[3 * i] & 0xFF) << 16 | (rgb[3 * i + 1] & 0xFF) << 8 | (rgb[3 * i + 2] & 0xFF);
    }
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    image.getRaster().setDataElements(0, 0, side, side, pixels);
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    JPEGImageWriteParam parameters = (JPEGImageWriteParam) writer.getDefaultWriteParam();
    parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
    parameters.setCompressionQuality(0.75f);
    parameters.setOptimizeHuffmanTables(true);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), parameters);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }
}
