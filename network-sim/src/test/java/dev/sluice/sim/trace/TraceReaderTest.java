package dev.sluice.sim.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.sim.trace.LinkTrace.Step;
import dev.sluice.sim.trace.TraceReader.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceReaderTest {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1_000 * MS;
  private static final Settings HALF_DOWN = new Settings(Duration.ofMillis(30), 0.5, false);

  @Test
  void readsFullLinkSteps() throws IOException {
    LinkTrace trace =
        parse(
            """
            # Wi-Fi, then a tunnel
            0    20  40  10
            1.5  outage      # in the tunnel
            3    6   12  50.5

            4    end
            """);

    assertThat(trace)
        .isEqualTo(
            LinkTrace.of(
                List.of(
                    new Step(0, 2_500_000, 5_000_000, 10 * MS, false),
                    new Step(1_500 * MS, 2_500_000, 5_000_000, 10 * MS, true),
                    new Step(3 * SECOND, 750_000, 1_500_000, 50_500_000, false)),
                4 * SECOND,
                false));
  }

  @Test
  void readsAnOutageThatComesFirst() throws IOException {
    LinkTrace trace = parse("0 outage\n1 8 8 10\n");

    assertThat(trace.stepAt(0).outage()).isTrue();
    assertThat(trace.stepAt(SECOND).uplinkBytesPerSecond()).isEqualTo(1_000_000);
    assertThat(trace.durationNanos()).isEqualTo(2 * SECOND);
  }

  @Test
  void readsAThroughputLogThatBeginsLate() throws IOException {
    LinkTrace trace = TraceReader.parse("log", "0.32\t4\n0.82 2\r\n", HALF_DOWN);

    assertThat(trace)
        .isEqualTo(
            LinkTrace.of(
                List.of(
                    new Step(0, 500_000, 250_000, 30 * MS, false),
                    new Step(500 * MS, 250_000, 125_000, 30 * MS, false)),
                SECOND,
                false));
  }

  @Test
  void countsPacketSlotsIntoBinsAndLoops() throws IOException {
    LinkTrace trace = TraceReader.parse("slots", "0\n0\n99\n250\n", HALF_DOWN);

    // 3 packets in the first 100 ms, none in the second, 1 in the last 50 ms.
    assertThat(trace.steps())
        .containsExactly(
            new Step(0, 45_000, 22_500, 30 * MS, false),
            new Step(100 * MS, 0, 0, 30 * MS, false),
            new Step(200 * MS, 30_000, 15_000, 30 * MS, false));
    assertThat(trace.durationNanos()).isEqualTo(250 * MS);
    assertThat(trace.looping()).isTrue();
    assertThat(trace.meanUplinkBytesPerSecond()).isCloseTo(4 * 1500 / 0.25, within(1e-6));
  }

  @Test
  void readsColumnsByTheirTitles() throws IOException {
    LinkTrace trace =
        TraceReader.parse(
            "csv",
            "# by a logger\nuplink_mbit, outage ,start_s\n8,0,10\n\n4,1,11.5\n2,0,12\n",
            HALF_DOWN);

    assertThat(trace)
        .isEqualTo(
            LinkTrace.of(
                List.of(
                    new Step(0, 1_000_000, 500_000, 30 * MS, false),
                    new Step(1_500 * MS, 500_000, 250_000, 30 * MS, true),
                    new Step(2 * SECOND, 250_000, 125_000, 30 * MS, false)),
                2_500 * MS,
                false));
  }

  @Test
  void keepsASlotOnTheVeryEndOfTheTrace() throws IOException {
    LinkTrace trace = TraceReader.parse("slots", "50\n150\n200\n", HALF_DOWN);

    assertThat(trace.meanUplinkBytesPerSecond()).isCloseTo(3 * 1500 / 0.2, within(1e-6));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                       | t: the trace is empty
          '# nothing'              | t: the trace is empty
          0 1\\n1 x                | t line 2: rate is not a number: 'x'
          0 1\\n1 -2               | t line 2: rate is not in [0, 1000000.0]: '-2'
          0 1\\n1 NaN              | t line 2: rate is not in [0, 1000000.0]: 'NaN'
          0 1\\n1 Infinity         | t line 2: rate is not in [0, 1000000.0]: 'Infinity'
          0 1\\n\\n0 2             | t line 3: time must increase: '0' does not
          5 1\\n4 2                | t line 2: time must increase: '4' does not
          0 1\\n1 2 3              | t line 2: expected 'seconds mbit', found 3 fields
          0 0\\n1 0                | t: the uplink rate is zero all the time
          0 1 0 5                  | t: the downlink rate is zero all the time
          1 1 1 5                  | t line 1: the first step must start at 0 seconds
          0 1 1 -5                 | t line 1: round trip is not in [0, 60000.0]: '-5'
          0 1 1 5\\n1 end\\n2 end  | t line 3: nothing may follow the end
          0 outage                 | t: the uplink rate is zero all the time
          0\\n0                    | t: all slots are at millisecond 0, so there is no rate
          5\\n3                    | t line 2: time goes back from 5 to 3 ms
          5\\n6.5                  | t line 2: expected a whole millisecond, found '6.5'
          5\\n6 7                  | t line 2: expected one whole millisecond, found 2 fields
          9e18                     | t line 1: millisecond is not in [0, 1.0E9]: '9e18'
          0 1d                     | t line 1: rate is not a number: '1d'
          0 0x1p3                  | t line 1: rate is not a number: '0x1p3'
          x y z                    | t line 1: time is not a number: 'x'
          start_s,uplink_mbit      | t: the trace is empty: there are titles
          start_s,speed\\n0,1      | t line 1: 'speed' is no title, or twice; titles are [start_s,
          start_s,start_s\\n0,1    | t line 1: 'start_s' is no title, or twice
          uplink_mbit\\n1          | t line 1: the column start_s is missing
          start_s\\n1              | t line 1: the column uplink_mbit is missing
          start_s,uplink_mbit\\n0  | t line 2: expected 2 fields as in the titles, found 1
          start_s,uplink_mbit\\n0, | t line 2: uplink_mbit is not a number: ''
          start_s,uplink_mbit\\n0,1\\n0,2 | t line 3: time must increase: '0' does not
          start_s,uplink_mbit\\n0,0 | t: the uplink rate is zero all the time
          start_s,end_s,uplink_mbit\\n5,5,1 | t line 2: the line ends before it starts
          start_s,end_s,uplink_mbit\\n0,1,1\\n2,3,1 | t line 3: the line must start where the line before it ends
          start_s,end_s,uplink_mbit\\n0,3,1\\n2,4,1 | t line 3: the line must start where the line before it ends
          uplink_mbit,start_s\\n8,1\\n9,1 | t line 3: time must increase: '1' does not
          start_s,uplink_mbit,outage\\n0,1,0.3 | t line 2: outage must be 0 or 1: 0.3
          start_s,uplink_mbit,outage\\n0,1,2 | t line 2: outage is not in [0, 1.0]: '2'
          """)
  void saysWhatIsWrongAndWhere(String text, String message) {
    assertThatThrownBy(() -> TraceReader.parse("t", text.replace("\\n", "\n"), Settings.DEFAULT))
        .isInstanceOf(TraceFormatException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void namesTheFileThatIsMissingOrADirectory(@TempDir Path folder) {
    assertThatThrownBy(() -> TraceReader.read(folder.resolve("none"), Settings.DEFAULT))
        .isInstanceOf(TraceFormatException.class)
        .hasMessageEndingWith("none: no such trace file; name one that exists");
    assertThatThrownBy(() -> TraceReader.read(folder, Settings.DEFAULT))
        .isInstanceOf(TraceFormatException.class)
        .hasMessageContaining("is a directory");
  }

  @Test
  void refusesABinaryFileByItsFirstLine(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("binary");
    Files.write(file, new byte[] {(byte) 0xff, 0, 7, (byte) 0x80, 10, 1});
    assertThatThrownBy(() -> TraceReader.read(file, Settings.DEFAULT))
        .isInstanceOf(TraceFormatException.class)
        .hasMessageContaining("line 1");
  }

  @Test
  void readsRecordedTraces() throws IOException {
    String shared = System.getProperty("sluice.shared", "");
    Path traces = Path.of(shared, "traces");
    assumeTrue(!shared.isEmpty() && Files.isDirectory(traces), "no recorded traces at " + traces);

    for (String kind : List.of("hsdpa", "oboe")) {
      try (Stream<Path> files = Files.list(traces.resolve(kind))) {
        for (Path file : files.sorted().toList()) {
          LinkTrace trace = TraceReader.read(file, Settings.DEFAULT);
          assertThat(trace.meanUplinkBytesPerSecond() / 125_000)
              .as(file.toString())
              .isBetween(0.5, 6.0);
          assertThat(trace.durationNanos() / SECOND).as(file.toString()).isBetween(130L, 330L);
        }
      }
    }
    LinkTrace slots =
        TraceReader.read(traces.resolve("mahimahi/TMobile-LTE-short.up"), Settings.DEFAULT);
    // Its mean and length as its collection's own table has them.
    assertThat(slots.meanUplinkBytesPerSecond() / 125_000).isCloseTo(13.32, within(0.01));
    assertThat(slots.durationNanos() / 1e9).isCloseTo(140, within(0.5));
  }

  private static LinkTrace parse(String text) throws TraceFormatException {
    return TraceReader.parse("t", text, Settings.DEFAULT);
  }
}
