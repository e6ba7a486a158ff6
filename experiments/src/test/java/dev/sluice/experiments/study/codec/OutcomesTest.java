package dev.sluice.experiments.study.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.experiments.report.Interval;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutcomesTest {
  private static final double TOLERANCE = 1e-9; // Of double arithmetic.
  private static final Task TWO_WAY = Task.ofAll(2);
  private static final float[] FIRST = {1, 0};
  private static final float[] SECOND = {0, 2};

  private static int[] range(int count) {
    int[] all = new int[count];
    Arrays.setAll(all, i -> i);
    return all;
  }

  private static Outcomes of(int[] labels, float[]... logits) {
    Outcomes outcomes = new Outcomes(List.of(TWO_WAY), labels);
    for (int s = 0; s < logits.length; s++) {
      outcomes.note(s, 10 * (s + 1), logits[s]);
    }
    return outcomes;
  }

  @Test
  void countsAnswersBytesAndCrossEntropy() {
    int[] labels = {0, 0, 1, 1};
    Outcomes uncut = of(labels, FIRST, FIRST, SECOND, FIRST);
    Outcomes sent = of(labels, FIRST, SECOND, SECOND, SECOND);
    int[] all = range(4);
    assertThat(uncut.accuracy(0, all)).isEqualTo(0.75);
    assertThat(sent.accuracy(0, all)).isEqualTo(0.75);
    assertThat(sent.discordant(uncut, 0, all)).containsExactly(1, 1);
    assertThat(sent.changed(uncut, 0, all)).isEqualTo(2);
    assertThat(sent.meanBytes(all)).isEqualTo(25);
    assertThat(sent.p95Bytes(all)).isEqualTo(40);
    assertThat(sent.meanBytes(new int[] {1, 2})).isEqualTo(25);
    // Sample 1 goes from ln(1 + 1/e) to 2 + ln(1 + 1/e²), sample 3 from 1 + ln(1 + 1/e) to the
    // rest.
    double one = Math.log(1 + Math.exp(-1));
    double two = Math.log(1 + Math.exp(-2));
    assertThat(sent.moreCrossEntropy(uncut, 0, all))
        .isEqualTo((2 + two - one + two - 1 - one) / 4, within(TOLERANCE));
  }

  @Test
  void samplesOfOneSequenceAreNotCountedAsIndependent() {
    int drives = 20;
    int frames = 30;
    int[] labels = new int[drives * frames];
    int[] sequences = new int[labels.length];
    int[] alone = new int[labels.length];
    Outcomes uncut = new Outcomes(List.of(TWO_WAY), labels);
    Outcomes sent = new Outcomes(List.of(TWO_WAY), labels);
    for (int s = 0; s < labels.length; s++) {
      sequences[s] = s / frames;
      alone[s] = -1;
      uncut.note(s, 1, FIRST);
      sent.note(s, 1, s / frames < 2 ? SECOND : FIRST); // Two drives are lost whole.
    }
    Interval byDrive = sent.difference(uncut, 0, range(labels.length), sequences, 1);
    Interval byFrame = sent.difference(uncut, 0, range(labels.length), alone, 1);
    assertThat(byDrive.value()).isEqualTo(-10, within(TOLERANCE));
    assertThat(byFrame.value()).isEqualTo(-10, within(TOLERANCE));
    assertThat(byDrive.high() - byDrive.low()).isGreaterThan(3 * (byFrame.high() - byFrame.low()));
  }

  @Test
  void aTaskLetsOnlyItsOutputsCompete() {
    Task pair = new Task("2 of 4", new int[] {1, 3}, new int[] {3, 1});
    float[] logits = {9, 2, 8, 1};
    assertThat(pair.answer(logits)).isEqualTo(1);
    assertThat(pair.isRight(1, 1)).isTrue();
    assertThat(pair.isRight(1, 0)).isFalse();
    assertThat(pair.crossEntropy(logits, 1))
        .isEqualTo(Math.log(1 + Math.exp(-1)), within(TOLERANCE));
    assertThat(pair.confidence(logits)).isEqualTo(1 / (1 + Math.exp(-1)), within(TOLERANCE));
  }
}
