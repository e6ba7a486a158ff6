package dev.sluice.edge.agent;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.edge.EdgeSession;
import dev.sluice.edge.agent.Strategies.Strategy;
import dev.sluice.edge.host.BundleFactsReader;
import dev.sluice.edge.host.EmulatedDevice;
import dev.sluice.edge.host.EmulatedProfile;
import dev.sluice.edge.host.SerialDevice;
import dev.sluice.edge.host.ThreadLoop;
import dev.sluice.edge.host.WorkerCloud.Standing;
import dev.sluice.edge.session.Cloud;
import dev.sluice.edge.session.Device;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.SessionStatus;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import dev.sluice.scheduler.profile.BundleFacts;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The edge agent: frames in, answers as JSON lines out. */
@Command(
    name = "edge",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Classifies a stream of frames on this device, with a cloud worker behind it.",
      "Writes JSON lines to standard output: ready, then answers and status, last a summary."
    })
public final class EdgeMain implements Program.Debuggable {
  private static final String DEFAULT_OBJECTIVE =
      "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise worker_compute, then uplink_bytes";
  private static final double DEFAULT_DEADLINE_MILLIS = 150;
  private static final long MILLIS = 1_000_000;
  private static final double EMULATION_NOISE = 0.03;

  /** A core of a few hundred MHz: a sixth of this machine's clock, a third of its work per tick. */
  private static final double DEFAULT_SCALAR_FACTOR = 20;

  private static final int WARM_UP_ROUNDS = 2;
  private static final long WARM_UP_TIMEOUT_SECONDS = 120;
  private static final long LINK_LESSONS_MILLIS = 1500;
  private static final long GLANCE_MILLIS = 20;

  /** A strategy without fallback waits this many deadlines for its answer, at least two seconds. */
  private static final int PATIENT_DEADLINES = 10;

  private static final long LEAST_PATIENCE_NANOS = 2_000 * MILLIS;

