package dev.sluice.experiments.study.wire;

import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.report.TextTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Latency and rate of requests of 64 KiB, beside grpc-java and bare Netty, in a closed loop.
 *
 * <p>In every round each side has one block, the order turning, so that whatever slows the machine
 * meets all of them.
 */
@SuppressWarnings("EnumOrdinal") // sides stand in arrays in their own order
final class SpeedFigures {
  private static final int PAYLOAD_BYTES = 64 << 10;
  private static final int[] IN_FLIGHT = {1, 8, 64};
  private static final long RAMP_NANOS = 30_000_000L;
  private static final int RESAMPLES = 2_000;

  private enum Side {
    SLUICE("Sluice"),
    GRPC("grpc-java"),
    BARE("bare Netty"),
    GRPC_DEFAULT("grpc-java, its own threads"),
    GRPC_ECHO("grpc-java, payload back"),
    BARE_ECHO("bare Netty, payload back");

    private final String title;

    Side(String title) {
      this.title = title;
    }
  }

  private final Findings findings;
  private final List<Caller> callers = new ArrayList<>();
  private final List<List<Object>> rows = new ArrayList<>();
  private final TextTable table =
      new TextTable("side", "in flight", "requests/s", "p50 µs", "p99 µs", "rate / Sluice's");

  private SpeedFigures(Findings findings) {
    this.findings = findings;
  }

  static void measure(EchoWorker.Ports ports, Findings findings)
      throws IOException, InterruptedException {
    SpeedFigures figures = new SpeedFigures(findings);
    try {
      figures.connect(ports);
      figures.warmUp();
      for (int inFlight : IN_FLIGHT) {
        figures.measure(inFlight);
      }
    } finally {
      figures.callers.forEach(Caller::close);
    }
    findings.show(figures.table);
    findings
        .context()
        .csv(
            "speed.csv",
            List.of("in_flight", "side", "round", "requests_per_second", "p50_us", "p99_us"),
            figures.rows);
  }

  private void connect(EchoWorker.Ports ports) throws InterruptedException {
    int replyBytes = SluiceEcho.replyBytes(ports.sluice(), PAYLOAD_BYTES);
    findings.say("payloads of %d bytes, replies of %d", PAYLOAD_BYTES, replyBytes);
    long seed = findings.context().seed("payload");
    byte[] small = Payload.of(PAYLOAD_BYTES, replyBytes, seed);
    byte[] back = Payload.of(PAYLOAD_BYTES, Payload.ECHO, seed);
    for (Side side : Side.values()) {
      callers.add(
          switch (side) {
            case SLUICE -> SluiceEcho.connect(ports.sluice(), small);
            case GRPC -> GrpcEcho.connect(ports.grpc(), small, GrpcEcho.Executor.EVENT_LOOP);
            case BARE -> BareEcho.connect(ports.bare(), small);
            case GRPC_DEFAULT ->
                GrpcEcho.connect(ports.grpcDefault(), small, GrpcEcho.Executor.DEFAULT);
            case GRPC_ECHO -> GrpcEcho.connect(ports.grpc(), back, GrpcEcho.Executor.EVENT_LOOP);
            case BARE_ECHO -> BareEcho.connect(ports.bare(), back);
          });
    }
  }

  /** Long enough for the compiler: a side that is slow when new would seem slow. */
  private void warmUp() throws InterruptedException {
    int turns = findings.scaled(2, 4);
    for (int turn = 0; turn < turns; turn++) {
      for (Caller caller : callers) {
        ClosedLoop.run(caller, 8, 0, findings.scaled(1_500, 4_000) * 1_000_000L);
      }
    }
  }

  private void measure(int inFlight) throws InterruptedException {
    int rounds = findings.scaled(8, 40);
    long blockNanos = findings.scaled(150, 250) * 1_000_000L;
    int sides = callers.size();
    for (Caller caller : callers) {
      ClosedLoop.run(caller, inFlight, 0, findings.scaled(300, 1_000) * 1_000_000L);
    }
    double[][] rates = new double[sides][rounds];
    double[][] p50s = new double[sides][rounds];
    double[][] p99s = new double[sides][rounds];
    for (int round = 0; round < rounds; round++) {
      for (int turn = 0; turn < sides; turn++) {
        int side = (turn + round) % sides;
        ClosedLoop.Block block =
            ClosedLoop.run(callers.get(side), inFlight, RAMP_NANOS, blockNanos);
        rates[side][round] = block.perSecond();
        p50s[side][round] = block.p50Nanos() / 1e3;
        p99s[side][round] = block.p99Nanos() / 1e3;
        rows.add(
            List.of(
                inFlight,
                Side.values()[side].title,
                round,
                block.perSecond(),
                p50s[side][round],
                p99s[side][round]));
      }
    }
    for (Side side : Side.values()) {
      int i = side.ordinal();
      table.row(
          side.title,
          Integer.toString(inFlight),
          String.format(Locale.ROOT, "%.0f", Interval.median(rates[i])),
          String.format(Locale.ROOT, "%.0f", Interval.median(p50s[i])),
          String.format(Locale.ROOT, "%.0f", Interval.median(p99s[i])),
          String.format(
              Locale.ROOT, "%.2f", Interval.median(rates[i]) / Interval.median(rates[0])));
    }
    claim(inFlight, rates, p50s);
  }

  private void claim(int inFlight, double[][] rates, double[][] p50s) {
    int sluice = Side.SLUICE.ordinal();
    int grpc = Side.GRPC.ordinal();
    int bare = Side.BARE.ordinal();
    if (inFlight == 1) {
      ratio("median latency, Sluice / grpc-java, 1 in flight", p50s[sluice], p50s[grpc], "<= 0.8");
    } else {
      ratio(
          "requests per second, Sluice / grpc-java, " + inFlight + " in flight",
          rates[sluice],
          rates[grpc],
          ">= 2.5");
    }
    ratio(
        "requests per second, Sluice / bare Netty, " + inFlight + " in flight",
        rates[sluice],
        rates[bare],
        ">= 0.7");
  }

  private void ratio(String name, double[] ours, double[] theirs, String wanted) {
    findings.claim(
        name,
        Interval.ofMedianRatio(ours, theirs, RESAMPLES, findings.context().seed("bootstrap")),
        "ratio",
        wanted,
        ours.length);
  }
}
