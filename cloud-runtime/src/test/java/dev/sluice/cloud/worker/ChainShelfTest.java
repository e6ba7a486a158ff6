package dev.sluice.cloud.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.stage.Encoder;
import dev.sluice.model.stage.Stage;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ChainShelfTest {
  private static final Path BUNDLE = Path.of("../experiments/bundles/roadsigns");

  private final List<FakeChain> made = new ArrayList<>();
  private final Deque<Runnable> background = new ArrayDeque<>();
  private BundleManifest manifest;
  private ChainShelf shelf;
  private boolean broken;

  private static final class FakeChain implements StageChain {
    private final StageRequest request;
    private boolean closed;

    FakeChain(StageRequest request) {
      this.request = request;
    }

    @Override
    public StageRequest request() {
      return request;
    }

    @Override
    public List<Stage> stages() {
      return List.of();
    }

    @Override
    public Optional<Encoder> encoder() {
      return Optional.empty();
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @BeforeEach
  void make() throws IOException {
    manifest = Bundle.open(BUNDLE).manifest();
    shelf =
        new ChainShelf(
            request -> {
              if (broken) {
                throw new IllegalArgumentException("cannot be compiled");
              }
              made.add(new FakeChain(request));
              return made.get(made.size() - 1);
            },
            manifest,
            background::add);
  }

  private int last() {
    return manifest.finalExit().index();
  }

  private List<Integer> lent(int cut, List<Integer> exits) {
    try (ChainShelf.Lease lease = shelf.borrow(cut, Optional.empty(), exits)) {
      return lease.chain().request().exits();
    }
  }

  @Test
  void servesAPlanByEveryExitUntilItsOwnStagesAreCompiled() {
    List<Integer> every = manifest.exits().stream().map(exit -> exit.index()).toList();
    for (int i = 0; i < ChainShelf.EARNED_BY; i++) {
      assertThat(background).isEmpty();
      assertThat(lent(0, List.of(0))).isEqualTo(every);
    }
    assertThat(lent(0, List.of(0))).isEqualTo(every);
    assertThat(background).as("compiled once").hasSize(1);
    background.remove().run();
    assertThat(lent(0, List.of(0))).containsExactly(0, last());
    assertThat(lent(0, List.of())).isEqualTo(every);
    assertThat(background).isEmpty();
  }

  @Test
  void servesOnWhereAPlansOwnStagesCannotBeCompiled() {
    List<Integer> every = lent(0, List.of());
    broken = true;
    for (int i = 0; i < 5 * ChainShelf.EARNED_BY; i++) {
      assertThat(lent(0, List.of(0))).isEqualTo(every);
      while (!background.isEmpty()) {
        background.remove().run();
      }
    }
    assertThatThrownBy(() -> lent(1, List.of())).hasMessage("cannot be compiled");
    broken = false;
    assertThat(lent(1, List.of())).isNotEmpty();
  }

  @Test
  void queuesABoundedNumberOfCompilationsHoweverManyPlansAreAskedFor() {
    int early = last();
    for (int cut = 0; cut < manifest.lastCut(); cut++) {
      for (int exit = 0; exit < early; exit++) {
        for (int other = exit; other < early; other++) {
          if (manifest.exits().get(exit).cut() > cut) {
            for (int i = 0; i < ChainShelf.EARNED_BY; i++) {
              lent(cut, other == exit ? List.of(exit) : List.of(exit, other));
            }
          }
        }
      }
    }
    assertThat(background).hasSizeLessThanOrEqualTo(ChainShelf.MAX_WAITING);
    while (!background.isEmpty()) {
      background.remove().run();
    }
    for (int i = 0; i < ChainShelf.EARNED_BY; i++) {
      lent(0, List.of(0));
    }
    while (!background.isEmpty()) {
      background.remove().run();
    }
    assertThat(lent(0, List.of(0))).containsExactly(0, last());
  }

  @Test
  void keepsABoundedNumberOfPlansAndClosesNoneInUse() {
    int early = last();
    List<List<Integer>> plans = new ArrayList<>();
    for (int cut = 0; cut < manifest.lastCut(); cut++) {
      for (int exit = 0; exit < early; exit++) {
        for (int other = exit; other < early; other++) {
          if (manifest.exits().get(exit).cut() > cut) {
            plans.add(other == exit ? List.of(cut, exit) : List.of(cut, exit, other));
          }
        }
      }
    }
    List<ChainShelf.Lease> held = new ArrayList<>();
    for (List<Integer> plan : plans) {
      List<Integer> exits = plan.subList(1, plan.size());
      for (int i = 0; i < ChainShelf.EARNED_BY; i++) {
        lent(plan.get(0), exits);
      }
      while (!background.isEmpty()) {
        background.remove().run();
      }
      if (held.isEmpty()) {
        held.add(shelf.borrow(plan.get(0), Optional.empty(), exits));
      }
    }
    assertThat(shelf.size()).isLessThanOrEqualTo(ChainShelf.MAX_EXACT + manifest.lastCut());
    assertThat(((FakeChain) held.get(0).chain()).closed).isFalse();
    held.get(0).close();
    shelf.close();
    assertThat(made).allMatch(chain -> chain.closed);
    assertThatThrownBy(() -> lent(0, List.of())).isInstanceOf(IllegalStateException.class);
  }
}
