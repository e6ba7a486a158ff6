package dev.sluice.scheduler.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.profile.CalibrationTable.Role;
import dev.sluice.scheduler.profile.CalibrationTable.Variant;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class CalibrationTableTest {
  /** Half a step of 1/65535. */
  private static final float TOLERANCE = 8e-6f;

  /** Behind "SLCT", version u16, role u8 and classes u32. */
  private static final int SAMPLES_AT = 11;

  @Test
  void keepsEveryCellThroughBytes() throws Exception {
    CalibrationTable table = SyntheticFacts.of(7).select();

    CalibrationTable read = CalibrationTable.read(table.toBytes());

    assertThat(read.role()).isEqualTo(Role.SELECT);
    assertThat(read.samples()).isEqualTo(table.samples());
    assertThat(read.variants()).isEqualTo(table.variants());
    for (int s = 0; s < table.samples(); s++) {
      assertThat(read.label(s)).isEqualTo(table.label(s));
      assertThat(read.sequence(s)).isEqualTo(table.sequence(s));
      for (int e = 0; e < table.exits(); e++) {
        assertThat(read.predicted(s, e)).isEqualTo(table.predicted(s, e));
        assertThat(read.confidence(s, e)).isEqualTo(table.confidence(s, e));
        assertThat(read.margin(s, e)).isEqualTo(table.margin(s, e));
        assertThat(read.entropyNats(s, e)).isEqualTo(table.entropyNats(s, e));
      }
      for (int v = 0; v < table.variants().size(); v++) {
        assertThat(read.bytes(v, s)).isEqualTo(table.bytes(v, s));
        for (int e = table.firstExit(v); e < table.exits(); e++) {
          assertThat(read.predicted(v, s, e)).isEqualTo(table.predicted(v, s, e));
          assertThat(read.correct(v, s, e)).isEqualTo(table.correct(v, s, e));
          assertThat(read.confidence(v, s, e)).isEqualTo(table.confidence(v, s, e));
          assertThat(read.margin(v, s, e)).isEqualTo(table.margin(v, s, e));
          assertThat(read.entropyNats(v, s, e)).isEqualTo(table.entropyNats(v, s, e));
        }
      }
    }
  }

  @Test
  void keepsScoresToHalfAStep() {
    CalibrationTable table =
        CalibrationTable.builder(
                Role.CERTIFY, 10, 1, new int[] {2, 5}, List.of(new Variant(2, "q8")))
            .sample(0, 3, -1)
            .outcome(0, 0, 3, 0.812345, 0.7, 0.4)
            .outcome(0, 1, 4, 1.0000001, 1, 0)
            .payload(0, 0, 1234)
            .outcome(0, 0, 1, 3, 0.5, 0.1, Math.log(10))
            .build();

    assertThat(table.confidence(0, 0)).isCloseTo(0.812345f, within(TOLERANCE));
    assertThat(table.margin(0, 0)).isCloseTo(0.7f, within(TOLERANCE));
    assertThat(table.entropyNats(0, 0)).isCloseTo(0.4f, within(3 * TOLERANCE));
    assertThat(table.confidence(0, 1)).isEqualTo(1);
    assertThat(table.entropyNats(0, 0, 1)).isCloseTo((float) Math.log(10), within(TOLERANCE));
    assertThat(table.correct(0, 0)).isTrue();
    assertThat(table.correct(0, 1)).isFalse();
    assertThat(table.correct(0, 0, 1)).isTrue();
    assertThat(table.variant(2, "q8")).hasValue(0);
    assertThat(table.variant(2, "f32")).isEmpty();
    assertThatThrownBy(() -> table.confidence(0, 0, 0)).hasMessageContaining("not behind the cut");
  }

  @Test
  void saysOfAllSamplesAtOnceWhatItSaysOfEach() {
    CalibrationTable table = SyntheticFacts.of(11).select();
    Random random = new Random(5);
    for (int round = 0; round < 200; round++) {
      int variant = random.nextInt(table.variants().size());
      int from = table.firstExit(variant);
      double[] thresholds = new double[table.exits()];
      for (int e = 0; e < thresholds.length; e++) {
        int some = random.nextInt(table.samples());
        thresholds[e] =
            switch (random.nextInt(4)) {
              case 0 -> Double.POSITIVE_INFINITY;
              case 1 -> table.confidence(some, e);
              case 2 -> Math.nextUp((double) table.confidence(some, e));
              default -> random.nextDouble();
            };
      }

      byte[] plain = table.firstStops(thresholds, 0, table.exits());
      byte[] sent = table.firstStops(variant, thresholds, from, table.exits());

      for (int s = 0; s < table.samples(); s++) {
        int first = 0;
        while (first < table.exits() && table.confidence(s, first) < thresholds[first]) {
          first++;
        }
        assertThat(plain[s]).isEqualTo((byte) first);
        int behind = from;
        while (behind < table.exits()
            && table.confidence(variant, s, behind) < thresholds[behind]) {
          behind++;
        }
        assertThat(sent[s]).isEqualTo((byte) behind);
        plain[s] = (byte) random.nextInt(table.exits());
      }
      boolean[] correct = table.correct(plain, from, variant);
      for (int s = 0; s < correct.length; s++) {
        assertThat(correct[s])
            .isEqualTo(
                plain[s] < from ? table.correct(s, plain[s]) : table.correct(variant, s, plain[s]));
      }
    }
    assertThatThrownBy(() -> table.firstStops(0, new double[table.exits()], -1, 1))
        .hasMessageContaining("not behind the cut");
  }

  @Test
  void namesTheCellThatWasNotGiven() {
    CalibrationTable.Builder builder =
        CalibrationTable.builder(Role.SELECT, 2, 2, new int[] {1}, List.of())
            .sample(0, 0, -1)
            .sample(1, 0, -1)
            .outcome(0, 0, 1, 0.5, 0, 0.1);

    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("sample 1 lacks outcome at exit 0");
  }

  @Test
  void refusesScoresOutsideTheirRange() {
    CalibrationTable.Builder builder =
        CalibrationTable.builder(Role.SELECT, 2, 1, new int[] {1}, List.of());

    assertThatThrownBy(() -> builder.outcome(0, 0, 0, 1.2, 0, 0))
        .hasMessageContaining("confidence");
    assertThatThrownBy(() -> builder.outcome(0, 0, 0, Double.NaN, 0, 0))
        .hasMessageContaining("confidence");
    assertThatThrownBy(() -> builder.outcome(0, 0, 2, 0.5, 0, 0)).hasMessageContaining("predicted");
    assertThatThrownBy(() -> builder.sample(0, 2, 0)).hasMessageContaining("label");
  }

  @Test
  void refusesTruncationAtEveryIndex() {
    byte[] bytes = SyntheticFacts.of(small(), 3).select().toBytes();

    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> CalibrationTable.read(cut))
          .as("cut to %d of %d bytes", length, bytes.length)
          .isInstanceOf(FactsFormatException.class);
    }
  }

  @Test
  void refusesTruncationInsideTheCompression() throws Exception {
    byte[] plain = unzip(SyntheticFacts.of(small(), 3).select().toBytes());

    for (int length = 0; length < plain.length; length++) {
      byte[] cut = zip(Arrays.copyOf(plain, length));
      assertThatThrownBy(() -> CalibrationTable.read(cut))
          .as("cut to %d of %d bytes", length, plain.length)
          .isInstanceOf(FactsFormatException.class);
    }
    assertThatThrownBy(() -> CalibrationTable.read(zip(Arrays.copyOf(plain, plain.length + 1))))
        .hasMessageContaining("behind its end");
  }

  @Test
  void answersAnyDamageWithItsOwnException() throws Exception {
    byte[] plain = unzip(SyntheticFacts.of(small(), 3).select().toBytes());
    Random random = new Random(11);

    for (int i = 0; i < 3000; i++) {
      byte[] damaged = plain.clone();
      for (int k = 0; k <= i % 3; k++) {
        // Mostly the header, where the sizes are.
        int at = random.nextInt(random.nextBoolean() ? 60 : damaged.length);
        damaged[at] = (byte) random.nextInt(256);
      }
      try {
        CalibrationTable.read(zip(damaged));
      } catch (FactsFormatException expected) {
        assertThat(expected.getMessage()).contains("calibration table");
      }
    }
  }

  @Test
  void refusesSizesThatItsBytesCannotHold() throws Exception {
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(plain)) {
      out.writeInt(0x534c4354); // "SLCT"
      out.writeShort(1); // version
      out.writeByte(0); // SELECT
      out.writeInt(10); // classes
      out.writeInt(1 << 20); // samples
      out.writeByte(2); // exits
      out.writeByte(1);
      out.writeByte(2);
      out.writeShort(0); // variants
    }

    assertThatThrownBy(() -> CalibrationTable.read(zip(plain.toByteArray())))
        .isInstanceOf(FactsFormatException.class)
        .hasMessageContaining("claims 2097152 outcomes");
  }

  /** What follows from no sample at all is 0 / 0: shares, percentiles, proofs. */
  @Test
  void isNeverWithoutSamples() throws Exception {
    assertThatThrownBy(() -> CalibrationTable.builder(Role.SELECT, 2, 0, new int[] {1}, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("samples not in [1, ")
        .hasMessageEndingWith("]: 0");

    byte[] plain = unzip(SyntheticFacts.of(small(), 3).select().toBytes());
    byte[] empty = Arrays.copyOf(plain, plain.length);
    Arrays.fill(empty, SAMPLES_AT, SAMPLES_AT + Integer.BYTES, (byte) 0);

    assertThat(empty).isNotEqualTo(plain);
    assertThatThrownBy(() -> CalibrationTable.read(zip(empty)))
        .isInstanceOf(FactsFormatException.class)
        .hasMessageContaining("calibration table: samples not in [1, ")
        .hasMessageEndingWith("]: 0");
  }

  @Test
  void refusesANewerVersion() throws Exception {
    byte[] plain = unzip(SyntheticFacts.of(small(), 3).select().toBytes());
    plain[5] = 2;

    assertThatThrownBy(() -> CalibrationTable.read(zip(plain)))
        .hasMessageContaining("version 2, only 1");
  }

  @Test
  void staysSmall() {
    SyntheticFacts.Shape shape =
        new SyntheticFacts.Shape(8, List.of(1, 2, 3, 5, 6), 1500, 24, 6_000_000, true);

    byte[] bytes = SyntheticFacts.of(shape, 1).select().toBytes();

    assertThat(bytes.length).isLessThan(800_000);
  }

  private static SyntheticFacts.Shape small() {
    return new SyntheticFacts.Shape(3, List.of(1, 2), 5, 24, 6_000_000, true);
  }

  private static byte[] unzip(byte[] bytes) throws Exception {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return in.readAllBytes();
    }
  }

  private static byte[] zip(byte[] bytes) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }
}
