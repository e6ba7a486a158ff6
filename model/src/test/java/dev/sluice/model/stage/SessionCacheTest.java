package dev.sluice.model.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.TinyNetworks;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SessionCacheTest {
  private final AtomicInteger made = new AtomicInteger();

  private static SessionKey key(int cut) {
    return new SessionKey(
        SessionKey.Kind.STAGE, cut, cut + 1, -1, "", "", "float32", SessionKey.Ends.PLAIN);
  }

  @Test
  void keepsWhatIsInUseAndAFewAtRest() {
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        OnnxEngine.Tensors in =
            engine.wrap(List.of(FloatBuffer.allocate(2)), List.of(new long[] {1, 2}))) {
      SessionCache cache = new SessionCache(2, Long.MAX_VALUE);
      List<SessionCache.Lease> leases = new ArrayList<>();
      for (int cut = 0; cut < 5; cut++) {
        leases.add(cache.borrow(key(cut), () -> make(engine)));
      }
      assertThat(cache.size()).isEqualTo(5);
      leases.subList(1, 5).forEach(SessionCache.Lease::giveBack);
      assertThat(cache.size()).isEqualTo(3);
      leases.get(0).session().run(in).close();
      assertThatThrownBy(() -> leases.get(1).session().run(in))
          .isInstanceOf(IllegalStateException.class);
      cache.borrow(key(4), () -> make(engine)).session().run(in).close();
      assertThat(made).hasValue(5);
    }
  }

  private OnnxEngine.Session make(OnnxEngine engine) {
    return engine.load(TinyNetworks.scaling(2, 2), "session " + made.incrementAndGet());
  }

  @Test
  void closesTheLongestUnusedWhenTheBytesDoNotFit() {
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread())) {
      long one;
      try (OnnxEngine.Session session = make(engine)) {
        one = session.ownBytes();
      }
      SessionCache cache = new SessionCache(10, 3 * one);
      List<SessionCache.Lease> leases = new ArrayList<>();
      for (int cut = 0; cut < 5; cut++) {
        leases.add(cache.borrow(key(cut), () -> make(engine)));
      }
      assertThat(cache.bytes()).as("in use, all stay").isEqualTo(5 * one);
      leases.forEach(SessionCache.Lease::giveBack);
      assertThat(cache.bytes()).isEqualTo(3 * one);
      int before = made.get();
      cache.borrow(key(4), () -> make(engine)).giveBack();
      assertThat(made).hasValue(before);
      cache.borrow(key(0), () -> make(engine)).giveBack();
      assertThat(made).hasValue(before + 1);
      assertThat(cache.size()).isEqualTo(3);
    }
  }

  @Test
  void triesAgainAfterAFailure() {
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread())) {
      SessionCache cache = new SessionCache(2, Long.MAX_VALUE);
      assertThatThrownBy(
              () -> cache.borrow(key(0), () -> engine.load(new byte[] {1, 2, 3}, "rubbish")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("rubbish");
      assertThat(cache.size()).isZero();
      assertThat(cache.borrow(key(0), () -> make(engine))).isNotNull();
    }
  }
}
