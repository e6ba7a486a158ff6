package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.Goodbye;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.Refusal;
import java.net.ConnectException;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A client of a host with two addresses, of which the first takes no connection to begin with. */
class HostAddressesTest {
  private static final long SECOND = 1_000_000_000L;

  private final Map<InetAddress, ConnectException> refusing = new HashMap<>();
  private InetAddress first;
  private InetAddress second;
  private SimulatedLink client;

  @BeforeEach
  void connect() throws Exception {
    first = InetAddress.getByName("192.0.2.1");
    second = InetAddress.getByName("192.0.2.2");
    refusing.put(first, new ConnectException("Connection refused"));
    client = open();
  }

  private SimulatedLink open() {
    return new SimulatedLink(
        ClientOptions.to("worker.example", 7411, LoopbackTest.DIGEST, "test")
            .withPings(SECOND, 60 * SECOND, 600 * SECOND),
        name -> List.of(first, second),
        refusing);
  }

  @AfterEach
  void close() {
    client.close();
  }

  private InetAddress dialledNext() {
    int before = client.dialled.size();
    // More than any wait between attempts.
    client.pass(2 * SECOND);
    return client.dialled.get(before);
  }

  @Test
  void triesTheSecondWhereTheFirstTakesNoConnection() {
    assertThat(client.dialled).containsExactly(first, second);
    assertThat(client.lines).hasSize(1);
    assertThat(client.events.troubles).isEmpty();
  }

  @Test
  void beginsWithTheOneThatWelcomedIt() {
    client.lastLine().welcome(Limits.DEFAULT);
    refusing.clear();
    client.lastLine().channel.close();
    client.settle();
    assertThat(dialledNext()).isEqualTo(second);
  }

  @Test
  void beginsAnewWhereTheOneThatWelcomedItDrains() {
    client.lastLine().welcome(Limits.DEFAULT);
    refusing.clear();
    client.lastLine().say(new Goodbye("update", 0, 60 * SECOND));
    assertThat(dialledNext()).isEqualTo(first);
  }

  @Test
  void beginsAnewWhereWhatListensWantsNoneOfIt() {
    refusing.clear();
    client.lastLine().say(new Refusal(0, ErrorCode.UNKNOWN_MODEL, "another model", 0));
    assertThat(dialledNext()).isEqualTo(first);
  }

  @Test
  void tellsWhyTheFirstFailedWhereAllDo() {
    client.close();
    refusing.put(second, new ConnectException("Network is unreachable"));
    client = open();
    assertThat(client.dialled).containsExactly(first, second);
    assertThat(client.events.troubles).containsExactly(LinkTrouble.REFUSED);
  }
}
