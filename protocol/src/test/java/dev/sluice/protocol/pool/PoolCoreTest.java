package dev.sluice.protocol.pool;

import static dev.sluice.protocol.pool.World.MILLIS;
import static dev.sluice.protocol.pool.World.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.channel.ClientListener;
import dev.sluice.protocol.channel.CloudOutcome;
import dev.sluice.protocol.channel.LinkState;
import dev.sluice.protocol.channel.LinkTrouble;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.LoadReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The pool on simulated time, with simulated workers. */
class PoolCoreTest {
  private final World world = new World();
  private final Map<Long, List<CloudOutcome>> outcomes = new LinkedHashMap<>();
  private final Heard heard = new Heard();
  private long nextId = 1;

  private static final class Heard implements ClientListener {
    final List<LinkState> states = new ArrayList<>();
    final List<LinkTrouble> troubles = new ArrayList<>();
    final List<Long> roundTrips = new ArrayList<>();
    String detail = "";

    @Override
    public void onState(LinkState state, String why) {
      states.add(state);
      detail = why;
    }

    @Override
    public void onTrouble(LinkTrouble trouble, String why) {
      troubles.add(trouble);
    }

    @Override
    public void onPong(long sentNanos, long receivedNanos, int bytesAhead, LoadReport load) {
      roundTrips.add(receivedNanos - sentNanos);
    }
  }

  private long send(PoolCore pool, long deadlineNanos) {
    long id = nextId++;
    outcomes.put(id, new ArrayList<>());
    pool.send(
        World.request(id, deadlineNanos), outcome -> outcomes.get(id).add(outcome), partial -> {});
    return id;
  }

  private CloudOutcome outcome(long id) {
    assertThat(outcomes.get(id)).as("outcomes of request %d", id).hasSize(1);
    return outcomes.get(id).get(0);
  }

  private void assertAnswered(long id) {
    assertThat(outcome(id)).isInstanceOf(CloudOutcome.Answered.class);
  }

  /** Sends requests at even distances and lets time pass. */
  private void stream(PoolCore pool, int requests, long distanceNanos) {
    for (int i = 0; i < requests; i++) {
      send(pool, SECOND);
      world.run(distanceNanos);
    }
  }

  // --- one worker -------------------------------------------------------------------------------

  @Test
  void isAClientOfOneWorker() {
    PoolCore pool = world.pool("device", heard, "a");
    long early = send(pool, SECOND);
    world.run(SECOND);
    assertAnswered(early);
    assertThat(heard.states).containsExactly(LinkState.UP);
  }

  @Test
  void losesWhatIsSentWhileNoWorkerIsThereAndSaysWhy() {
    world.worker("a").away = true;
    PoolCore pool = world.pool("device", heard, "a");
    long waits = send(pool, SECOND);
    world.run(3 * MILLIS);
    assertThat(outcome(waits)).isEqualTo(new CloudOutcome.LinkLost("no program listens at a"));
    assertThat(heard.troubles).containsExactly(LinkTrouble.REFUSED);
    assertThat(heard.states).containsExactly(LinkState.DOWN);
    long later = send(pool, SECOND);
    world.run(1);
    assertThat(outcome(later)).isInstanceOf(CloudOutcome.LinkLost.class);
  }

  @Test
  void boundsWhatWaitsAndDropsWhatIsPastItsDeadline() {
    world.worker("a").roundTripNanos = SECOND;
    PoolCore pool = world.pool("device", heard, "a");
    long expires = send(pool, MILLIS);
    List<Long> waits = new ArrayList<>();
    for (int i = 1; i < 1_024; i++) {
      waits.add(send(pool, 0));
    }
    long tooMany = send(pool, 0);
    world.run(2 * MILLIS);
    long fits = send(pool, 0);
    world.run(20 * SECOND);
    assertThat(refusal(expires)).isEqualTo(ErrorCode.DEADLINE_PASSED);
    assertThat(refusal(tooMany)).isEqualTo(ErrorCode.OVERLOADED);
    assertAnswered(fits);
    waits.forEach(this::assertAnswered);
  }

