package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class UngreetedTest {
  private static String at(String address) throws IOException {
    return Ungreeted.addressOf(new InetSocketAddress(InetAddress.getByName(address), 40_000));
  }

  @Test
  void leavesPlacesToOthersHoweverManyOneAddressTakes() {
    Ungreeted places = new Ungreeted();
    for (int i = 0; i < Ungreeted.MAX_PER_ADDRESS; i++) {
      assertThat(places.enter("greedy")).isTrue();
    }
    assertThat(places.enter("greedy")).isFalse();
    assertThat(places.enter("other")).isTrue();
    places.leave("greedy");
    assertThat(places.enter("greedy")).isTrue();
  }

  @Test
  void hasNoMorePlacesThanItSaysForAllTogether() {
    Ungreeted places = new Ungreeted();
    for (int i = 0; i < Ungreeted.MAX_IN_ALL; i++) {
      assertThat(places.enter("peer " + i)).isTrue();
    }
    assertThat(places.enter("late")).isFalse();
    places.leave("peer 7");
    assertThat(places.enter("late")).isTrue();
  }

  @Test
  void forgetsAddressesThatTakeNoPlace() {
    Ungreeted places = new Ungreeted();
    for (int i = 0; i < 1_000; i++) {
      places.enter("peer " + i);
      places.enter("peer " + i);
      places.leave("peer " + i);
      places.leave("peer " + i);
    }
    assertThat(places.addresses()).isZero();
  }

  @Test
  void countsANetworkOfOneHostAsOne() throws Exception {
    assertThat(at("2001:db8:1:2::3")).isEqualTo(at("2001:db8:1:2:ffff::4"));
    assertThat(at("2001:db8:1:2::3")).isNotEqualTo(at("2001:db8:1:3::3"));
    assertThat(at("192.0.2.1")).isNotEqualTo(at("192.0.2.2"));
    assertThat(at("::ffff:192.0.2.1")).isEqualTo(at("192.0.2.1"));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  @Timeout(30)
  void welcomesADeviceWhileAnotherAddressHoldsAllItsPlaces() throws Exception {
    List<Socket> greedy = new ArrayList<>();
    LoopbackTest.Events events = new LoopbackTest.Events();
    ServerOptions patient =
        ServerOptions.on("127.0.0.1", 0, "worker").withTimeouts(20_000_000_000L, 20_000_000_000L);
    try (WorkerServer server = WorkerServer.bind(patient, new LoopbackTest.Inbox())) {
      for (int i = 0; i < Ungreeted.MAX_IN_ALL; i++) {
        greedy.add(connect("127.0.0.2", server.port()));
      }
      // They are accepted in this order, so when the last one is closed all were looked at.
      assertThat(greedy.get(greedy.size() - 1).getInputStream().read()).isEqualTo(-1);
      try (WorkerClient client =
          WorkerClient.connect(LoopbackTest.options(server.port()), events)) {
        events.await(LinkState.UP);
        assertThat(client.state()).isEqualTo(LinkState.UP);
        assertThat(server.connections()).isOne();
      }
    } finally {
      for (Socket socket : greedy) {
        socket.close();
      }
    }
  }

  /** Connects from an address of the loopback network, all of which Linux has. */
  private static Socket connect(String from, int port) throws IOException {
    Socket socket = new Socket();
    socket.bind(new InetSocketAddress(from, 0));
    socket.connect(new InetSocketAddress("127.0.0.1", port), 10_000);
    socket.setSoTimeout(10_000);
    return socket;
  }
}
