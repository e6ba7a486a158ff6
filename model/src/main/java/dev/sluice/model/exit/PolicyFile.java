package dev.sluice.model.exit;

import dev.sluice.model.exit.PolicyData.OfExit;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * {@link PolicyData} as bytes, little-endian.
 *
 * <pre>
 * "SLXP" | version u16 | exits u16 | classes u32 | sections u16
 * section: exit u16 | kind u16 | length u32 | body
 *   kind 1, class means:   temperature f32 | step f32 | scale f32 per class
 *                        | classes * classes coordinates i16
 *   kind 2, trust sets:    step f32 | samples u32 per class | samples * classes coordinates i16
 *   kind 3, per class:     threshold f32 per class
 * </pre>
 *
 * <p>A coordinate is its i16 times the step. Sections of a kind that is not known are skipped.
 * Every length follows from the counts before it and is checked against the section's before
 * anything is allocated.
 */
final class PolicyFile {
  private static final int MAGIC = 0x50584c53;
  private static final int VERSION = 1;
  private static final int MOST_EXITS = 256;
  private static final int MOST_CLASSES = 1 << 16;
  private static final int MEANS = 1;
  private static final int TRUST = 2;
  private static final int THRESHOLDS = 3;
  private static final int HEADER_BYTES = 14;
  private static final int SECTION_BYTES = 8;

  private PolicyFile() {}

  /** Something to write. */
  private record Section(int exit, int kind, ByteBuffer body) {}

  static byte[] write(PolicyData data) {
    List<Section> sections = new ArrayList<>();
    long bytes = HEADER_BYTES;
    for (int exit = 0; exit < data.exits(); exit++) {
      OfExit fitted = data.of(exit);
      int number = exit;
      fitted.means().ifPresent(means -> sections.add(new Section(number, MEANS, body(means))));
      fitted.trust().ifPresent(trust -> sections.add(new Section(number, TRUST, body(trust))));
      fitted
          .thresholds()
          .ifPresent(each -> sections.add(new Section(number, THRESHOLDS, body(each))));
    }
    for (Section section : sections) {
      bytes += SECTION_BYTES + section.body().remaining();
    }
    byte[] whole = new byte[Math.toIntExact(bytes)];
    ByteBuffer out = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(MAGIC);
    out.putShort((short) VERSION);
    out.putShort((short) data.exits());
    out.putInt(data.classes());
    out.putShort((short) sections.size());
    for (Section section : sections) {
      out.putShort((short) section.exit());
      out.putShort((short) section.kind());
      out.putInt(section.body().remaining());
      out.put(section.body());
    }
    return whole;
  }

  private static ByteBuffer body(ClassCentres means) {
    float[] values = means.means();
    ByteBuffer out = buffer(Math.toIntExact(8L + 4L * means.classes() + 2L * values.length));
    out.putFloat((float) means.temperature());
    float step = step(values);
    out.putFloat(step);
    for (float scale : means.scales()) {
      out.putFloat(scale);
    }
    putAll(out, values, step);
    return out.flip();
  }

  private static ByteBuffer body(TrustSets trust) {
    float[] values = trust.points();
    ByteBuffer out = buffer(Math.toIntExact(4L + 4L * trust.classes() + 2L * values.length));
    float step = step(values);
    out.putFloat(step);
    int[] starts = trust.starts();
    for (int c = 0; c < trust.classes(); c++) {
      out.putInt(starts[c + 1] - starts[c]);
    }
    putAll(out, values, step);
    return out.flip();
  }

