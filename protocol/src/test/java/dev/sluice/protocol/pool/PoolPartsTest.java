package dev.sluice.protocol.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.channel.ClientOptions;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.WorkerStamps;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoolPartsTest {
  private static final long MILLIS = 1_000_000;

  private static WorkerStamps stamps(long waitedNanos, long computedNanos) {
    return new WorkerStamps(0, 0, waitedNanos, waitedNanos + computedNanos, 0);
  }

  @Test
  void expectsARoundTripTheComputationAndTheQueueBeforeIt() {
    ExpectedWait wait = new ExpectedWait();
    wait.onRoundTrip(20 * MILLIS);
    wait.onAnswer(stamps(0, 8 * MILLIS), new LoadReport(3, 1, 1));
    wait.onSent();
    // 20 + 8 + (3 queued + 1 sent since) * 8
    assertThat(wait.nanos(0)).isEqualTo(60.0 * MILLIS);
    wait.onLoad(LoadReport.IDLE);
    assertThat(wait.nanos(0)).isEqualTo(28.0 * MILLIS);
  }

  @Test
  void smoothsRoundTripsByAnEighth() {
    ExpectedWait wait = new ExpectedWait();
    wait.onRoundTrip(80);
    wait.onRoundTrip(160);
    assertThat(wait.roundTripNanos()).isEqualTo(90);
  }

  @Test
  void takesAWorkerThatHasNotAnsweredForOneLikeTheOthersButForItsScale() {
    ExpectedWait wait = new ExpectedWait();
    wait.onLoad(new LoadReport(2, 1, 3));
    assertThat(wait.nanos(10)).isEqualTo(3 * 30.0);
  }

  @Test
  void learnsThatAWorkerWithManyThreadsHasAShortQueue() {
    ExpectedWait wait = new ExpectedWait();
    LoadReport busy = new LoadReport(32, 0.5, 1);
    wait.onLoad(busy);
    for (int i = 0; i < 10; i++) {
      wait.onAnswer(stamps(0, 10 * MILLIS), busy);
    }
    assertThat(wait.nanos(0)).isEqualTo(10.0 * MILLIS);
  }

  @Test
  void waitsAtRandomUpToABoundThatDoublesToACap() {
    PoolOptions options = options();
    Backoff backoff = new Backoff(options, new Random(1));
    long bound = options.urgentBackoffNanos();
    for (int failure = 0; failure < 20; failure++) {
      assertThat(backoff.afterFailure(0, false, 0)).isBetween(1L, bound);
      bound = Math.min(2 * bound, options.maxBackoffNanos());
    }
  }

  @Test
  void hasNoHurryWhileAnotherWorkerIsUp() {
    double sum = 0;
    Random random = new Random(2);
    for (int i = 0; i < 1_000; i++) {
      sum += new Backoff(options(), random).afterFailure(0, true, 0);
    }
    assertThat(sum / 1_000 / MILLIS).isBetween(450.0, 550.0);
  }

  @Test
  void comesBackNoSoonerThanTheWorkerAskedButNotAllAtThatMoment() {
    Backoff backoff = new Backoff(options(), new Random(3));
    long asked = 5_000 * MILLIS;
    assertThat(backoff.afterFailure(0, true, asked))
        .isBetween(asked, asked + options().calmBackoffNanos());
    assertThat(backoff.afterFailure(0, true, Long.MAX_VALUE)).isLessThan(90_000 * MILLIS);
  }

  @Test
  void forgivesFailuresOnlyToAConnectionThatLasted() {
    Backoff backoff = new Backoff(options(), new Random(4));
    for (int i = 0; i < 20; i++) {
      backoff.afterFailure(0, false, 0);
    }
    long longest = 0;
    for (int i = 0; i < 20; i++) {
      longest = Math.max(longest, backoff.afterFailure(MILLIS, false, 0));
    }
    assertThat(longest).isGreaterThan(5_000 * MILLIS);
    assertThat(backoff.afterFailure(options().steadyNanos(), false, 0))
        .isLessThanOrEqualTo(options().urgentBackoffNanos());
  }

  @Test
  void allowsOneRetryForFiveRequestsAndABurst() {
    RetryBudget budget = new RetryBudget(0.2, 3);
    int taken = 0;
    for (int request = 0; request < 1_000; request++) {
      budget.onRequest();
      taken += budget.take() ? 1 : 0;
    }
    assertThat(taken).isEqualTo(203);
  }

  @Test
  void doesNotSaveUpRetriesWithoutEnd() {
    RetryBudget budget = new RetryBudget(0.2, 3);
    for (int request = 0; request < 100_000; request++) {
      budget.onRequest();
    }
    int taken = 0;
    while (budget.take()) {
      taken++;
    }
    assertThat(taken).isEqualTo(13);
  }

  @Test
  void readsTargetsAsTheyAreWritten() {
    assertThat(WorkerTarget.parse("host:7411")).isEqualTo(new WorkerTarget.Host("host", 7411));
    assertThat(WorkerTarget.parse("[::1]:80")).isEqualTo(new WorkerTarget.Host("::1", 80));
    assertThat(WorkerTarget.parse("dns:workers:7411"))
        .isEqualTo(new WorkerTarget.EveryAddress("workers", 7411))
        .hasToString("dns:workers:7411");
    assertThat(WorkerTarget.parse("[::1]:80")).hasToString("[::1]:80");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "host", "host:", ":80", "host:0", "host:65536", "::1:80", "dns:80"})
  void refusesWhatIsNoTarget(String text) {
    assertThatThrownBy(() -> WorkerTarget.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("HOST:PORT");
  }

  @Test
  void ranksWorkersByBothNames() {
    WorkerAddress a = new WorkerAddress("a", 1, "a");
    assertThat(a.rank("device")).isEqualTo(new WorkerAddress("a", 1, "other").rank("device"));
    assertThat(a.rank("device")).isNotEqualTo(a.rank("other"));
    assertThat(a.rank("device")).isNotEqualTo(new WorkerAddress("a", 2, "a").rank("device"));
  }

  private static PoolOptions options() {
    return PoolOptions.of(
        List.of(WorkerTarget.parse("a:1")), ClientOptions.to("a", 1, "digest", "device"));
  }
}
