package dev.sluice.sim;

import dev.sluice.sim.Amounts.Both;
import dev.sluice.sim.link.Buffer;
import dev.sluice.sim.link.Direction;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.link.Loss;
import dev.sluice.sim.trace.LinkTrace;
import dev.sluice.sim.trace.TraceReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say how a link is. */
final class LinkShape {
  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  @Mixin private ReadingOptions reading = new ReadingOptions();

  @Option(names = "--loop", description = "begin the trace again at its end")
  private boolean loop;

  @Option(
      names = "--time-scale",
      paramLabel = "FACTOR",
      defaultValue = "1",
      description = "multiply the trace's times; 0.5 plays it in half the time")
  private double timeScale = 1;

  @Option(
      names = "--jitter",
      paramLabel = "TIME",
      converter = Amounts.BothMillis.class,
      defaultValue = "0",
      description =
          "most random delay per packet, e.g. 5ms, or 5ms/1ms up and down (default: none)")
  private Both<Double> jitterMillis = new Both<>(0.0, 0.0);

  @Option(
      names = "--loss",
      paramLabel = "SHARE",
      converter = Amounts.BothLosses.class,
      defaultValue = "0",
      description =
          "packets lost and sent again, e.g. 1%%; 1%%x4 in runs of 4; 1%%/0.1%% up and down"
              + " (default: none)")
  private Both<Loss> loss = new Both<>(Loss.NONE, Loss.NONE);

  @Option(
      names = "--buffer",
      paramLabel = "SIZE",
      converter = Amounts.BothBuffers.class,
      defaultValue = "none",
      description =
          "queue before the link, which senders fill: 256kb, 500ms, or two of them up and down"
              + " (default: none)")
  private Both<Buffer> buffer = new Both<>(Buffer.none(), Buffer.none());

  @Option(
      names = "--handshake",
      paramLabel = "TIME",
      converter = Amounts.Millis.class,
      defaultValue = "0",
      description = "what opening a connection takes beyond a round trip (default: nothing)")
  private double handshakeMillis;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "seed of jitter and loss (default: ${DEFAULT-VALUE})")
  private long seed = 1;

  @Option(
      names = "--wake-up",
      paramLabel = "TIME",
      converter = Amounts.Millis.class,
      defaultValue = "0",
      description = "what waking the radio takes after 10 s of silence (default: none)")
  private double wakeUpMillis;

  private static final class Source {
    @Option(names = "--trace", paramLabel = "FILE", description = "the trace to follow")
    private @Nullable Path trace;

    @Option(
        names = "--rate",
        paramLabel = "RATE",
        converter = Amounts.BothMegabits.class,
        description = "no trace: this rate all the time, e.g. 6mbit, or 6mbit/12mbit up and down")
    private @Nullable Both<Double> megabits;
  }

  /**
   * Returns the trace, read or made.
   *
   * @throws IllegalArgumentException if an option is out of range or a file is not there
   * @throws IOException if the file is no trace
   */
  LinkTrace trace() throws IOException {
    TraceReader.Settings settings = reading.settings(loop);
    if (!(timeScale > 0 && timeScale <= 1e6)) {
      throw new IllegalArgumentException("--time-scale must be positive: " + timeScale);
    }
    Path file = source.trace;
    if (file != null) {
      if (!Files.exists(file)) {
        throw new IllegalArgumentException("--trace " + file + ": no such file");
      }
      LinkTrace read = TraceReader.read(file, settings);
      try {
        return timeScale == 1 ? read : read.scaled(timeScale);
      } catch (IllegalArgumentException tooShort) {
        throw new IllegalArgumentException(
            "--time-scale " + timeScale + " makes the trace's steps fall together", tooShort);
      }
    }
    Both<Double> megabits = Objects.requireNonNull(source.megabits);
    return LinkTrace.constant(
        megabits.uplink() * 125_000,
        megabits.downlink() * 125_000 * reading.downlinkFactor(),
        settings.roundTrip());
  }

  LinkOptions options() {
    LinkOptions plain = LinkOptions.DEFAULT;
    return plain
        .withSeed(seed)
        .withTcp(plain.tcp().withHandshakeDelay(nanos(handshakeMillis)))
        .withRadio(Duration.ofNanos(plain.radioIdleNanos()), duration(wakeUpMillis))
        .withPath(
            Direction.UPLINK,
            path ->
                path.withJitter(nanos(jitterMillis.uplink()))
                    .withLoss(loss.uplink())
                    .withBuffer(buffer.uplink()))
        .withPath(
            Direction.DOWNLINK,
            path ->
                path.withJitter(nanos(jitterMillis.downlink()))
                    .withLoss(loss.downlink())
                    .withBuffer(buffer.downlink()));
  }

  private static long nanos(double millis) {
    return Math.round(millis * 1e6);
  }

  private static Duration duration(double millis) {
    return Duration.ofNanos(nanos(millis));
  }
}