  private ErrorCode refusal(long id) {
    return ((CloudOutcome.Refused) outcome(id)).refusal().code();
  }

  @Test
  void connectsAgainToAWorkerThatReturns() {
    PoolCore pool = world.pool("device", heard, "a");
    world.run(SECOND);
    world.worker("a").goAway();
    world.run(3 * SECOND);
    assertThat(pool.state()).isNotEqualTo(LinkState.UP);
    world.worker("a").comeBack();
    world.run(10 * SECOND);
    assertThat(pool.state()).isEqualTo(LinkState.UP);
  }

  @Test
  void letsRequestsWaitThroughASilence() {
    PoolCore pool = world.pool("device", heard, "a");
    world.run(SECOND);
    world.worker("a").fallSilent();
    long waits = send(pool, 10 * SECOND);
    world.run(SECOND);
    assertThat(outcomes.get(waits)).isEmpty();
    assertThat(pool.state()).isEqualTo(LinkState.SILENT);
    world.worker("a").speakAgain();
    world.run(SECOND);
    assertAnswered(waits);
    assertThat(world.worker("a").misled).isZero();
  }

  @Test
  void cancelsARequestThatWaitsAndOneThatWasSent() {
    PoolCore pool = world.pool("device", heard, "a");
    long waits = send(pool, SECOND);
    pool.cancel(waits);
    world.run(SECOND);
    assertThat(outcome(waits)).isInstanceOf(CloudOutcome.Cancelled.class);
    assertThat(world.worker("a").requests).isZero();
    long sent = send(pool, SECOND);
    world.run(MILLIS);
    pool.cancel(sent);
    world.run(SECOND);
    assertThat(outcome(sent)).isInstanceOf(CloudOutcome.Cancelled.class);
  }

  @Test
  void refusesAnIdThatIsInUse() {
    PoolCore pool = world.pool("device", heard, "a");
    pool.send(World.request(7, SECOND), outcome -> {}, partial -> {});
    assertThatThrownBy(() -> pool.send(World.request(7, SECOND), outcome -> {}, partial -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("7");
  }

  @Test
  void losesEverythingWhenItIsClosed() {
    PoolCore pool = world.pool("device", heard, "a");
    world.run(SECOND);
    long sent = send(pool, SECOND);
    world.run(MILLIS);
    pool.close();
    long late = send(pool, SECOND);
    world.run(SECOND);
    world.end();
    long afterTheEnd = send(pool, SECOND);
    for (long id : List.of(sent, late, afterTheEnd)) {
      assertThat(outcome(id)).isEqualTo(new CloudOutcome.LinkLost("client is closed"));
    }
  }

  // --- several ----------------------------------------------------------------------------------

  @Test
  void sharesRequestsAmongEqualWorkers() {
    PoolCore pool = world.pool("device", heard, "a", "b", "c");
    world.run(20 * SECOND);
    stream(pool, 600, 20 * MILLIS);
    for (String host : List.of("a", "b", "c")) {
      assertThat(world.worker(host).served).as(host).isBetween(100, 300);
    }
  }

  @Test
  void sendsMoreToTheFasterWorker() {
    world.worker("slow").computeNanos = 60 * MILLIS;
    PoolCore pool = world.pool("device", heard, "fast", "slow");
    world.run(20 * SECOND);
    stream(pool, 200, 20 * MILLIS);
    assertThat(world.worker("fast").served).isGreaterThan(150);
  }

  @Test
  void sendsMoreToTheNearerWorker() {
    world.worker("far").roundTripNanos = 80 * MILLIS;
    PoolCore pool = world.pool("device", heard, "near", "far");
    world.run(20 * SECOND);
    stream(pool, 200, 20 * MILLIS);
    assertThat(world.worker("near").served).isGreaterThan(180);
  }

  @Test
  void goesOnWithTheOtherWorkerWhenOneIsLost() {
    PoolCore pool = world.pool("device", heard, "a", "b");
    world.run(20 * SECOND);
    List<Long> under = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      under.add(send(pool, SECOND));
    }
    world.run(3 * MILLIS);
    assertThat(world.worker("a").requests).isPositive();
    world.worker("a").goAway();
    world.run(SECOND);
    // Three are in the burst, some more come with the requests themselves.
    assertThat(under.stream().filter(id -> outcome(id) instanceof CloudOutcome.Answered).count())
        .isGreaterThanOrEqualTo(Math.min(8, world.worker("b").requests));
    assertThat(world.worker("b").requests).isGreaterThan(3);
    assertThat(pool.state()).isEqualTo(LinkState.UP);
    assertThat(heard.troubles).isEmpty();
  }

  @Test
  void retriesElsewhereWhatIsRefusedForOverload() {
    world.worker("a").refusing = ErrorCode.OVERLOADED;
    PoolCore pool = world.pool("device", heard, "a", "b");
    world.run(20 * SECOND);
    long[] ids = new long[3];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = send(pool, SECOND);
      world.run(SECOND);
      assertAnswered(ids[i]);
    }
  }

