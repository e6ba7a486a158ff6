package dev.sluice.protocol.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LosslessTest {
  @Test
  void contentWithNoiseInFrontComesBackWhateverItsLengths() throws Exception {
    Random random = new Random(1);
    for (int i = 0; i < 2000; i++) {
      int noise = i < 1000 ? i : random.nextInt(5000);
      int length = noise + random.nextInt(i < 1000 ? 600 : 5000);
      byte[] content = new byte[length];
      random.nextBytes(content);
      int first = Math.min(length, noise + random.nextInt(40));
      Arrays.fill(content, first, length, (byte) random.nextInt(3));
      byte[] out = new byte[length + 7];
      int bytes = Lossless.lz4(content, noise, length, out, 7);
      assertThat(bytes).isLessThanOrEqualTo(length);
      byte[] back = new byte[length];
      Lossless.unlz4(out, 7, bytes, back, length);
      assertThat(back).as("%d of %d", noise, length).isEqualTo(content);
    }
  }

  @Test
  void noiseThatIsNotLookedAtCostsItsLengthAlone() {
    Random random = new Random(2);
    byte[] content = new byte[16384];
    random.nextBytes(content);
    Arrays.fill(content, 8192, 16384, (byte) 0);
    byte[] out = new byte[16384];
    int looking = Lossless.lz4(content, content.length, out, 0);
    assertThat(Lossless.lz4(content, 8192, content.length, out, 0)).isLessThan(looking + 20);
  }
}
