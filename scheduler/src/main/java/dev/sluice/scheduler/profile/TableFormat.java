package dev.sluice.scheduler.profile;

import dev.sluice.scheduler.profile.CalibrationTable.Outcomes;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import dev.sluice.scheduler.profile.CalibrationTable.Variant;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Calibration tables as bytes: gzip of a header and of columns, big-endian.
 *
 * <pre>
 * "SLCT" | version u16 | role u8 | classes u32 | samples u32 | exits u8 | each exit's cut u8
 *        | variants u16 | each: cut u8, name length u8, name UTF-8
 * label column, sequence column (difference to the sample before)
 * per exit:    outcome columns
 * per variant: bytes column (difference to the sample before), outcome columns per exit behind it
 * </pre>
 *
 * <p>A u16 column is written as its high bytes, then its low bytes. The outcome columns are
 * predicted, confidence, runner-up (confidence minus margin, small when the exit is sure) and
 * entropy; those of a variant are differences to the lossless ones at the same exit, mostly small:
 * that is where the compactness comes from.
 */
final class TableFormat {
  private static final int MAGIC = 0x534c4354;
  private static final int VERSION = 1;

  /** Deflate cannot do better than this, so a header that claims more lies. */
  private static final int MAX_DEFLATE_RATIO = 1100;

  private static final long MAX_CELLS = 1L << 26;

  private TableFormat() {}

