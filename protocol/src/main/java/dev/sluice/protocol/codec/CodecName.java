package dev.sluice.protocol.codec;

import java.util.ArrayList;
import java.util.List;

/**
 * A codec's text taken apart: {@code precision[+layout][+stage]}, the layout as is and no lossless
 * stage where they are left out.
 */
record CodecName(Precision precision, Layout layout, Stage stage) {

  /** Every codec that there is, in the order of its parts. */
  static final List<CodecName> ALL = all();

  CodecName {
    String objection = objection(precision, layout, stage);
    if (!objection.isEmpty()) {
      throw new UnknownCodecException(
          "codec '" + text(precision, layout, stage) + "' makes no sense: " + objection);
    }
  }

  /**
   * Takes a text apart.
   *
   * @throws UnknownCodecException if a part is unknown, out of order, or senseless beside the
   *     others
   */
  static CodecName parse(String wire) {
    String[] parts = wire.split("\\+", -1);
    Precision precision = null;
    for (Precision candidate : Precision.values()) {
      if (candidate.text().equals(parts[0])) {
        precision = candidate;
      }
    }
    if (precision == null) {
      throw unknown(wire, "no precision '" + parts[0] + "'");
    }
    int at = 1;
    Layout layout = Layout.AS_IS;
    for (Layout candidate : Layout.values()) {
      if (candidate != layout && parts.length > 1 && candidate.text().equals(parts[1])) {
        layout = candidate;
        at = 2;
      }
    }
    Stage stage = Stage.NONE;
    for (Stage candidate : Stage.values()) {
      if (candidate != stage && parts.length > at && candidate.text().equals(parts[at])) {
        stage = candidate;
      }
    }
    if (stage != Stage.NONE) {
      at++;
    }
    if (at != parts.length || wire.endsWith("+")) {
      throw unknown(
          wire,
          "no layout or lossless stage '" + parts[Math.min(at, parts.length - 1)] + "' there");
    }
    return new CodecName(precision, layout, stage);
  }

  private static UnknownCodecException unknown(String wire, String why) {
    List<String> precisions = new ArrayList<>();
    for (Precision precision : Precision.values()) {
      if (precision != Precision.ROUND_I8) {
        precisions.add(precision.text());
      }
    }
    return new UnknownCodecException(
        "unknown activation codec '"
            + wire
            + "': "
            + why
            + "; a codec is one of "
            + String.join(", ", precisions)
            + ", then perhaps +byteshuffle, +bitshuffle, +delta or +zeromap, then perhaps +lz4, +zstd,"
            + " +rans or +range; or round-i8+lz4, round-i8+zstd, round-i8+range");
  }

  String wire() {
    return text(precision, layout, stage);
  }

  private static String text(Precision precision, Layout layout, Stage stage) {
    return precision.text()
        + (layout == Layout.AS_IS ? "" : "+" + layout.text())
        + (stage == Stage.NONE ? "" : "+" + stage.text());
  }

  /** Returns whether tables of the bundle are needed beside the text. */
  boolean needsTables() {
    return precision.needsTables();
  }

  private static List<CodecName> all() {
    List<CodecName> names = new ArrayList<>();
    for (Precision precision : Precision.values()) {
      for (Layout layout : Layout.values()) {
        for (Stage stage : Stage.values()) {
          if (objection(precision, layout, stage).isEmpty()) {
            names.add(new CodecName(precision, layout, stage));
          }
        }
      }
    }
    return List.copyOf(names);
  }

  /** Returns why three parts make no codec together; empty if they do. */
  private static String objection(Precision precision, Layout layout, Stage stage) {
    Precision.Kind kind = precision.kind();
    if (kind == Precision.Kind.ROUNDED) {
      return layout == Layout.AS_IS && stage != Stage.NONE && stage != Stage.RANS
          ? ""
          : "round-i8 has its own layouts, with lz4, zstd or range; step takes the others";
    }
    if (stage.codesIntegers()) {
      if (kind == Precision.Kind.FLOAT) {
        return "floats have too many values for probabilities of each";
      }
      if (kind == Precision.Kind.MEASURED) {
        return "q8's range changes with every payload, so nothing can be calibrated; use q8t";
      }
      if (layout != Layout.AS_IS) {
        return "an entropy coder looks at neighbouring values itself and needs them as they are";
      }
      if (stage == Stage.RANGE) {
        return "the range coder learns from nothing; with calibrated tables rans is smaller";
      }
      return "";
    }
    return switch (layout) {
      case AS_IS, ZERO_MAP -> "";
      case BYTE_SHUFFLE ->
          precision.bits() <= 8
              ? "values of one byte have no bytes to part"
              : stage == Stage.NONE ? reordersOnly() : "";
      case BIT_SHUFFLE -> stage == Stage.NONE ? reordersOnly() : "";
      case DELTA ->
          kind == Precision.Kind.FLOAT
              ? "differences of floats' bits are no smaller"
              : kind == Precision.Kind.COEFFICIENTS
                  ? "neighbouring coefficients do not resemble each other"
                  : stage == Stage.NONE ? reordersOnly() : "";
    };
  }

  private static String reordersOnly() {
    return "without a lossless stage behind it the layout saves nothing";
  }
}
