package dev.sluice.model.exit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PolicyDataTest {
  /** Coordinates keep 16 bits of the largest one's range. */
  private static final double TOLERANCE = 2e-4;

  private static PolicyData some() {
    PolicyData all = ExitPolicyTest.randomData(new SplittableRandom(3), 3, 4);
    // The second exit has thresholds alone.
    return new PolicyData(
        4,
        List.of(
            all.of(0),
            PolicyData.OfExit.NOTHING.with(new double[] {0.5, 1, 0.25, Double.POSITIVE_INFINITY}),
            all.of(2)));
  }

  @Test
  void readsWhatItWrites() throws Exception {
    PolicyData written = some();
    PolicyData read = PolicyData.read(written.toBytes());
    assertThat(read.exits()).isEqualTo(3);
    assertThat(read.classes()).isEqualTo(4);
    assertThat(read.of(1).means()).isEmpty();
    assertThat(read.of(1).trust()).isEmpty();
    assertThat(read.of(1).thresholds().orElseThrow())
        .containsExactly(0.5, 1, 0.25, Double.POSITIVE_INFINITY);
    assertThat(read.of(9)).isSameAs(PolicyData.OfExit.NOTHING);
    SplittableRandom random = new SplittableRandom(4);
    for (int exit : new int[] {0, 2}) {
      for (int i = 0; i < 50; i++) {
        float[] output = ExitPolicyTest.randomScores(random, 4).output();
        assertThat(read.of(exit).means().orElseThrow().probability(output, i % 4))
            .isCloseTo(
                written.of(exit).means().orElseThrow().probability(output, i % 4),
                within(TOLERANCE));
        double trust = written.of(exit).trust().orElseThrow().score(output, i % 4);
        assertThat(read.of(exit).trust().orElseThrow().score(output, i % 4))
            .isCloseTo(trust, within(0.01 * (1 + trust)));
      }
    }
    assertThat(PolicyData.read(read.toBytes()).toBytes()).isEqualTo(read.toBytes());
  }

  @Test
  void refusesAFileCutAtAnyIndexOrWithBytesToSpare() {
    byte[] whole = some().toBytes();
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> PolicyData.read(cut))
          .as("cut to %d of %d bytes", length, whole.length)
          .isInstanceOf(PolicyDataException.class);
    }
    assertThatThrownBy(() -> PolicyData.read(Arrays.copyOf(whole, whole.length + 1)))
        .isInstanceOf(PolicyDataException.class)
        .hasMessageContaining("too many");
  }

  @Test
  void survivesAnyDamage() {
    byte[] whole = some().toBytes();
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 5000; i++) {
      byte[] damaged = whole.clone();
      for (int n = random.nextInt(1, 4); n > 0; n--) {
        damaged[random.nextInt(random.nextInt(4) == 0 ? damaged.length : 60)] =
            (byte) random.nextInt();
      }
      try {
        PolicyData read = PolicyData.read(damaged);
        assertThat(read.exits()).isLessThanOrEqualTo(256);
      } catch (PolicyDataException refused) {
        assertThat(refused).hasMessageMatching("(?s)(is|has|claims|holds) .*");
      }
    }
  }

  @Test
  void checksCountsBeforeItAllocates() {
    assertThatThrownBy(() -> PolicyData.read(header(1, 1, 65_537).array()))
        .isInstanceOf(PolicyDataException.class)
        .hasMessageContaining("65537 classes");
    assertThatThrownBy(() -> PolicyData.read(header(1, 1, -1).array()))
        .hasMessageContaining("4294967295 classes");
    assertThatThrownBy(() -> PolicyData.read(header(1, 300, 10).array()))
        .hasMessageContaining("300 exits");
    assertThatThrownBy(() -> PolicyData.read(header(2, 1, 10).array()))
        .hasMessageContaining("version 2");
    // 65,536 class means of 65,536 coordinates: 8 GiB claimed by 22 bytes.
    ByteBuffer means = header(1, 1, 65_536);
    means.putShort(12, (short) 1);
    ByteBuffer section = ByteBuffer.allocate(30).order(ByteOrder.LITTLE_ENDIAN);
    section.put(means.array()).putShort((short) 0).putShort((short) 1).putInt(8);
    assertThatThrownBy(() -> PolicyData.read(section.array())).hasMessageContaining("wrong length");
    // A trust set of 2^31 samples.
    ByteBuffer trust = ByteBuffer.allocate(14 + 8 + 12).order(ByteOrder.LITTLE_ENDIAN);
    trust.put(header(1, 1, 2).putShort(12, (short) 1).array());
    trust.putShort((short) 0).putShort((short) 2).putInt(12);
    trust.putFloat(1).putInt(Integer.MAX_VALUE).putInt(1);
    assertThatThrownBy(() -> PolicyData.read(trust.array())).hasMessageContaining("more samples");
  }

  @Test
  void skipsSectionsOfKindsThatItDoesNotKnow() throws Exception {
    ByteBuffer file = ByteBuffer.allocate(14 + 8 + 3).order(ByteOrder.LITTLE_ENDIAN);
    file.put(header(1, 1, 2).putShort(12, (short) 1).array());
    file.putShort((short) 0).putShort((short) 77).putInt(3);
    assertThat(PolicyData.read(file.array()).of(0).means()).isEmpty();
  }

  @Test
  void refusesWhatIsFittedForOtherClasses() {
    assertThatThrownBy(
            () ->
                new PolicyData(3, List.of(PolicyData.OfExit.NOTHING.with(new double[] {0.5, 0.5}))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TrustSets(2, new float[][] {{1, 2}}, new int[] {2}))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ClassCentres(new float[][] {{1, Float.NaN}}, new float[] {1}, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static ByteBuffer header(int version, int exits, int classes) {
    ByteBuffer header = ByteBuffer.allocate(14).order(ByteOrder.LITTLE_ENDIAN);
    header.put("SLXP".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    header.putShort((short) version).putShort((short) exits).putInt(classes).putShort((short) 0);
    return header;
  }
}