  @Test
  void givesARefusalOnThatNoOtherWorkerWouldTake() {
    world.worker("a").refusing = ErrorCode.OVERLOADED;
    world.worker("b").refusing = ErrorCode.OVERLOADED;
    PoolCore pool = world.pool("device", heard, "a", "b");
    world.run(20 * SECOND);
    long id = send(pool, SECOND);
    world.run(SECOND);
    assertThat(outcome(id)).isInstanceOf(CloudOutcome.Refused.class);
    assertThat(world.worker("a").requests + world.worker("b").requests).isEqualTo(2);
  }

  @Test
  void doesNotRetryWhatTheWorkerFindsWrong() {
    world.worker("a").refusing = ErrorCode.UNKNOWN_MODEL;
    world.worker("b").refusing = ErrorCode.UNKNOWN_MODEL;
    PoolCore pool = world.pool("device", heard, "a", "b");
    world.run(20 * SECOND);
    long id = send(pool, SECOND);
    world.run(SECOND);
    assertThat(outcome(id)).isInstanceOf(CloudOutcome.Refused.class);
    assertThat(world.worker("a").requests + world.worker("b").requests).isEqualTo(1);
  }

  @Test
  void doesNotRetryWhatCouldNotComeInTime() {
    world.worker("a").refusing = ErrorCode.OVERLOADED;
    world.worker("b").refusing = ErrorCode.OVERLOADED;
    PoolCore pool = world.pool("device", heard, "a", "b");
    world.run(20 * SECOND);
    // 2 ms are gone with the first refusal, at least 7 more would be needed.
    long id = send(pool, 5 * MILLIS);
    world.run(SECOND);
    assertThat(outcome(id)).isInstanceOf(CloudOutcome.Refused.class);
    assertThat(world.worker("a").requests + world.worker("b").requests).isEqualTo(1);
  }

  @Test
  void doesNotMakeAStormOfAnOverload() {
    for (String host : List.of("a", "b", "c")) {
      world.worker(host).refusing = ErrorCode.OVERLOADED;
    }
    PoolCore pool = world.pool("device", heard, "a", "b", "c");
    world.run(20 * SECOND);
    stream(pool, 1_000, 5 * MILLIS);
    int sent = List.of("a", "b", "c").stream().mapToInt(h -> world.worker(h).requests).sum();
    // A fifth, the burst of three, and what fifty requests may save up.
    assertThat(sent).isBetween(1_150, 1_213);
  }

  @Test
  void sendsNothingNewToAWorkerThatDrains() {
    PoolCore pool = world.pool("device", heard, "a", "b");
    world.run(20 * SECOND);
    world.worker("a").refusing = ErrorCode.DRAINING;
    stream(pool, 100, 10 * MILLIS);
    assertThat(world.worker("a").misled).isZero();
    assertThat(world.worker("a").requests).isEqualTo(1);
    outcomes.keySet().forEach(this::assertAnswered);
  }

