package dev.sluice.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sim.link.Buffer;
import dev.sluice.sim.link.EmulatedLink;
import dev.sluice.sim.link.EmulatedLink.Start;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.link.Loss;
import dev.sluice.sim.trace.LinkTrace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinkCommandsTest {
  @Test
  void setsWhatHappensToPacketsEachWay() throws IOException {
    InetAddress here = InetAddress.getLoopbackAddress();
    try (EmulatedLink link =
        EmulatedLink.open(
            new InetSocketAddress(here, 0),
            new InetSocketAddress(here, 9),
            LinkTrace.constant(1e6, 1e6, Duration.ZERO),
            LinkOptions.DEFAULT,
            Start.NOW)) {
      LinkCommands.parse("loss 1%x4/0").obey(link);
      LinkCommands.parse("jitter 5ms/0.001s").obey(link);
      LinkCommands.parse(" buffer  256kb/500ms ").obey(link);
      LinkCommands.parse("handshake 2s").obey(link);
      LinkCommands.parse("rate 2mbit/250kbit").obey(link);
      LinkCommands.parse("reset 1").obey(link);

      LinkOptions options = link.options();
      assertThat(options.uplink().loss()).isEqualTo(Loss.bursty(0.01, 4));
      assertThat(options.downlink().loss()).isEqualTo(Loss.random(0));
      assertThat(options.uplink().jitterNanos()).isEqualTo(5_000_000);
      assertThat(options.downlink().jitterNanos()).isEqualTo(1_000_000);
      assertThat(options.uplink().buffer()).isEqualTo(new Buffer.OfBytes(256_000));
      assertThat(options.downlink().buffer()).isEqualTo(new Buffer.OfTime(500_000_000));
      assertThat(options.tcp().handshakeDelayNanos()).isEqualTo(2_000_000_000L);
      assertThatThrownBy(() -> LinkCommands.parse("vanish 2").obey(link))
          .hasMessageContaining("no worker 2");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          frobnicate        | 'frobnicate' is no command; commands are rate,
          rate              | rate takes a rate such as 2mbit
          rate 1 2          | rate takes a rate such as 2mbit or 2mbit/8mbit, or trace, found [1, 2]
          rate fast         | rate: 'fast' is no rate of at least 0
          rate -1           | rate: '-1' is no rate of at least 0
          round-trip 61s    | round-trip: '61s' is no time from 0 to 60 s
          outage maybe      | outage is on, off or trace, not 'maybe'
          loss 60%          | loss: '60%' is no loss from 0 to 50 %
          loss 1%x0         | loss: '1%x0' is no loss from 0 to 50 %
          buffer 1kb        | buffer: '1kb' is no buffer from 3kb
          buffer 5          | buffer: '5' is no buffer
          reset 0           | reset takes a worker's number, counted from 1
          vanish all        | vanish takes a worker's number, counted from 1
          """)
  void saysWhatToWriteInstead(String line, String message) {
    assertThatThrownBy(() -> LinkCommands.parse(line))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void readsAScriptInTheOrderOfItsTimes(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("script");
    Files.writeString(file, "# a tunnel\n12.5 outage off\n\n10 outage on # now\n");

    assertThat(new LinkScript(LinkScript.read(file)).events())
        .extracting(LinkScript.Event::positionNanos, event -> event.text().strip())
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(10_000_000_000L, "outage on"),
            org.assertj.core.groups.Tuple.tuple(12_500_000_000L, "outage off"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          5                 | line 2: expected 'SECONDS COMMAND' such as '30 outage on', found '5'
          soon outage on    | line 2: expected 'SECONDS COMMAND'
          -1 outage on      | line 2: expected 'SECONDS COMMAND'
          5 outage          | line 2: outage takes on, off or trace
          """)
  void namesTheLineOfABadScript(String line, String message, @TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("script");
    Files.writeString(file, "1 outage on\n" + line + "\n");
    assertThatThrownBy(() -> LinkScript.read(file)).hasMessageContaining(message);
  }
}