  private static ByteBuffer body(double[] thresholds) {
    ByteBuffer out = buffer(4 * thresholds.length);
    for (double threshold : thresholds) {
      out.putFloat((float) threshold);
    }
    return out.flip();
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static float step(float[] values) {
    float largest = Float.MIN_NORMAL;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest / Short.MAX_VALUE;
  }

  private static void putAll(ByteBuffer out, float[] values, float step) {
    for (float value : values) {
      out.putShort(
          (short) Math.max(-Short.MAX_VALUE, Math.min(Short.MAX_VALUE, Math.round(value / step))));
    }
  }

  static PolicyData read(byte[] bytes) throws PolicyDataException {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    try {
      if (in.remaining() < HEADER_BYTES || in.getInt() != MAGIC) {
        throw new PolicyDataException("is no file of fitted policies");
      }
      int version = in.getShort() & 0xFFFF;
      if (version != VERSION) {
        throw new PolicyDataException("has version " + version + ", known is " + VERSION);
      }
      int exits = in.getShort() & 0xFFFF;
      long classes = in.getInt() & 0xFFFFFFFFL;
      if (exits > MOST_EXITS || classes > MOST_CLASSES || (exits > 0 && classes < 2)) {
        throw new PolicyDataException("claims " + exits + " exits and " + classes + " classes");
      }
      List<OfExit> fitted = new ArrayList<>(Collections.nCopies(exits, OfExit.NOTHING));
      int sections = in.getShort() & 0xFFFF;
      for (int i = 0; i < sections; i++) {
        section(in, fitted, (int) classes);
      }
      if (in.hasRemaining()) {
        throw new PolicyDataException("has " + in.remaining() + " bytes too many");
      }
      return new PolicyData((int) classes, fitted);
    } catch (BufferUnderflowException | IllegalArgumentException damaged) {
      throw new PolicyDataException("is damaged: " + damaged.getMessage());
    }
  }

  private static void section(ByteBuffer in, List<OfExit> fitted, int classes)
      throws PolicyDataException {
    int exit = in.getShort() & 0xFFFF;
    int kind = in.getShort() & 0xFFFF;
    long length = in.getInt() & 0xFFFFFFFFL;
    if (exit >= fitted.size() || length > in.remaining()) {
      throw new PolicyDataException(
          "is damaged: a section of %d bytes for exit %d".formatted(length, exit));
    }
    ByteBuffer body = in.slice(in.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + (int) length);
    OfExit before = fitted.get(exit);
    switch (kind) {
      case MEANS -> fitted.set(exit, before.with(means(body, classes)));
      case TRUST -> fitted.set(exit, before.with(trust(body, classes)));
      case THRESHOLDS -> fitted.set(exit, before.with(thresholds(body, classes)));
      default -> {
        // Of a newer version, for policies that are not known here.
      }
    }
  }

  private static ClassCentres means(ByteBuffer body, int classes) throws PolicyDataException {
    requireLength(body, 8 + 4L * classes + 2L * classes * classes);
    float temperature = body.getFloat();
    float step = body.getFloat();
    float[] scales = floats(body, classes);
    return new ClassCentres(
        classes, coordinates(body, classes * classes, step), scales, temperature);
  }

  private static TrustSets trust(ByteBuffer body, int classes) throws PolicyDataException {
    if (body.remaining() < 4 + 4L * classes) {
      throw wrongLength(body);
    }
    float step = body.getFloat();
    int[] starts = new int[classes + 1];
    long samples = 0;
    for (int c = 0; c < classes; c++) {
      samples += body.getInt() & 0xFFFFFFFFL;
      if (samples * classes > TrustSets.MOST_VALUES) {
        throw new PolicyDataException("holds more samples than are allowed");
      }
      starts[c + 1] = (int) samples;
    }
    requireLength(body, 2 * samples * classes);
    return new TrustSets(classes, coordinates(body, (int) samples * classes, step), starts);
  }

  private static double[] thresholds(ByteBuffer body, int classes) throws PolicyDataException {
    requireLength(body, 4L * classes);
    double[] thresholds = new double[classes];
    for (int c = 0; c < classes; c++) {
      thresholds[c] = body.getFloat();
    }
    return thresholds;
  }

  private static float[] floats(ByteBuffer body, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = body.getFloat();
    }
    return values;
  }

  private static float[] coordinates(ByteBuffer body, int count, float step)
      throws PolicyDataException {
    if (!(step > 0) || Float.isInfinite(step)) {
      throw new PolicyDataException("is damaged: a step of " + step);
    }
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = body.getShort() * step;
    }
    return values;
  }

  private static void requireLength(ByteBuffer body, long wanted) throws PolicyDataException {
    if (body.remaining() != wanted) {
      throw wrongLength(body);
    }
  }

  private static PolicyDataException wrongLength(ByteBuffer body) {
    return new PolicyDataException(
        "is damaged: a section of %d bytes is of the wrong length".formatted(body.capacity()));
  }
}
