package dev.sluice.experiments.study.herd;

import static dev.sluice.experiments.study.grid.StudyFile.distinct;
import static dev.sluice.experiments.study.grid.StudyFile.require;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.experiments.study.StudyFileException;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The conditions of the study, as its YAML gives them. Immutable.
 *
 * @param devices that are there from the beginning, at least 1
 * @param joining more of them in the last phase, at least 0
 * @param threads of the worker, at least 1
 * @param slowdown worker's time over the profile's, positive; twice that in the second phase
 * @param seconds of each phase, at least {@value Phase#END}
 * @param deadlineMillis at which a device answers by itself, positive
 * @param periodMillis between frames of one device, positive
 * @param deviceFactor device's time over the profile's, positive
 * @param uplinkMbit usual rate of a device's link in megabits per second, positive
 * @param roundTripMillis usual round trip, at least 0
 * @param codecs that devices may use
 * @param every of how many plans of a chain one is kept, at least 1
 * @param goals objectives, all different
 * @param mixtures whether devices and links are the same
 * @param strategies how devices respond, by title
 * @param seeds repeats with other phases, noise and pictures, at least 1
 */
record HerdConfig(
    @JsonProperty(required = true) int devices,
    @JsonProperty(required = true) int joining,
    @JsonProperty(required = true) int threads,
    @JsonProperty(required = true) double slowdown,
    @JsonProperty(required = true) int seconds,
    @JsonProperty(required = true) double deadlineMillis,
    @JsonProperty(required = true) double periodMillis,
    @JsonProperty(required = true) double deviceFactor,
    @JsonProperty(required = true) double uplinkMbit,
    @JsonProperty(required = true) double roundTripMillis,
    @JsonProperty(required = true) List<String> codecs,
    @JsonProperty(required = true) int every,
    @JsonProperty(required = true) List<String> goals,
    @JsonProperty(required = true) List<Mixture> mixtures,
    @JsonProperty(required = true) List<String> strategies,
    @JsonProperty(required = true) int seeds) {
  private static final double MBIT = 125_000;

  /** Whether all devices and links are the same, which is the hardest. */
  enum Mixture {
    @JsonProperty("alike")
    ALIKE("alike"),
    @JsonProperty("mixed")
    MIXED("mixed");

    private final String title;

    Mixture(String title) {
      this.title = title;
    }

    String title() {
      return title;
    }
  }

  HerdConfig {
    codecs = List.copyOf(codecs);
    goals = List.copyOf(goals);
    mixtures = List.copyOf(mixtures);
    strategies = List.copyOf(strategies);
    require(devices >= 1, "devices must be at least 1: " + devices);
    require(joining >= 0, "joining must not be negative: " + joining);
    require(threads >= 1, "threads must be at least 1: " + threads);
    require(slowdown > 0, "slowdown must be positive: " + slowdown);
    require(seconds >= Phase.END, "seconds must be at least " + Phase.END + ": " + seconds);
    require(deadlineMillis > 0, "deadlineMillis must be positive: " + deadlineMillis);
    require(periodMillis > 0, "periodMillis must be positive: " + periodMillis);
    require(deviceFactor > 0, "deviceFactor must be positive: " + deviceFactor);
    require(uplinkMbit > 0, "uplinkMbit must be positive: " + uplinkMbit);
    require(roundTripMillis >= 0, "roundTripMillis must not be negative: " + roundTripMillis);
    require(every >= 1, "every must be at least 1: " + every);
    require(seeds >= 1, "seeds must be at least 1: " + seeds);
    require(!goals.isEmpty() && !mixtures.isEmpty(), "a study needs goals and mixtures");
    Set<String> known = HerdStudy.codecs();
    codecs.forEach(
        codec ->
            require(
                known.contains(codec),
                "no codec '" + codec + "'; there are " + String.join(", ", known)));
    goals.forEach(HerdConfig::objective);
    strategies.forEach(HerdStudy.Contender::named);
    require(
        strategies.contains(HerdStudy.Contender.SLUICE.title()),
        "strategies must hold '"
            + HerdStudy.Contender.SLUICE.title()
            + "', which the claims are about");
    distinct("goal", goals);
    distinct("mixture", mixtures.stream().map(Mixture::title).toList());
    distinct("strategy", strategies);
  }

  private static Objective objective(String goal) {
    try {
      return Objective.parse(goal);
    } catch (ObjectiveSyntaxException e) {
      throw StudyFileException.of(e);
    }
  }

  /** All courses, each under its conditions and with its seed. */
  List<HerdStudy.Course> courses() {
    List<HerdStudy.Course> all = new ArrayList<>();
    for (int goal = 0; goal < goals.size(); goal++) {
      for (Mixture mixture : mixtures) {
        for (String strategy : strategies) {
          for (int seed = 0; seed < seeds; seed++) {
            all.add(new HerdStudy.Course(HerdStudy.Contender.named(strategy), mixture, goal, seed));
          }
        }
      }
    }
    return all;
  }

  /** What is simulated of a course. */
  Herd.Setting setting(BundleFacts facts, HerdStudy.Course course) {
    return new Herd.Setting(
        facts,
        objective(goals.get(course.goal())),
        Math.round(deadlineMillis * 1e6),
        course.contender().options(),
        course.contender().hears(),
        Math.round(periodMillis * 1e6),
        deviceFactor,
        uplinkMbit * MBIT,
        Math.round(roundTripMillis * 1e6),
        threads,
        course.mixture() == Mixture.ALIKE,
        Set.copyOf(codecs),
        every);
  }
}
