package dev.sluice.scheduler.profile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What every exit said of every validation sample, as computed without loss and after each codec.
 *
 * <p>A row per sample: label, sequence, and for each exit the predicted class, calibrated top-1
 * probability, margin and entropy. For each <em>variant</em> (a codec at a cut) also the payload's
 * bytes and the same outcome at every exit behind that cut, as the worker would have seen it. So
 * the behaviour of any plan on these samples follows exactly, up to the 16 bits kept per score.
 *
 * <p>Immutable and thread-safe; made by {@link #builder}, kept as bytes by {@link TableFormat}.
 */
public final class CalibrationTable {
  /** Most samples a table holds. */
  public static final int MAX_SAMPLES = 1 << 20;

  /** Most exits. */
  public static final int MAX_EXITS = 64;

  /** Most variants. */
  public static final int MAX_VARIANTS = 1024;

  /** Most classes, so that a class fits 16 bits. */
  public static final int MAX_CLASSES = 1 << 16;

  /** Most bytes of a payload. */
  public static final int MAX_BYTES = 1 << 28;

  /** Scores are kept in this many steps of their range. */
  public static final int STEPS = 65535;

  /** What a table may be used for; choosing and proving on the same samples overfits. */
  public enum Role {
    /** Choosing thresholds, plans and codecs. */
    SELECT,
    /** Proving accuracy floors. */
    CERTIFY
  }

  /**
   * A codec at a cut.
   *
   * @param cut where it writes, at least 0
   * @param codec its name in the bundle, at most 255 bytes in UTF-8
   */
  public record Variant(int cut, String codec) {
    public Variant {
      if (cut < 0 || cut > 255) {
        throw new IllegalArgumentException("a variant's cut must be in [0, 255]: " + cut);
      }
      if (codec.isBlank() || codec.length() > 60) {
        throw new IllegalArgumentException("a codec's name needs 1 to 60 characters: " + codec);
      }
    }
  }

  /** Outcomes at one exit, one column per score; scores in steps of 1/65535 of their range. */
  static final class Outcomes {
    final char[] predicted;
    final char[] confidence;
    final char[] margin;
    final char[] entropy;

    Outcomes(int samples) {
      predicted = new char[samples];
      confidence = new char[samples];
      margin = new char[samples];
      entropy = new char[samples];
    }
  }

  final Role role;
  final int classes;
  final int[] exitCuts;
  final int[] labels;
  final int[] sequences;
  final List<Outcomes> lossless;
  final List<Variant> variants;
  final int[][] bytes;

  /** By variant; within it by exit minus the variant's first exit. */
  final List<List<Outcomes>> sent;

  CalibrationTable(
      Role role,
      int classes,
      int[] exitCuts,
      int[] labels,
      int[] sequences,
      List<Outcomes> lossless,
      List<Variant> variants,
      int[][] bytes,
      List<List<Outcomes>> sent) {
    this.role = role;
    this.classes = classes;
    this.exitCuts = exitCuts;
    this.labels = labels;
    this.sequences = sequences;
    this.lossless = lossless;
    this.variants = variants;
    this.bytes = bytes;
    this.sent = sent;
  }

  /**
   * Starts a table.
   *
   * @param classes number of classes, in [2, 65536]
   * @param samples number of rows, at least 1
   * @param exitCuts each exit's cut in ascending order, the final exit last; copied
   * @param variants the codecs whose outcomes will be given
   */
  public static Builder builder(
      Role role, int classes, int samples, int[] exitCuts, List<Variant> variants) {
    return new Builder(role, classes, samples, exitCuts, variants);
  }

  /** Returns the table as compressed bytes for the bundle. */
  public byte[] toBytes() {
    return TableFormat.write(this);
  }

  /**
   * Reads what {@link #toBytes} wrote.
   *
   * @throws FactsFormatException if the bytes are damaged, too large or of a newer version
   */
  public static CalibrationTable read(byte[] table) throws FactsFormatException {
    return TableFormat.read(table);
  }

  /** Returns what this table may be used for. */
  public Role role() {
    return role;
  }

  /** Returns the number of classes. */
  public int classes() {
    return classes;
  }

  /** Returns the number of rows. */
  public int samples() {
    return labels.length;
  }

  /** Returns the number of exits, the final exit included. */
  public int exits() {
    return exitCuts.length;
  }

  /** Returns the cut of an exit. */
  public int exitCut(int exit) {
    return exitCuts[exit];
  }

  /** Returns the right class of a sample. */
  public int label(int sample) {
    return labels[sample];
  }

  /** Returns the number of the sequence (drive) a sample belongs to, -1 for none. */
  public int sequence(int sample) {
    return sequences[sample];
  }

  /** Returns whether an exit is right about a sample. */
  public boolean correct(int sample, int exit) {
    return lossless.get(exit).predicted[sample] == labels[sample];
  }

  /** Returns the class an exit predicts. */
  public int predicted(int sample, int exit) {
    return lossless.get(exit).predicted[sample];
  }

  /** Returns an exit's calibrated top-1 probability, in [0, 1]. */
  public float confidence(int sample, int exit) {
    return lossless.get(exit).confidence[sample] / (float) STEPS;
  }

  /** Returns the difference of an exit's two largest probabilities, in [0, 1]. */
  public float margin(int sample, int exit) {
    return lossless.get(exit).margin[sample] / (float) STEPS;
  }

  /** Returns the entropy of an exit's probabilities, in [0, ln classes]. */
  public float entropyNats(int sample, int exit) {
    return entropy(lossless.get(exit).entropy[sample]);
  }

  /** Returns the variants in their order. */
  public List<Variant> variants() {
    return variants;
  }

  /** Returns the number of a variant, if the table holds it. */
  public OptionalInt variant(int cut, String codec) {
    int index = variants.indexOf(new Variant(cut, codec));
    return index < 0 ? OptionalInt.empty() : OptionalInt.of(index);
  }

  /** Returns the first exit behind a variant's cut. */
  public int firstExit(int variant) {
    return firstExitBehind(exitCuts, variants.get(variant).cut());
  }

  /** Returns the bytes of a sample's payload. */
  public int bytes(int variant, int sample) {
    return bytes[variant][sample];
  }

  /** Returns whether an exit behind the variant's cut is right after the codec's loss. */
  public boolean correct(int variant, int sample, int exit) {
    return sent(variant, exit).predicted[sample] == labels[sample];
  }

  /** Returns the class that an exit behind the variant's cut predicts after the codec's loss. */
  public int predicted(int variant, int sample, int exit) {
    return sent(variant, exit).predicted[sample];
  }

  /** Returns the confidence of an exit behind the variant's cut after the codec's loss. */
  public float confidence(int variant, int sample, int exit) {
    return sent(variant, exit).confidence[sample] / (float) STEPS;
  }

  /** Returns the margin of an exit behind the variant's cut after the codec's loss. */
  public float margin(int variant, int sample, int exit) {
    return sent(variant, exit).margin[sample] / (float) STEPS;
  }

  /** Returns the entropy of an exit behind the variant's cut after the codec's loss. */
  public float entropyNats(int variant, int sample, int exit) {
    return entropy(sent(variant, exit).entropy[sample]);
  }

  /**
   * Returns, by sample, the first of some exits whose confidence reaches its threshold; {@code
   * until} where none does. The same as {@link #confidence(int, int)} tells sample by sample, only
   * much faster.
   *
   * @param thresholds by exit, not NaN; infinite where an exit never stops
   * @param from first exit that is asked
   * @param until first exit that is not asked any more
   */
  public byte[] firstStops(double[] thresholds, int from, int until) {
    return firstStops(lossless, 0, thresholds, from, until);
  }

  /**
   * Returns the same of what exits behind a variant's cut say after the codec's loss.
   *
   * @param from first exit that is asked, behind the cut
   */
  public byte[] firstStops(int variant, double[] thresholds, int from, int until) {
    int first = firstExit(variant);
    if (from < first) {
      throw new IllegalArgumentException(
          "exit " + from + " is not behind the cut of " + variants.get(variant));
    }
    return firstStops(sent.get(variant), first, thresholds, from, until);
  }

  private byte[] firstStops(
      List<Outcomes> columns, int firstColumn, double[] thresholds, int from, int until) {
    byte[] stops = new byte[samples()];
    Arrays.fill(stops, (byte) until);
    for (int exit = until - 1; exit >= from; exit--) {
      int least = leastStep(thresholds[exit]);
      if (least <= STEPS) {
        char[] confidence = columns.get(exit - firstColumn).confidence;
        for (int s = 0; s < stops.length; s++) {
          stops[s] = confidence[s] >= least ? (byte) exit : stops[s];
        }
      }
    }
    return stops;
  }

  /**
   * Returns, by sample, whether the exit that answers it is right.
   *
   * @param answers by sample: the exit
   * @param firstSent exits from this one on are asked about what a variant leaves of the sample;
   *     none if there are no such exits
   * @param variant ignored where every exit is asked about the sample as it is
   */
  public boolean[] correct(byte[] answers, int firstSent, int variant) {
    char[][] predicted = new char[exits()][];
    for (int exit = 0; exit < predicted.length; exit++) {
      predicted[exit] = (exit < firstSent ? lossless.get(exit) : sent(variant, exit)).predicted;
    }
    boolean[] correct = new boolean[answers.length];
    for (int s = 0; s < correct.length; s++) {
      correct[s] = predicted[answers[s]][s] == labels[s];
    }
    return correct;
  }

  /** The least step whose confidence reaches a threshold, as comparing the two would say. */
  private static int leastStep(double threshold) {
    if (threshold > 1) {
      return STEPS + 1;
    }
    int step = (int) Math.max(0, Math.min(STEPS, Math.ceil(threshold * STEPS)));
    while (step > 0 && (step - 1) / (float) STEPS >= threshold) {
      step--;
    }
    while (step <= STEPS && step / (float) STEPS < threshold) {
      step++;
    }
    return step;
  }

  private float entropy(char step) {
    return (float) (step * Math.log(classes) / STEPS);
  }

  private Outcomes sent(int variant, int exit) {
    int first = firstExit(variant);
    if (exit < first) {
      throw new IllegalArgumentException(
          "exit " + exit + " is not behind the cut of " + variants.get(variant));
    }
    return sent.get(variant).get(exit - first);
  }

  static int firstExitBehind(int[] exitCuts, int cut) {
    int exit = 0;
    while (exit < exitCuts.length && exitCuts[exit] <= cut) {
      exit++;
    }
    return exit;
  }

  /** Fills a table cell by cell, in any order. Not thread-safe. */
  public static final class Builder {
    private final CalibrationTable table;
    private final BitSet rows;
    private final List<BitSet> losslessCells = new ArrayList<>();
    private final List<BitSet> byteCells = new ArrayList<>();
    private final List<List<BitSet>> sentCells = new ArrayList<>();

    private Builder(Role role, int classes, int samples, int[] exitCuts, List<Variant> variants) {
      checkRange("classes", classes, 2, MAX_CLASSES);
      checkRange("samples", samples, 1, MAX_SAMPLES);
      checkRange("exits", exitCuts.length, 1, MAX_EXITS);
      checkRange("variants", variants.size(), 0, MAX_VARIANTS);
      int[] cuts = exitCuts.clone();
      for (int i = 0; i < cuts.length; i++) {
        checkRange("an exit's cut", cuts[i], i == 0 ? 0 : cuts[i - 1] + 1, 255);
      }
      Set<Variant> distinct = new HashSet<>();
      List<Outcomes> lossless = columns(cuts.length, samples, losslessCells);
      List<List<Outcomes>> sent = new ArrayList<>();
      for (Variant variant : variants) {
        if (!distinct.add(variant)) {
          throw new IllegalArgumentException("variant given twice: " + variant);
        }
        if (variant.cut() >= cuts[cuts.length - 1]) {
          throw new IllegalArgumentException("no exit behind the cut of " + variant);
        }
        byteCells.add(new BitSet(samples));
        List<BitSet> cells = new ArrayList<>();
        sent.add(columns(cuts.length - firstExitBehind(cuts, variant.cut()), samples, cells));
        sentCells.add(cells);
      }
      rows = new BitSet(samples);
      table =
          new CalibrationTable(
              role,
              classes,
              cuts,
              new int[samples],
              new int[samples],
              lossless,
              List.copyOf(variants),
              new int[variants.size()][samples],
              List.copyOf(sent));
    }

    /** Gives a sample's right class and its sequence, -1 for none. */
    public Builder sample(int sample, int label, int sequence) {
      checkRange("label", label, 0, table.classes - 1);
      checkRange("sequence", sequence, -1, Integer.MAX_VALUE - 1);
      table.labels[sample] = label;
      table.sequences[sample] = sequence;
      rows.set(sample);
      return this;
    }

    /**
     * Gives what an exit says without any codec.
     *
     * @param confidence calibrated top-1 probability, in [0, 1]
     * @param margin difference of the two largest probabilities, in [0, confidence]
     * @param entropyNats in [0, ln classes]
     */
    public Builder outcome(
        int sample, int exit, int predicted, double confidence, double margin, double entropyNats) {
      put(table.lossless.get(exit), sample, predicted, confidence, margin, entropyNats);
      losslessCells.get(exit).set(sample);
      return this;
    }

    /** Gives the size of a sample's payload. */
    public Builder payload(int variant, int sample, int bytes) {
      checkRange("bytes", bytes, 0, MAX_BYTES);
      table.bytes[variant][sample] = bytes;
      byteCells.get(variant).set(sample);
      return this;
    }

    /** Gives what an exit behind the variant's cut says after the codec; ranges as above. */
    public Builder outcome(
        int variant,
        int sample,
        int exit,
        int predicted,
        double confidence,
        double margin,
        double entropyNats) {
      put(table.sent(variant, exit), sample, predicted, confidence, margin, entropyNats);
      sentCells.get(variant).get(exit - table.firstExit(variant)).set(sample);
      return this;
    }

    /**
     * Returns the table; the builder must not be used any more.
     *
     * @throws IllegalStateException if a cell was not given
     */
    public CalibrationTable build() {
      requireFull(rows, "label and sequence");
      for (int exit = 0; exit < losslessCells.size(); exit++) {
        requireFull(losslessCells.get(exit), "outcome at exit " + exit);
      }
      for (int v = 0; v < byteCells.size(); v++) {
        requireFull(byteCells.get(v), "payload of " + table.variants.get(v));
        for (BitSet cells : sentCells.get(v)) {
          requireFull(cells, "an outcome of " + table.variants.get(v));
        }
      }
      return table;
    }

    private void requireFull(BitSet cells, String what) {
      int missing = cells.nextClearBit(0);
      if (missing < table.samples()) {
        throw new IllegalStateException("sample " + missing + " lacks " + what);
      }
    }

    private void put(
        Outcomes out,
        int sample,
        int predicted,
        double confidence,
        double margin,
        double entropyNats) {
      checkRange("predicted", predicted, 0, table.classes - 1);
      out.predicted[sample] = (char) predicted;
      out.confidence[sample] = step("confidence", confidence, 1);
      out.margin[sample] = (char) Math.min(out.confidence[sample], step("margin", margin, 1));
      out.entropy[sample] = step("entropyNats", entropyNats, Math.log(table.classes));
    }

    /* Softmax in float32 may leave the range by rounding; more than that is the caller's bug. */
    private static char step(String name, double value, double most) {
      if (!(value >= -1e-4 && value <= most + 1e-3)) {
        throw new IllegalArgumentException(name + " not in [0, " + most + "]: " + value);
      }
      return (char) Math.round(Math.min(1, Math.max(0, value / most)) * STEPS);
    }

    private static List<Outcomes> columns(int exits, int samples, List<BitSet> cells) {
      List<Outcomes> columns = new ArrayList<>();
      for (int i = 0; i < exits; i++) {
        columns.add(new Outcomes(samples));
        cells.add(new BitSet(samples));
      }
      return List.copyOf(columns);
    }

    private static void checkRange(String name, int value, int least, int most) {
      if (value < least || value > most) {
        throw new IllegalArgumentException(
            name + " not in [" + least + ", " + most + "]: " + value);
      }
    }
  }
}