  static byte[] write(CalibrationTable table) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(new BestGzip(bytes))) {
      out.writeInt(MAGIC);
      out.writeShort(VERSION);
      out.writeByte(table.role == Role.SELECT ? 0 : 1);
      out.writeInt(table.classes);
      out.writeInt(table.samples());
      out.writeByte(table.exits());
      for (int cut : table.exitCuts) {
        out.writeByte(cut);
      }
      out.writeShort(table.variants.size());
      for (Variant variant : table.variants) {
        byte[] name = variant.codec().getBytes(StandardCharsets.UTF_8);
        out.writeByte(variant.cut());
        out.writeByte(name.length);
        out.write(name);
      }
      writeDifferences(out, table.labels);
      writeDifferences(out, table.sequences);
      for (Outcomes outcomes : table.lossless) {
        writeOutcomes(out, outcomes, new Outcomes(table.samples()));
      }
      for (int v = 0; v < table.variants.size(); v++) {
        writeDifferences(out, table.bytes[v]);
        int first = table.firstExit(v);
        for (int exit = first; exit < table.exits(); exit++) {
          writeOutcomes(out, table.sent.get(v).get(exit - first), table.lossless.get(exit));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return bytes.toByteArray();
  }

  static CalibrationTable read(byte[] table) throws FactsFormatException {
    try (DataInputStream in =
        new DataInputStream(new GZIPInputStream(new ByteArrayInputStream(table), 1 << 13))) {
      CalibrationTable read = read(in, table.length);
      if (in.read() >= 0) {
        throw new FactsFormatException("calibration table has bytes behind its end");
      }
      return read;
    } catch (FactsFormatException e) {
      throw e;
    } catch (EOFException e) {
      throw new FactsFormatException("calibration table is cut short", e);
    } catch (IOException | IllegalArgumentException e) {
      throw new FactsFormatException("calibration table is damaged: " + e.getMessage(), e);
    }
  }

  private static CalibrationTable read(DataInputStream in, int compressedBytes) throws IOException {
    if (in.readInt() != MAGIC) {
      throw new FactsFormatException("not a calibration table");
    }
    int version = in.readUnsignedShort();
    if (version != VERSION) {
      throw new FactsFormatException(
          "calibration table of version " + version + ", only " + VERSION + " is supported");
    }
    Role role = bounded("role", in.readUnsignedByte(), 0, 1) == 0 ? Role.SELECT : Role.CERTIFY;
    int classes = bounded("classes", in.readInt(), 2, CalibrationTable.MAX_CLASSES);
    int samples = bounded("samples", in.readInt(), 1, CalibrationTable.MAX_SAMPLES);
    int[] exitCuts =
        new int[bounded("exits", in.readUnsignedByte(), 1, CalibrationTable.MAX_EXITS)];
    for (int i = 0; i < exitCuts.length; i++) {
      exitCuts[i] =
          bounded("an exit's cut", in.readUnsignedByte(), i == 0 ? 0 : exitCuts[i - 1] + 1, 255);
    }
    int variantCount =
        bounded("variants", in.readUnsignedShort(), 0, CalibrationTable.MAX_VARIANTS);
    List<Variant> variants = new ArrayList<>();
    long columns = exitCuts.length;
    for (int v = 0; v < variantCount; v++) {
      int cut = in.readUnsignedByte();
      byte[] name = new byte[in.readUnsignedByte()];
      in.readFully(name);
      variants.add(new Variant(cut, new String(name, StandardCharsets.UTF_8)));
      int behind = exitCuts.length - CalibrationTable.firstExitBehind(exitCuts, cut);
      bounded("exits behind a variant's cut", behind, 1, exitCuts.length);
      columns += behind;
    }
    if (new HashSet<>(variants).size() != variantCount) {
      throw new FactsFormatException("calibration table names a codec twice");
    }
    long cells = columns * samples;
    if (cells > MAX_CELLS || cells * 8 > (long) compressedBytes * MAX_DEFLATE_RATIO) {
      throw new FactsFormatException(
          "calibration table claims " + cells + " outcomes in " + compressedBytes + " bytes");
    }

    int[] labels = readDifferences(in, samples, "label", 0, classes - 1);
    int[] sequences = readDifferences(in, samples, "sequence", -1, Integer.MAX_VALUE - 1);
    List<Outcomes> lossless = new ArrayList<>();
    for (int exit = 0; exit < exitCuts.length; exit++) {
      lossless.add(readOutcomes(in, new Outcomes(samples), classes));
    }
    int[][] bytes = new int[variantCount][];
    List<List<Outcomes>> sent = new ArrayList<>();
    for (int v = 0; v < variantCount; v++) {
      bytes[v] = readDifferences(in, samples, "payload", 0, CalibrationTable.MAX_BYTES);
      List<Outcomes> behind = new ArrayList<>();
      int first = CalibrationTable.firstExitBehind(exitCuts, variants.get(v).cut());
      for (int exit = first; exit < exitCuts.length; exit++) {
        behind.add(readOutcomes(in, lossless.get(exit), classes));
      }
      sent.add(List.copyOf(behind));
    }
    return new CalibrationTable(
        role,
        classes,
        exitCuts,
        labels,
        sequences,
        List.copyOf(lossless),
        List.copyOf(variants),
        bytes,
        List.copyOf(sent));
  }

  private static void writeOutcomes(DataOutputStream out, Outcomes outcomes, Outcomes reference)
      throws IOException {
    int samples = outcomes.predicted.length;
    char[] predicted = new char[samples];
    char[] confidence = new char[samples];
    char[] runnerUp = new char[samples];
    char[] entropy = new char[samples];
    for (int s = 0; s < samples; s++) {
      predicted[s] = (char) (outcomes.predicted[s] ^ reference.predicted[s]);
      confidence[s] = zigzag(outcomes.confidence[s] - reference.confidence[s]);
      runnerUp[s] =
          zigzag(
              outcomes.confidence[s]
                  - outcomes.margin[s]
                  - (reference.confidence[s] - reference.margin[s]));
      entropy[s] = zigzag(outcomes.entropy[s] - reference.entropy[s]);
    }
    writePlanes(out, predicted);
    writePlanes(out, confidence);
    writePlanes(out, runnerUp);
    writePlanes(out, entropy);
  }

  private static Outcomes readOutcomes(DataInputStream in, Outcomes reference, int classes)
      throws IOException {
    int samples = reference.predicted.length;
    char[] predicted = readPlanes(in, samples);
    char[] confidence = readPlanes(in, samples);
    char[] runnerUp = readPlanes(in, samples);
    char[] entropy = readPlanes(in, samples);
    Outcomes outcomes = new Outcomes(samples);
    for (int s = 0; s < samples; s++) {
      outcomes.predicted[s] = (char) (predicted[s] ^ reference.predicted[s]);
      bounded("a predicted class", outcomes.predicted[s], 0, classes - 1);
      outcomes.confidence[s] = (char) (reference.confidence[s] + unzigzag(confidence[s]));
      int second = reference.confidence[s] - reference.margin[s] + unzigzag(runnerUp[s]);
      outcomes.margin[s] = (char) (outcomes.confidence[s] - second);
      if (outcomes.margin[s] > outcomes.confidence[s]) {
        throw new FactsFormatException("calibration table has a margin above its confidence");
      }
      outcomes.entropy[s] = (char) (reference.entropy[s] + unzigzag(entropy[s]));
    }
    return outcomes;
  }

  /* Differences are taken modulo 2^16, so that they fit the 16 bits they come from. */
  private static char zigzag(int difference) {
    short wrapped = (short) difference;
    return (char) ((wrapped << 1) ^ (wrapped >> 15));
  }

  private static int unzigzag(char coded) {
    return (coded >>> 1) ^ -(coded & 1);
  }

  private static void writePlanes(DataOutputStream out, char[] values) throws IOException {
    byte[] planes = new byte[2 * values.length];
    for (int i = 0; i < values.length; i++) {
      planes[i] = (byte) (values[i] >>> 8);
      planes[values.length + i] = (byte) values[i];
    }
    out.write(planes);
  }

  private static char[] readPlanes(DataInputStream in, int count) throws IOException {
    byte[] planes = new byte[2 * count];
    in.readFully(planes);
    char[] values = new char[count];
    for (int i = 0; i < count; i++) {
      values[i] = (char) ((planes[i] & 0xff) << 8 | (planes[count + i] & 0xff));
    }
    return values;
  }

  private static void writeDifferences(DataOutputStream out, int[] values) throws IOException {
    int before = 0;
    for (int value : values) {
      int difference = value - before;
      int coded = (difference << 1) ^ (difference >> 31);
      while ((coded & ~0x7f) != 0) {
        out.writeByte((coded & 0x7f) | 0x80);
        coded >>>= 7;
      }
      out.writeByte(coded);
      before = value;
    }
  }

  private static int[] readDifferences(
      DataInputStream in, int count, String name, int least, int most) throws IOException {
    int[] values = new int[count];
    int before = 0;
    for (int i = 0; i < count; i++) {
      int coded = 0;
      int next = 0x80;
      for (int shift = 0; (next & 0x80) != 0; shift += 7) {
        if (shift > 28) {
          throw new FactsFormatException("calibration table has a number of more than 5 bytes");
        }
        next = in.readUnsignedByte();
        coded |= (next & 0x7f) << shift;
      }
      before += (coded >>> 1) ^ -(coded & 1);
      values[i] = bounded("a " + name, before, least, most);
    }
    return values;
  }

  private static int bounded(String name, int value, int least, int most)
      throws FactsFormatException {
    if (value < least || value > most) {
      throw new FactsFormatException(
          "calibration table: " + name + " not in [" + least + ", " + most + "]: " + value);
    }
    return value;
  }

  /** Gzip at its highest level: written once, read often. */
  private static final class BestGzip extends GZIPOutputStream {
    BestGzip(OutputStream out) throws IOException {
      super(out, 1 << 13);
      def.setLevel(Deflater.BEST_COMPRESSION);
    }
  }
}