  @Test
  void movesRequestsFromAWorkerThatFallsSilent() {
    PoolCore pool = world.pool("device", heard, "a", "b");
    world.run(20 * SECOND);
    world.worker("a").computeNanos = 300 * MILLIS;
    world.worker("b").computeNanos = 300 * MILLIS;
    send(pool, 2 * SECOND);
    send(pool, 2 * SECOND);
    world.run(10 * MILLIS);
    world.worker("a").fallSilent();
    world.run(2 * SECOND);
    outcomes.keySet().forEach(this::assertAnswered);
    assertThat(pool.state()).isEqualTo(LinkState.UP);
  }

  @Test
  void tellsTroubleOnlyWhenNoWorkerIsLeftAndNamesAll() {
    world.worker("a").away = true;
    world.worker("b").away = true;
    world.pool("device", heard, "a", "b");
    world.run(10 * MILLIS);
    assertThat(heard.troubles).containsExactly(LinkTrouble.REFUSED);
    assertThat(heard.detail).contains("no program listens at a", "no program listens at b");
  }

  @Test
  void isDownWhileItsWorkersAreCalledInVainByTurns() {
    for (String host : List.of("a", "b")) {
      world.worker(host).away = true;
      // A call fails after two seconds: mostly one of them is under way.
      world.worker(host).roundTripNanos = 2 * SECOND;
    }
    PoolCore pool = world.pool("device", heard, "a", "b");
    world.run(3 * SECOND);
    for (int i = 0; i < 100; i++) {
      long id = send(pool, SECOND);
      world.run(SECOND / 10);
      assertThat(outcome(id)).isInstanceOf(CloudOutcome.LinkLost.class);
    }
  }

  @Test
  void passesOnThePingsOfTheWorkerInUse() {
    world.worker("near").roundTripNanos = 4 * MILLIS;
    world.worker("far").roundTripNanos = 90 * MILLIS;
    PoolCore pool = world.pool("device", heard, "near", "far");
    world.run(20 * SECOND);
    heard.roundTrips.clear();
    stream(pool, 100, 20 * MILLIS);
    assertThat(heard.roundTrips).isNotEmpty().allMatch(nanos -> nanos == 4 * MILLIS);
  }

  // --- which and how many connections -----------------------------------------------------------

  @Test
  void connectsToAFewOfManyWorkersAndSpreadsItsClients() {
    String[] hosts = new String[100];
    for (int i = 0; i < hosts.length; i++) {
      hosts[i] = "w" + i;
    }
    for (int client = 0; client < 1_000; client++) {
      world.pool("device-" + client, ClientListener.NONE, hosts);
    }
    world.run(SECOND);
    int most = 0;
    int all = 0;
    for (String host : hosts) {
      all += world.worker(host).links.size();
      most = Math.max(most, world.worker(host).links.size());
    }
    assertThat(all).isEqualTo(3_000);
    // 30 on average; with a standard deviation of 5.5, 30 + 5 deviations.
    assertThat(most).isLessThanOrEqualTo(57);
  }

