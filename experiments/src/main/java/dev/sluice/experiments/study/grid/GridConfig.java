package dev.sluice.experiments.study.grid;

import static dev.sluice.experiments.study.grid.StudyFile.distinct;
import static dev.sluice.experiments.study.grid.StudyFile.require;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.edge.device.DeviceProfiles;
import dev.sluice.experiments.demo.DemoException;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.replay.Load;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.experiments.study.replay.Subject;
import dev.sluice.experiments.study.replay.Traces;
import dev.sluice.sim.trace.LinkTrace;
import dev.sluice.sim.trace.TraceReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The conditions of a grid, as its YAML gives them. Immutable.
 *
 * @param bundles names of the bundles that take part where they are found
 * @param pictures test pictures per bundle that are measured, at least 50, and as many as seeds
 *     times frames, so that every seed has its own
 * @param devices emulated devices
 * @param links links; none where a study brings its own
 * @param sweep more links, if any
 * @param tasks what is asked
 * @param strategies planners by name; with {@code as published} behind it on its paper's terms
 * @param frames per cell and seed, the warm-up included
 * @param warmUpFrames that do not count
 * @param blockFrames consecutive frames that make a block, the unit of resampling
 * @param seeds repeats with other pictures and noise, at least 1
 * @param points accuracies are equal that are not shown to be further below the uncut network's
 *     than this
 */
