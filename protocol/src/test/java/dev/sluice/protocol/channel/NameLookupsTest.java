package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Look-ups whose end the test decides, and what a link makes of them. */
class NameLookupsTest {
  private static final long SECOND = 1_000_000_000L;

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final Queue<Runnable> elsewhere = new ArrayDeque<>();
  private final List<String> asked = new ArrayList<>();
  private final List<List<InetAddress>> told = new ArrayList<>();
  private final InetAddress somewhere = InetAddress.getLoopbackAddress();
  private final NameLookups names =
      new NameLookups(
          name -> {
            asked.add(name);
            return List.of(somewhere);
          },
          channel.eventLoop(),
          elsewhere::add);

  NameLookupsTest() {
    channel.freezeTime();
  }

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  private void pass(long nanos) {
    channel.advanceTimeBy(nanos, TimeUnit.NANOSECONDS);
    channel.runPendingTasks();
  }

  private void lookUp(String name, long patienceNanos) {
    names.lookUp(name, patienceNanos, told::add);
  }

  @Test
  void asksElsewhereAndTellsOnTheLoop() {
    lookUp("worker.example", SECOND);
    assertThat(asked).isEmpty();
    elsewhere.remove().run();
    assertThat(asked).containsExactly("worker.example");
    assertThat(told).isEmpty();
    pass(0);
    assertThat(told).containsExactly(List.of(somewhere));
    pass(2 * SECOND);
    assertThat(told).hasSize(1);
  }

  @Test
  void readsAddressesWithoutAskingAnybody() throws Exception {
    lookUp("192.0.2.7", SECOND);
    lookUp("2001:db8::7", SECOND);
    pass(0);
    assertThat(elsewhere).isEmpty();
    assertThat(told)
        .containsExactly(
            List.of(InetAddress.getByName("192.0.2.7")),
            List.of(InetAddress.getByName("2001:db8::7")));
  }

  @Test
  void asksOnceForAllWhoWaitAndOnlyThoseStillWaitHear() {
    lookUp("worker.example", SECOND);
    pass(SECOND);
    assertThat(told).containsExactly(List.of());
    lookUp("worker.example", SECOND);
    lookUp("worker.example", SECOND);
    assertThat(elsewhere).hasSize(1);
    elsewhere.remove().run();
    pass(0);
    assertThat(told).containsExactly(List.of(), List.of(somewhere), List.of(somewhere));
    lookUp("worker.example", SECOND);
    assertThat(elsewhere).as("asked anew").hasSize(1);
  }

  @Test
  void tellsNothingWhereNobodyCanAsk() {
    NameLookups full =
        new NameLookups(
            name -> List.of(somewhere),
            channel.eventLoop(),
            task -> {
              throw new RejectedExecutionException("full");
            });
    full.lookUp("worker.example", SECOND, told::add);
    pass(0);
    assertThat(told).containsExactly(List.of());
  }

  @Test
  void aLinkTakesANameThatLeadsNowhereAsAFailedAttempt() {
    List<Long> askedNanos = new ArrayList<>();
    List<SimulatedLink> self = new ArrayList<>();
    AddressResolver nowhere =
        name -> {
          askedNanos.add(self.isEmpty() ? 0 : self.get(0).nanoTime());
          throw new UnknownHostException(name);
        };
    try (SimulatedLink client =
        new SimulatedLink(ClientOptions.to("worker.example", 7411, "", "test"), nowhere)) {
      self.add(client);
      assertThat(client.link.state()).isEqualTo(LinkState.DOWN);
      assertThat(client.events.troubles).containsOnly(LinkTrouble.UNKNOWN_HOST);
      assertThat(client.events.details.get(LinkState.DOWN)).contains("worker.example");
      client.pass(60 * SECOND);
      assertThat(client.lines).isEmpty();
      // One a second, but for the first ones; half as many or twice as many by chance.
      assertThat(askedNanos).hasSizeBetween(35, 130);
    }
  }

  @Test
  void aLinkGoesOnWhereTheNameLeads() {
    List<String> looked = new ArrayList<>();
    AddressResolver resolver =
        name -> {
          looked.add(name);
          return List.of(somewhere);
        };
    try (SimulatedLink client =
        new SimulatedLink(ClientOptions.to("worker.example", 7411, "", "test"), resolver)) {
      assertThat(looked).containsExactly("worker.example");
      assertThat(client.lines).hasSize(1);
    }
  }
}
