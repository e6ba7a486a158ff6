package dev.sluice.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RefCountTest {
  private final AtomicInteger freed = new AtomicInteger();
  private final RefCount count = new RefCount("the thing", freed::incrementAndGet);

  @Test
  void freesAtOnceWhenUnused() {
    count.close();
    count.close();
    assertThat(freed).hasValue(1);
    assertThat(count.isClosed()).isTrue();
    assertThatThrownBy(count::acquire)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the thing is closed");
  }

  @Test
  void waitsForTheUsesUnderWay() {
    count.acquire();
    count.acquire();
    count.close();
    count.release();
    assertThat(freed).hasValue(0);
    count.release();
    assertThat(freed).hasValue(1);
    assertThatThrownBy(count::acquire).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void staysOpenBetweenUses() {
    count.acquire();
    count.release();
    assertThat(freed).hasValue(0);
    count.acquire();
    count.release();
    assertThat(count.isClosed()).isFalse();
  }
}
