package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PayloadArraysTest {
  private final PayloadArrays arrays = new PayloadArrays();

  @ParameterizedTest
  @ValueSource(ints = {4_096, 5_000, 65_536, 65_537, 100_000, 1 << 20})
  void lendsAnArrayAgainThatWasGivenBack(int bytes) {
    byte[] first = arrays.take(bytes);
    arrays.giveBack(first);

    assertThat(arrays.take(bytes)).isSameAs(first);
    assertThat(arrays.take(bytes)).isNotSameAs(first);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4_095, (1 << 20) + 1})
  void makesWhatIsVerySmallOrLargeAnew(int bytes) {
    byte[] first = arrays.take(bytes);
    arrays.giveBack(first);

    assertThat(first).hasSize(bytes);
    assertThat(arrays.take(bytes)).isNotSameAs(first);
  }

  @Test
  void isAtMostAQuarterLongerThanWasAskedFor() {
    for (int bytes = 1; bytes <= 1 << 20; bytes += 251) {
      assertThat(arrays.take(bytes).length).isBetween(bytes, bytes + bytes / 4);
    }
  }

  @Test
  void keepsNoMoreThanItMay() {
    List<byte[]> lent = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      lent.add(arrays.take(1 << 20));
    }
    lent.forEach(arrays::giveBack);
    Set<byte[]> known = Collections.newSetFromMap(new IdentityHashMap<>());
    known.addAll(lent);
    int again = 0;
    for (int i = 0; i < 100; i++) {
      again += known.contains(arrays.take(1 << 20)) ? 1 : 0;
    }

    assertThat(again).isBetween(1, 4);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void lendsNoArrayTwice(long seed) {
    Random random = new Random(seed);
    Set<byte[]> lent = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = 0; i < 5_000; i++) {
      if (random.nextBoolean() || lent.isEmpty()) {
        assertThat(lent.add(arrays.take(random.nextInt(200_000)))).isTrue();
      } else {
        byte[] any = lent.iterator().next();
        lent.remove(any);
        arrays.giveBack(any);
      }
    }
  }
}