  @Test
  void takesTheSameWorkersEachTime() {
    String[] hosts = {"a", "b", "c", "d", "e", "f", "g", "h"};
    List<List<String>> used = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      World own = new World();
      own.pool("device", ClientListener.NONE, hosts);
      own.run(SECOND);
      used.add(List.of(hosts).stream().filter(host -> !own.worker(host).links.isEmpty()).toList());
    }
    assertThat(used.get(0)).hasSize(3).isEqualTo(used.get(1));
  }

  @Test
  void replacesALostWorkerAndReturnsToItLater() {
    String[] hosts = {"a", "b", "c", "d", "e"};
    PoolCore pool = world.pool("device", heard, options -> options.withConnections(2), hosts);
    world.run(20 * SECOND);
    List<String> first = connected(hosts);
    assertThat(first).hasSize(2);
    world.worker(first.get(0)).goAway();
    world.run(3 * SECOND);
    assertThat(connected(hosts)).hasSize(2).contains(first.get(1));
    world.worker(first.get(0)).comeBack();
    world.run(60 * SECOND);
    assertThat(connected(hosts)).isEqualTo(first);
    assertThat(pool.state()).isEqualTo(LinkState.UP);
  }

  private List<String> connected(String... hosts) {
    return List.of(hosts).stream().filter(host -> !world.worker(host).links.isEmpty()).toList();
  }

  // --- names ------------------------------------------------------------------------------------

  @Test
  void usesEveryAddressOfANameAndFollowsIt() {
    world.names.put("workers", List.of("10.0.0.1", "10.0.0.2"));
    PoolCore pool = world.pool("device", heard, "dns:workers");
    world.run(SECOND);
    assertThat(connected("10.0.0.1", "10.0.0.2", "10.0.0.3")).hasSize(2);
    world.names.put("workers", List.of("10.0.0.2", "10.0.0.3"));
    world.run(60 * SECOND);
    assertThat(connected("10.0.0.1", "10.0.0.2", "10.0.0.3"))
        .containsExactly("10.0.0.2", "10.0.0.3");
    assertThat(pool.workers()).hasSize(2);
  }

  @Test
  void keepsItsWorkersWhileTheNameServerIsAway() {
    world.names.put("workers", List.of("10.0.0.1"));
    PoolCore pool = world.pool("device", heard, "dns:workers");
    world.run(SECOND);
    world.names.clear();
    world.run(120 * SECOND);
    assertThat(world.lookups).isGreaterThan(2);
    long id = send(pool, SECOND);
    world.run(SECOND);
    assertAnswered(id);
  }

  @Test
  void saysThatANameLeadsNowhereAndTriesAgain() {
    PoolCore pool = world.pool("device", heard, "dns:nowhere");
    long id = send(pool, SECOND);
    world.run(SECOND);
    assertThat(heard.troubles).containsExactly(LinkTrouble.UNKNOWN_HOST);
    assertThat(outcome(id)).isEqualTo(new CloudOutcome.LinkLost("no host is called 'nowhere'"));
    world.names.put("nowhere", List.of("10.0.0.1"));
    world.run(10 * SECOND);
    assertThat(pool.state()).isEqualTo(LinkState.UP);
  }

  @Test
  void looksANameUpAgainWhenAllItsWorkersAreGone() {
    world.names.put("workers", List.of("10.0.0.1"));
    PoolCore pool = world.pool("device", heard, "dns:workers");
    world.run(10 * SECOND);
    world.worker("10.0.0.1").goAway();
    world.names.put("workers", List.of("10.0.0.2"));
    world.run(SECOND);
    assertThat(pool.state()).isEqualTo(LinkState.UP);
    assertThat(connected("10.0.0.1", "10.0.0.2")).containsExactly("10.0.0.2");
  }

  // --- many pools -------------------------------------------------------------------------------

  private static int mostIn(List<Long> timesNanos, long windowNanos, long fromNanos) {
    List<Long> times = timesNanos.stream().filter(at -> at >= fromNanos).sorted().toList();
    int most = 0;
    int first = 0;
    for (int last = 0; last < times.size(); last++) {
      while (times.get(last) - times.get(first) > windowNanos) {
        first++;
      }
      most = Math.max(most, last - first + 1);
    }
    return most;
  }

  @ParameterizedTest
  @ValueSource(strings = {"alone", "with others"})
  void comesBackToAReturningWorkerSpreadOverTime(String company) {
    String[] hosts = company.equals("alone") ? new String[] {"a"} : new String[] {"a", "b", "c"};
    int devices = 1_000;
    world.pingEveryNanos = 30 * SECOND;
    for (int i = 0; i < devices; i++) {
      world.pool("device-" + i, ClientListener.NONE, hosts);
    }
    world.run(20 * SECOND);
    World.Worker worker = world.worker("a");
    assertThat(worker.links).hasSize(devices);
    worker.goAway();
    world.run(60 * SECOND);
    long returned = world.nanoTime();
    worker.comeBack();
    world.run(30 * SECOND);
    assertThat(worker.links).hasSize(devices);
    // A device whose waits are uniform in [0, 10 s] calls 0.2 times a second on average: 200 calls
    // a
    // second, with a standard deviation of 14; the window may lie where most are.
    assertThat(mostIn(worker.callsNanos, SECOND, returned)).isLessThan(280);
    assertThat(mostIn(worker.callsNanos, SECOND / 10, returned)).isLessThan(60);
  }

  @Test
  void doesNotMoveAllRequestsToAReturningWorkerAtOnce() {
    List<PoolCore> pools = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      pools.add(world.pool("device-" + i, ClientListener.NONE, "a", "b"));
    }
    world.worker("a").computeNanos = MILLIS;
    world.worker("b").computeNanos = MILLIS;
    world.run(20 * SECOND);
    world.worker("a").goAway();
    world.run(20 * SECOND);
    world.worker("a").comeBack();
    World.Worker a = world.worker("a");
    int[] perSecond = new int[40];
    for (int second = 0; second < perSecond.length; second++) {
      int before = a.requests;
      for (int turn = 0; turn < 2; turn++) {
        for (PoolCore pool : pools) {
          send(pool, SECOND);
          world.run(5 * MILLIS);
        }
      }
      perSecond[second] = a.requests - before;
    }
    assertThat(perSecond[0]).as("of 200 in the first second").isLessThan(20);
    assertThat(perSecond[2]).as("in the third").isLessThan(60);
    assertThat(perSecond[39]).as("in the end").isGreaterThan(70);
  }

  // --- whatever happens -------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void givesExactlyOneOutcomeWhateverHappens(long seed) {
    Random random = new Random(seed);
    String[] hosts = {"a", "b", "c", "d"};
    List<String> names = new ArrayList<>(List.of(hosts).subList(0, 1 + random.nextInt(4)));
    if (random.nextBoolean()) {
      names.add("dns:more");
      world.names.put("more", List.of("e", "f"));
    }
    PoolCore pool = world.pool("device-" + seed, heard, names.toArray(String[]::new));
    List<String> all = List.of("a", "b", "c", "d", "e", "f");
    for (int step = 0; step < 5_000; step++) {
      World.Worker worker = world.worker(all.get(random.nextInt(all.size())));
      switch (random.nextInt(40)) {
        case 0 -> worker.goAway();
        case 1, 2 -> worker.comeBack();
        case 3 -> worker.fallSilent();
        case 4, 5 -> worker.speakAgain();
        case 6 -> worker.refusing = ErrorCode.OVERLOADED;
        case 7 -> worker.refusing = ErrorCode.DRAINING;
        case 8 -> worker.refusing = ErrorCode.INTERNAL;
        case 9, 10, 11 -> worker.refusing = null;
        case 12 -> pool.cancel(1 + random.nextInt((int) nextId));
        case 13 -> world.names.put("more", all.subList(4, 4 + random.nextInt(3)));
        case 14 -> worker.computeNanos = (1 + random.nextInt(200)) * MILLIS;
        default -> send(pool, random.nextInt(4) == 0 ? 0 : (1 + random.nextInt(300)) * MILLIS);
      }
      world.run(random.nextInt(20) * MILLIS);
    }
    pool.close();
    world.run(SECOND);
    outcomes.forEach((id, got) -> assertThat(got).as("seed %d, request %d", seed, id).hasSize(1));
    int requests = 0;
    for (String host : all) {
      assertThat(world.worker(host).misled).as("seed %d, worker %s", seed, host).isZero();
      assertThat(world.worker(host).links).as("closed").isEmpty();
      requests += world.worker(host).requests;
    }
    int retries = requests - outcomes.size();
    assertThat(retries).as("seed %d", seed).isLessThanOrEqualTo((int) (0.2 * outcomes.size()) + 3);
  }
}