  private final InputStream in;
  private final PrintStream out;
  private final AtomicBoolean deaf = new AtomicBoolean();

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--bundle",
      required = true,
      paramLabel = "PATH",
      description = "the progressive model: a bundle's folder or zip")
  private Path bundle = Path.of("");

  @Option(
      names = "--cloud",
      paramLabel = "HOST:PORT",
      converter = Words.Address.class,
      description = "the worker; without it everything is computed here")
  private @Nullable InetSocketAddress cloud;

  @Option(
      names = "--objective",
      paramLabel = "TEXT",
      defaultValue = DEFAULT_OBJECTIVE,
      description = "what to hold and what to aim for (default: ${DEFAULT-VALUE})")
  private String objective = DEFAULT_OBJECTIVE;

  @Option(
      names = "--deadline",
      paramLabel = "MS",
      converter = Words.Millis.class,
      description = "from capture to answer (default: the objective's latency bound, or 150 ms)")
  private @Nullable Double deadlineMillis;

  @Option(
      names = "--frames",
      paramLabel = "DIR|-",
      defaultValue = "-",
      description =
          "a folder of images, or - for binary PPM images, one after another, on standard input"
              + " (default: ${DEFAULT-VALUE})")
  private String frames = "-";

  @Option(
      names = "--frames-per-second",
      paramLabel = "N",
      description =
          "how often a frame is taken (default: standard input as it comes, a folder as answers"
              + " come)")
  private @Nullable Double framesPerSecond;

  @Option(
      names = "--emulate-device",
      paramLabel = "TIME",
      converter = Words.Millis.class,
      description = "be a device that takes this long for the whole network, e.g. 250ms")
  private @Nullable Double emulatedMillis;

  @Option(
      names = "--emulate-codecs",
      paramLabel = "FACTOR",
      defaultValue = "" + DEFAULT_SCALAR_FACTOR,
      description =
          "how much slower the emulated device is at codecs and pixels than the machine that the"
              + " bundle was profiled on (default: ${DEFAULT-VALUE})")
  private double scalarFactor = DEFAULT_SCALAR_FACTOR;

  @Option(
      names = "--strategy",
      paramLabel = "NAME",
      defaultValue = "sluice",
      description = "one of " + Strategies.KNOWN + " (default: ${DEFAULT-VALUE})")
  private String strategy = "sluice";

  @Option(
      names = "--mean-uplink",
      paramLabel = "RATE",
      converter = Words.Rate.class,
      description = "for fixed-split: the link's mean rate, e.g. 6mbit")
  private @Nullable Double meanBytesPerSecond;

  @Option(
      names = "--mean-rtt",
      paramLabel = "TIME",
      converter = Words.Millis.class,
      description = "for fixed-split: the link's mean round trip, e.g. 50ms")
  private @Nullable Double meanRoundTripMillis;

  @Option(
      names = "--fallback",
      paramLabel = "on|off",
      description =
          "whether the device answers by the deadline when the cloud does not (default: on; off for"
              + " the fixed strategies)")
  private @Nullable String fallback;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "threads per operator (default: ${DEFAULT-VALUE})")
  private int threads = 1;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "seed of the emulated device's noise (default: ${DEFAULT-VALUE})")
  private long seed = 1;

  @Option(
      names = "--status-every",
      paramLabel = "MS",
      converter = Words.Millis.class,
      defaultValue = "500",
      description = "distance of status lines (default: ${DEFAULT-VALUE})")
  private double statusMillis = 500;

  @Option(names = "--debug", description = "show a stack trace when something fails")
  private boolean debug;

  EdgeMain(InputStream in, OutputStream out) {
    this.in = in;
    this.out = new PrintStream(out, false, StandardCharsets.UTF_8);
  }

  /** Runs the agent until its frames end. */
  public static void main(String[] arguments) {
    Program.main(new EdgeMain(System.in, System.out), arguments);
  }

  @Override
  public boolean debug() {
    return debug;
  }

  @Override
  public Integer call() throws Exception {
    Objective goal = goal();
    long deadlineNanos = deadlineNanos(goal);
    checkNumbers();
    try (Engine engine = Engine.open(bundle, threads)) {
      BundleFacts facts = BundleFactsReader.read(engine.bundle());
      double factor =
          emulatedMillis == null
              ? 1
              : emulatedMillis * MILLIS / Math.max(1, facts.profile().networkNanos());
      if (emulatedMillis != null) {
        facts = EmulatedProfile.of(facts, factor, scalarFactor);
      }
      Strategy chosen = chosen(facts, goal, factor);
      boolean falls = fallback == null ? chosen.fallback() : fallback.equals("on");
      // Who does not ask for little device compute gets the best answer that an idle device can
      // give.
      SessionOptions options =
          SessionOptions.of(deadlineNanos)
              .withEagerHedge(!goal.mentions(Metric.Kind.DEVICE_COMPUTE));
      if (!falls) {
        options =
            options.withoutFallback(
                Math.max(LEAST_PATIENCE_NANOS, PATIENT_DEADLINES * deadlineNanos));
      }
      try (FrameSource source = source()) {
        serve(engine, facts, chosen, options, factor, source);
      }
    }
    return 0;
  }

  private void serve(
      Engine engine,
      BundleFacts facts,
      Strategy chosen,
      SessionOptions options,
      double factor,
      FrameSource source)
      throws Exception {
    ThreadLoop loop = engine.loop();
    Cloud far = engine.cloud(Optional.ofNullable(cloud), "sluice-edge");
    Device device =
        emulatedMillis == null
            ? new SerialDevice(loop, engine.deviceThread())
            : new EmulatedDevice(
                loop, engine.deviceThread(), factor, EMULATION_NOISE, new Random(seed));
    Surroundings around =
        new Surroundings(loop, device, far, engine.network(), engine.background());
    try (EdgeSession session =
            EdgeSession.open(around, facts.profile(), chosen.planner(), new Estimators(), options);
        Output output = new Output(out, deaf)) {
      if (engine.standing().orElse(null) instanceof Standing.Failed failed) {
        // Not a failure of the agent: it serves alone and goes on trying.
        commandLine()
            .getErr()
            .println(
                "edge: the worker cannot be used yet: "
                    + failed.why()
                    + "; frames are answered on the device until it can");
      }
      warmUp(session, engine);
      learnTheLink(session, loop);
      SessionStatus first = status(session, loop);
      output.line(
          Lines.ready(
              engine.bundle().manifest().name(),
              engine.bundle().digest(),
              options.deadlineNanos() / 1e6,
              emulatedMillis != null,
              first));
      long begin = first.nowNanos();
      Latencies latencies = new Latencies();
      repeatStatus(session, loop, output, begin);
      Semaphore answered = new Semaphore(0);
      long submitted = 0;
      IOException broken = null;
      try {
        submitted = feed(session, loop, source, output, latencies, answered);
      } catch (FrameFormatException damaged) {
        broken = damaged;
        submitted = status(session, loop).counters().submitted();
      }
      // What is outstanding is answered within the session's patience, whatever happens.
      long alreadyCounted = framesPerSecond == null && !frames.equals("-") ? submitted : 0;
      boolean complete =
          answered.tryAcquire(
              (int) (submitted - alreadyCounted),
              options.patienceNanos() + 1_000 * MILLIS,
              TimeUnit.NANOSECONDS);
      SessionStatus last = status(session, loop);
      output.line(Lines.summary(last, (last.nowNanos() - begin) / 1e9, snapshot(latencies, loop)));
      output.flush();
      if (broken != null) {
        throw broken;
      }
      if (!complete) {
        throw new Failure(last.outstanding() + " frames were left without answer");
      }
    }
  }

  /** Hands in every frame; returns how many. */
  private long feed(
      EdgeSession session,
      ThreadLoop loop,
      FrameSource source,
      Output output,
      Latencies latencies,
      Semaphore answered)
      throws IOException, InterruptedException {
    Double rate = framesPerSecond;
    boolean oneByOne = rate == null && !frames.equals("-");
    long period = rate == null ? 0 : (long) (1e9 / rate);
    long next = loop.nanoTime();
    long submitted = 0;
    while (!deaf.get()) {
      Optional<Frame> frame = source.next();
      if (frame.isEmpty()) {
        return submitted;
      }
      Frame taken = frame.get();
      if (period > 0) {
        long wait = next - loop.nanoTime();
        if (wait > 0) {
          TimeUnit.NANOSECONDS.sleep(wait);
        }
        next = Math.max(next, loop.nanoTime() - period) + period;
        taken =
            new Frame(
                taken.id(),
                taken.name(),
                taken.rgb(),
                taken.width(),
                taken.height(),
                loop.nanoTime());
      }
      session.submit(
          taken,
          answer -> {
            latencies.add(answer.latencyNanos());
            output.line(Lines.answer(answer));
            answered.release();
          });
      submitted++;
      if (oneByOne) {
        answered.acquire();
      }
    }
    return submitted;
  }

  private void repeatStatus(EdgeSession session, ThreadLoop loop, Output output, long begin) {
    long every = (long) (statusMillis * MILLIS);
    loop.at(
        loop.nanoTime() + every,
        () -> {
          if (output.isOpen()) {
            output.line(Lines.status(session.status(), begin));
            repeatStatus(session, loop, output, begin);
          }
        });
  }

  private static void warmUp(EdgeSession session, Engine engine)
      throws InterruptedException, ExecutionException, Failure {
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      CompletableFuture<Boolean> warm = new CompletableFuture<>();
      session.warmUp(engine.network().blankFrame(), () -> warm.complete(true));
      try {
        warm.get(WARM_UP_TIMEOUT_SECONDS, TimeUnit.SECONDS);
      } catch (TimeoutException stuck) {
        throw new Failure(
            "the network did not warm up within "
                + WARM_UP_TIMEOUT_SECONDS
                + " s; is the device emulated too slow?");
      }
    }
  }

  /** Lets pings and a probe come back, so that the first frame meets a known link. */
  private static void learnTheLink(EdgeSession session, ThreadLoop loop)
      throws InterruptedException, ExecutionException {
    long end = loop.nanoTime() + LINK_LESSONS_MILLIS * MILLIS;
    while (loop.nanoTime() < end) {
      SessionStatus status = status(session, loop);
      Estimates e = status.estimates();
      boolean known = e.roundTripNanos() > 0 && status.counters().probes() > 0 && !e.probeWanted();
      if (e.link() != LinkState.UP || known) {
        return;
      }
      TimeUnit.MILLISECONDS.sleep(GLANCE_MILLIS);
    }
  }

  private static SessionStatus status(EdgeSession session, ThreadLoop loop)
      throws InterruptedException, ExecutionException {
    CompletableFuture<SessionStatus> status = new CompletableFuture<>();
    loop.execute(() -> status.complete(session.status()));
    return status.get();
  }

  /** The loop has written them; reading them there sees all. */
  private static Latencies snapshot(Latencies latencies, ThreadLoop loop)
      throws InterruptedException, ExecutionException {
    CompletableFuture<Latencies> seen = new CompletableFuture<>();
    loop.execute(() -> seen.complete(latencies));
    return seen.get();
  }

  private FrameSource source() throws IOException {
    return frames.equals("-")
        ? FrameSource.ppm(in, "standard input", System::nanoTime)
        : FrameSource.folder(Path.of(frames), System::nanoTime);
  }

  private Strategy chosen(BundleFacts facts, Objective goal, double factor) {
    Optional<Estimates> mean = Optional.empty();
    if (meanBytesPerSecond != null && meanRoundTripMillis != null) {
      long period = framesPerSecond == null ? 0 : (long) (1e9 / framesPerSecond);
      mean =
          Optional.of(
              Estimates.of(
                  LinkState.UP,
                  meanBytesPerSecond,
                  0,
                  (long) (meanRoundTripMillis * MILLIS),
                  0,
                  factor,
                  1,
                  0,
                  period));
    }
    try {
      return Strategies.of(strategy, facts, goal, mean);
    } catch (IllegalArgumentException wrong) {
      throw wrongUse(String.valueOf(wrong.getMessage()));
    }
  }

  private Objective goal() {
    try {
      return Objective.parse(objective);
    } catch (ObjectiveSyntaxException wrong) {
      throw wrongUse(
          "--objective, at character " + (wrong.position() + 1) + ": " + wrong.problem());
    }
  }

  private long deadlineNanos(Objective goal) {
    if (deadlineMillis != null) {
      return (long) (deadlineMillis * MILLIS);
    }
    OptionalDouble bound =
        goal.constraints().stream()
            .filter(constraint -> constraint.metric().isLatency())
            .mapToDouble(Constraint::bound)
            .min();
    return (long) bound.orElse(DEFAULT_DEADLINE_MILLIS * MILLIS);
  }

  private void checkNumbers() {
    if (fallback != null && !fallback.equals("on") && !fallback.equals("off")) {
      throw wrongUse("--fallback is on or off, not '" + fallback + "'");
    }
    if (!(scalarFactor > 0 && scalarFactor <= 100_000)) {
      throw wrongUse("--emulate-codecs must be in (0, 100000], not " + scalarFactor);
    }
    if (threads < 1 || threads > 256) {
      throw wrongUse("--threads must be in [1, 256], not " + threads);
    }
    if (framesPerSecond != null && !(framesPerSecond > 0 && framesPerSecond <= 10_000)) {
      throw wrongUse("--frames-per-second must be in (0, 10000], not " + framesPerSecond);
    }
  }

  private ParameterException wrongUse(String message) {
    return new ParameterException(commandLine(), message);
  }

  private CommandLine commandLine() {
    CommandSpec mine = spec;
    if (mine == null) {
      throw new IllegalStateException("picocli has not filled in the command");
    }
    return mine.commandLine();
  }

  /** Writes lines on a thread of its own: a reader that is slow must not hold up the loop. */
  private static final class Output implements AutoCloseable {
    private final PrintStream out;
    private final AtomicBoolean deaf;
    private final ExecutorService writer =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread t = new Thread(task, "edge-output");
              t.setDaemon(true);
              return t;
            });

    Output(PrintStream out, AtomicBoolean deaf) {
      this.out = out;
      this.deaf = deaf;
    }

    void line(ObjectNode line) {
      Runnable print =
          () -> {
            out.println(Lines.text(line));
            // Nobody reads any more: the agent ends.
            if (out.checkError()) {
              deaf.set(true);
            }
          };
      try {
        writer.execute(print);
      } catch (RejectedExecutionException closed) {
        // The program is ending; whoever wanted lines has had the summary.
      }
    }

    /** Asked and closed on different threads; a line after closing is dropped. */
    boolean isOpen() {
      return !writer.isShutdown();
    }

    void flush() throws InterruptedException, ExecutionException {
      writer.submit(out::flush).get();
    }

    @Override
    public void close() {
      writer.shutdown();
    }
  }
}
