package dev.sluice.experiments.study.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The arithmetic between what sockets show and what the study of links claims. */
class LinkFiguresTest {
  private static final double TOLERANCE = 1e-9;

  // --- rate -------------------------------------------------------------------------------------

  @Test
  void moreThanTheSetRateIsAPositiveErrorAndLessANegativeOne() {
    assertThat(RateFigures.errorPercent(200, 203)).isCloseTo(1.5, within(TOLERANCE));
    assertThat(RateFigures.errorPercent(0.064, 0.06272)).isCloseTo(-2, within(TOLERANCE));
  }

  @Test
  void coresAreProcessorTimeOverElapsedTimeWhereTheSystemTellsIt() {
    Optional<Duration> began = Optional.of(Duration.ofMillis(300));
    Optional<Duration> now = Optional.of(Duration.ofMillis(1800));

    assertThat(RateFigures.cores(began, now, 10e9)).isCloseTo(0.15, within(TOLERANCE));
    assertThat(RateFigures.cores(Optional.empty(), now, 10e9)).isNaN();
    assertThat(RateFigures.cores(began, Optional.empty(), 10e9)).isNaN();
  }

  // --- delay ------------------------------------------------------------------------------------

  @Test
  void aMessageIsWantedHalfARoundTripAndItsBytesLater() {
    /* Half of 50 ms; 800 bits at 64 kbit/s are 12.5 ms, 112,000 at 6 Mbit/s 18 2/3. */
    assertThat(DelayFigures.wantedNanos(100, 0.064)).isCloseTo(37.5e6, within(1e-3));
    assertThat(DelayFigures.wantedNanos(14_000, 6)).isCloseTo(25e6 + 56e6 / 3, within(1e-3));
  }

  @Test
  void aPercentileIsTheLeastValueThatAShareDoesNotExceed() {
    double[] hundred = IntStream.rangeClosed(1, 100).asDoubleStream().toArray();

    assertThat(DelayFigures.percentile(hundred, 0.5)).isEqualTo(50);
    assertThat(DelayFigures.percentile(hundred, 0.99)).isEqualTo(99);
    assertThat(DelayFigures.percentile(new double[] {1, 2, 3}, 0.5)).isEqualTo(2);
    assertThat(DelayFigures.percentile(new double[] {7}, 0.99)).isEqualTo(7);
  }

  @Test
  void messagesThatComeAtOnceAreTooEarlyByWhatWasWanted() throws Exception {
    try (Ends ends = loopback()) {
      double[] errors = ends.delayErrorsMillis(5, 2, 64, 1_000_000, 60_000e6);

      /* A minute was wanted; whatever the machine adds, it is nothing like half of that. */
      assertThat(errors).hasSize(5);
      assertThat(Arrays.stream(errors)).allMatch(error -> error >= -60_000 && error < -30_000);
    }
  }

  // --- netem ------------------------------------------------------------------------------------

  @Test
  void whatTheProbePrintsIsReadBackAmongOtherLines() throws IOException {
    NetemProbe.Path measured = new NetemProbe.Path(5.731, 50.25);

    assertThat(NetemProbe.Path.in(measured.line())).isEqualTo(measured);
    assertThat(
            NetemProbe.Path.in(
                "OpenJDK 64-Bit Server VM warning: measured by nobody\n"
                    + measured.line()
                    + "\nbye\n"))
        .isEqualTo(measured);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "RTNETLINK answers: No such file or directory",
        "measured 5.7",
        "measured 5.7 50.1 3",
        "measured fast 50.1",
        "measured NaN 50.1",
        "measured 0 50.1",
        "measured 5.7 -1",
        "unmeasured 5.7 50.1"
      })
  void anythingElseIsNoMeasurement(String output) {
    assertThatThrownBy(() -> NetemProbe.Path.in(output))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the probe behind tc netem")
        .hasMessageContaining(output);
  }

  @Test
  void theTwoLinksAreApartByAShareOfTheKernels() {
    assertThat(NetemFigures.apartPercent(5.7, 6)).isCloseTo(5, within(TOLERANCE));
    assertThat(NetemFigures.apartPercent(6.3, 6)).isCloseTo(5, within(TOLERANCE));
    assertThat(NetemFigures.apartPercent(6, 6)).isZero();
  }

  @Test
  void theProbeMeasuresBetweenTwoSockets() throws Exception {
    NetemProbe.Path path = NetemProbe.measure(LinkFiguresTest::loopback, 0.1);

    /* A loopback that did less than a megabit, or took a second, would be no loopback. */
    assertThat(path.megabits()).isGreaterThan(1);
    assertThat(path.roundTripMillis()).isLessThan(1000);
  }

  private static Ends loopback() throws IOException {
    InetAddress here = InetAddress.getLoopbackAddress();
    try (ServerSocket server = new ServerSocket(0, 1, here)) {
      long opened = System.nanoTime();
      Socket client = new Socket(here, server.getLocalPort());
      return new Ends(client, server.accept(), opened);
    }
  }

  // --- replay -----------------------------------------------------------------------------------

  @Test
  void aTracesLinesArePacketsBySecondAndThePartOfALastSecondIsLeftOut(@TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("trace.up");
    Files.writeString(file, "# a remark\n0\n0\n999\n\n1000\n 1500 \n2400\n");

    /* The last second has only begun: nobody knows what would still come. */
    assertThat(ReplayFigures.slotBytes(file)).containsExactly(3 * 1500, 2 * 1500);
  }

  @Test
  void aTracesLineThatIsNoTimeIsRefused(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("trace.up"), "0\n12 ms\n2000\n");

    assertThatThrownBy(() -> ReplayFigures.slotBytes(file))
        .isInstanceOf(NumberFormatException.class);
  }

  @Test
  void errorsAreOfEachSecondBehindTheFirstTwoAndOfAllOfThem() {
    /* The trace has three seconds and begins again; what is off in the first two does not count. */
    long[] slots = {30_000, 15_000, 45_000};
    long[] got = {0, 99_000, 44_100, 30_000, 15_600};

    ReplayFigures.Errors errors = ReplayFigures.Errors.of(slots, got);

    /* 900 short of 45,000, then nothing of 30,000, then 600 too many of 15,000. */
    assertThat(errors.worstPercent()).isCloseTo(4, within(TOLERANCE));
    assertThat(errors.worstOfMeanPercent()).isCloseTo(3, within(TOLERANCE));
    assertThat(errors.wholePercent()).isCloseTo(-100.0 * 300 / 90_000, within(TOLERANCE));
  }

  @Test
  void aSecondWithoutPacketsIsJudgedByOnePacket() {
    long[] slots = {3_000, 3_000, 0};
    long[] got = {3_000, 3_000, 150, 3_000};

    assertThat(ReplayFigures.Errors.of(slots, got).worstPercent()).isCloseTo(10, within(TOLERANCE));
  }

  @Test
  void aTraceThatIsMetHasNoError() {
    long[] slots = {1_500, 3_000, 4_500, 6_000};

    assertThat(ReplayFigures.Errors.of(slots, slots.clone()))
        .isEqualTo(new ReplayFigures.Errors(0, 0, 0));
  }
}