public record GridConfig(
    @JsonProperty(required = true) List<String> bundles,
    @JsonProperty(required = true) int pictures,
    @JsonProperty(required = true) List<Device> devices,
    List<Link> links,
    @Nullable Sweep sweep,
    @JsonProperty(required = true) List<Task> tasks,
    @JsonProperty(required = true) List<String> strategies,
    @JsonProperty(required = true) int frames,
    @JsonProperty(required = true) int warmUpFrames,
    @JsonProperty(required = true) int blockFrames,
    @JsonProperty(required = true) int seeds,
    @JsonProperty(required = true) double points) {
  private static final int LEAST_PICTURES = 50;
  static final int LEAST_BLOCKS = 4;

  /**
   * An emulated device: either {@code networkMillis} with {@code scalarFactor}, or a {@code
   * profile}.
   *
   * @param name the profile's where it is not given
   * @param networkMillis its time for the whole network of every bundle; segments and heads share
   *     it as on the machine of the bundle's profile
   * @param scalarFactor its time for encoding and preprocessing over the profile's
   * @param profile a device of which figures are published, such as {@code pi4}: every segment and
   *     head takes what follows from its operators
   */
  public record Device(
      String name,
      @Nullable Double networkMillis,
      @Nullable Double scalarFactor,
      @Nullable String profile) {
    public Device {
      name = name == null && profile != null ? profile : name;
      require(name != null, "a device needs a name or a profile");
      require(
          profile == null
              ? networkMillis != null && scalarFactor != null
              : networkMillis == null && scalarFactor == null,
          name + ": a device has either networkMillis and scalarFactor, or a profile");
      require(
          networkMillis == null || networkMillis > 0,
          "networkMillis must be positive: " + networkMillis);
      require(
          scalarFactor == null || scalarFactor > 0,
          "scalarFactor must be positive: " + scalarFactor);
      if (profile != null) {
        DeviceProfiles.named(profile);
      }
    }

    /** A device that takes so long for the whole network. */
    public Device(String name, double networkMillis, double scalarFactor) {
      this(name, networkMillis, scalarFactor, null);
    }

    /**
     * Returns the simulator of this device with a bundle.
     *
     * @param precision at which it computes
     * @param periodNanos usual time between frames, positive
     * @throws IllegalArgumentException if the bundle has no network of that precision
     */
    public StreamReplay replay(Subject subject, String precision, long periodNanos) {
      if (profile != null) {
        return subject.replay(precision, DeviceProfiles.named(profile), periodNanos);
      }
      return subject.replay(
          precision,
          Objects.requireNonNull(networkMillis) * 1e6,
          Objects.requireNonNull(scalarFactor),
          periodNanos);
    }
  }

  /**
   * A link: of one rate, or as it was recorded.
   *
   * @param name empty for one made of rate and round trip, or the recording's
   * @param uplinkMbit megabits per second from device to worker; none of a recording
   * @param downlinkMbit the same back; the uplink's where it is not given
   * @param roundTripMillis there and back, which recordings do not tell
   * @param outages when nothing passes; a recording has its own
   * @param recorded a recording's path below the folder of traces; it begins anew at its end
   * @param fromSeconds where in the recording the link begins, at least 0
   */
  public record Link(
      String name,
      @Nullable Double uplinkMbit,
      @Nullable Double downlinkMbit,
      @JsonProperty(required = true) double roundTripMillis,
      List<Outage> outages,
      @Nullable String recorded,
      @Nullable Double fromSeconds) {
    public Link {
      require(
          (uplinkMbit == null) != (recorded == null), "a link has either uplinkMbit or recorded");
      require(
          recorded != null || fromSeconds == null,
          "fromSeconds is where a recording begins, and there is none");
      require(
          fromSeconds == null || fromSeconds >= 0,
          "fromSeconds must not be negative: " + fromSeconds);
      require(
          recorded == null || (downlinkMbit == null && (outages == null || outages.isEmpty())),
          "a recorded link has its own rates and outages");
      if (name == null) {
        name =
            recorded == null
                ? linkName(uplinkMbit == null ? 0 : uplinkMbit, roundTripMillis)
                : recorded;
      }
      outages = outages == null ? List.of() : List.copyOf(outages);
      require(uplinkMbit == null || uplinkMbit > 0, "uplinkMbit must be positive: " + uplinkMbit);
      require(
          downlinkMbit == null || downlinkMbit > 0,
          "downlinkMbit must be positive: " + downlinkMbit);
      require(roundTripMillis >= 0, "roundTripMillis must not be negative: " + roundTripMillis);
      double end = 0;
      for (Outage outage : outages) {
        require(outage.fromSeconds() >= end, "outages must ascend and not overlap: " + outages);
        end = outage.fromSeconds() + outage.seconds();
      }
    }

    /** A link of one rate. */
    public static Link ofRate(double uplinkMbit, double roundTripMillis) {
      return new Link(
          linkName(uplinkMbit, roundTripMillis),
          uplinkMbit,
          null,
          roundTripMillis,
          List.of(),
          null,
          null);
    }

    /** Megabits per second from device to worker; NaN of a recording. */
    public double rateMbit() {
      return uplinkMbit == null ? Double.NaN : uplinkMbit;
    }

    /**
     * The link over time.
     *
     * @param recordings the folder of traces
     * @return empty if it was recorded and the recording is not there
     * @throws DemoException if it is begun behind its end
     */
    Optional<LinkTrace> trace(Path recordings) throws IOException {
      if (recorded == null) {
        return Optional.of(made());
      }
      Path file = recordings.resolve(recorded);
      if (!Files.isRegularFile(file)) {
        return Optional.empty();
      }
      LinkTrace trace =
          TraceReader.read(
              file,
              new TraceReader.Settings(
                  Duration.ofNanos(Math.round(roundTripMillis * 1e6)), 1, true));
      long from = Math.round((fromSeconds == null ? 0 : fromSeconds) * 1e9);
      if (from >= trace.durationNanos()) {
        throw new DemoException(
            "link %s: fromSeconds %s is beyond the end of %s, which lasts %.0f s"
                .formatted(name, fromSeconds, recorded, trace.durationNanos() / 1e9));
      }
      return Optional.of(Traces.begunAt(trace, from));
    }

    /** After the last outage it stays up. */
    private LinkTrace made() {
      double up = rateMbit() * 125_000;
      double down = (downlinkMbit == null ? rateMbit() : downlinkMbit) * 125_000;
      long roundTrip = Math.round(roundTripMillis * 1e6);
      List<LinkTrace.Step> steps = new ArrayList<>();
      steps.add(new LinkTrace.Step(0, up, down, roundTrip, false));
      for (Outage outage : outages) {
        long from = Math.round(outage.fromSeconds() * 1e9);
        long to = from + Math.round(outage.seconds() * 1e9);
        if (from == steps.get(steps.size() - 1).startNanos()) {
          steps.remove(steps.size() - 1);
        }
        steps.add(new LinkTrace.Step(from, up, down, roundTrip, true));
        steps.add(new LinkTrace.Step(to, up, down, roundTrip, false));
      }
      return LinkTrace.of(steps);
    }
  }

  /**
   * A time in which a link passes nothing.
   *
   * @param fromSeconds since the stream began, at least 0
   * @param seconds how long, positive
   */
  public record Outage(
      @JsonProperty(required = true) double fromSeconds,
      @JsonProperty(required = true) double seconds) {
    public Outage {
      require(fromSeconds >= 0 && seconds > 0, "not an outage: " + fromSeconds + ", " + seconds);
    }
  }

  /** Every rate with every round trip. */
  public record Sweep(
      @JsonProperty(required = true) List<Double> uplinkMbit,
      @JsonProperty(required = true) List<Double> roundTripMillis) {
    public Sweep {
      uplinkMbit = List.copyOf(uplinkMbit);
      roundTripMillis = List.copyOf(roundTripMillis);
    }
  }

  /**
   * What is asked of every cell.
   *
   * @param objective bounds a latency percentile, which is the deadline
   * @param load when frames come
   */
  public record Task(
      @JsonProperty(required = true) String name,
      @JsonProperty(required = true) String objective,
      @JsonProperty(required = true) LoadSpec load) {
    public Task {
      Question.of(name, objective);
    }

    public Question question() {
      return Question.of(name, objective);
    }
  }

  /**
   * When frames come: exactly one of these.
   *
   * @param inFlight so many under way all the time
   * @param poisson so many a second in the mean, at random
   * @param periodMillis at this distance
   */
  public record LoadSpec(
      @Nullable Integer inFlight, @Nullable Double poisson, @Nullable Double periodMillis) {
    public LoadSpec {
      int given =
          (inFlight == null ? 0 : 1) + (poisson == null ? 0 : 1) + (periodMillis == null ? 0 : 1);
      require(given == 1, "a load has one of inFlight, poisson, periodMillis");
    }

    public Load load() {
      if (inFlight != null) {
        return new Load.InFlight(inFlight);
      }
      return poisson != null
          ? new Load.Poisson(poisson)
          : new Load.Periodic(Math.round((periodMillis == null ? 0 : periodMillis) * 1e6));
    }
  }

  public GridConfig {
    bundles = List.copyOf(bundles);
    devices = List.copyOf(devices);
    links = links == null ? List.of() : List.copyOf(links);
    tasks = List.copyOf(tasks);
    strategies = List.copyOf(strategies);
    require(pictures >= LEAST_PICTURES, "pictures must be at least 50: " + pictures);
    require(seeds >= 1, "seeds must be at least 1: " + seeds);
    require(
        (long) seeds * frames <= pictures,
        ("seeds x frames = %d x %d must not be more than pictures: %d, since no picture may count"
                + " twice; raise pictures, or lower seeds or frames")
            .formatted(seeds, frames, pictures));
    require(warmUpFrames >= 0, "warmUpFrames must not be negative: " + warmUpFrames);
    require(blockFrames >= 1, "blockFrames must be at least 1: " + blockFrames);
    require(
        frames - 1 - warmUpFrames >= LEAST_BLOCKS * blockFrames,
        "after the warm-up there must be at least %d blocks of %d frames: %d frames"
            .formatted(LEAST_BLOCKS, blockFrames, frames));
    require(points >= 0, "points must not be negative: " + points);
    require(
        !bundles.isEmpty() && !devices.isEmpty() && !tasks.isEmpty(),
        "a study needs bundles, devices and tasks");
    distinct("bundle", bundles);
    distinct("device", devices.stream().map(Device::name).toList());
    distinct("task", tasks.stream().map(Task::name).toList());
    distinct("strategy", strategies);
    distinct("link", allLinks(links, sweep).stream().map(Link::name).toList());
  }

  /**
   * Returns this, for a study whose claims are about Sluice.
   *
   * @throws IllegalArgumentException if Sluice takes no part
   */
  public GridConfig aboutSluice() {
    require(
        strategies.contains(Entrants.SLUICE),
        "strategies must hold '" + Entrants.SLUICE + "', which the claims are about");
    return this;
  }

  /** Whole blocks of a stream, its last frame apart, since what follows it is no steady state. */
  int blocks() {
    return (frames - 1 - warmUpFrames) / blockFrames;
  }

  /** All links by name, those of the sweep last; recordings that are not there are left out. */
  public Map<String, LinkTrace> traces(StudyContext context) throws IOException {
    Path recordings = context.shared().resolve("traces");
    Map<String, LinkTrace> traces = new LinkedHashMap<>();
    for (Link link : allLinks()) {
      Optional<LinkTrace> trace = link.trace(recordings);
      if (trace.isEmpty()) {
        context
            .console()
            .printf(
                "%s takes no part: there is no %s below %s; name the folder above it with"
                    + " -Dsluice.shared=DIR%n",
                link.name(), link.recorded(), recordings);
      } else {
        traces.put(link.name(), trace.get());
        if (link.recorded() != null) {
          context.input("trace " + link.recorded(), recordings.resolve(link.recorded()));
        }
      }
    }
    return traces;
  }

  /** All links, those of the sweep last, by ascending round trip and then rate. */
  public List<Link> allLinks() {
    return allLinks(links, sweep);
  }

  private static List<Link> allLinks(List<Link> links, @Nullable Sweep sweep) {
    List<Link> all = new ArrayList<>(links);
    if (sweep != null) {
      for (double roundTrip : sweep.roundTripMillis()) {
        for (double rate : sweep.uplinkMbit()) {
          all.add(Link.ofRate(rate, roundTrip));
        }
      }
    }
    return all;
  }

  private static String linkName(double uplinkMbit, double roundTripMillis) {
    return plain(uplinkMbit) + " Mbit/s, " + plain(roundTripMillis) + " ms";
  }

  private static String plain(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%.0f", value)
        : Double.toString(value);
  }
}
