package dev.sluice.experiments.study.regret;

import static dev.sluice.experiments.study.grid.StudyFile.distinct;
import static dev.sluice.experiments.study.grid.StudyFile.require;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.experiments.study.grid.GridConfig;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.experiments.study.replay.Subject;
import dev.sluice.scheduler.objective.Metric;
import java.util.List;

/**
 * The conditions of the study, as its YAML gives them. Immutable.
 *
 * @param bundles names of the bundles that take part where they are found
 * @param pictures test pictures per bundle that are measured, at least 1
 * @param device the emulated device
 * @param periodMillis between frames, positive
 * @param everyTrace of the recorded traces one in so many takes part, at least 1
 * @param frames per trace, at least 1
 * @param questions what is asked, under different names
 * @param statics plans that are never changed, tried at most, at least 1
 * @param freeOracle whether there is an oracle among all plans too, proven or not
 */
record RegretConfig(
    @JsonProperty(required = true) List<String> bundles,
    @JsonProperty(required = true) int pictures,
    @JsonProperty(required = true) GridConfig.Device device,
    @JsonProperty(required = true) double periodMillis,
    @JsonProperty(required = true) int everyTrace,
    @JsonProperty(required = true) int frames,
    @JsonProperty(required = true) List<Asked> questions,
    @JsonProperty(required = true) int statics,
    @JsonProperty(required = true) boolean freeOracle) {

  /**
   * What is asked.
   *
   * @param name for people and files
   * @param objective with a bound on a latency percentile and a floor below the final exit, that
   *     minimises what a plan takes per frame
   */
  record Asked(
      @JsonProperty(required = true) String name, @JsonProperty(required = true) String objective) {
    Asked {
      Question question = Question.of(name, objective);
      require(
          question.kinds().contains(Metric.Kind.LATENCY_PERCENTILE)
              && question.goal().pointsBelowFinal().isPresent(),
          name + ": the objective needs a bound on a latency percentile and 'accuracy >= final -'");
      require(
          !question.goal().objective().targets().get(0).maximise(),
          name + ": the objective must minimise something first");
      question.costOf(0, 0, 0, 0);
    }

    Question question() {
      return Question.of(name, objective);
    }
  }

  RegretConfig {
    bundles = List.copyOf(bundles);
    questions = List.copyOf(questions);
    require(!questions.isEmpty(), "a study needs questions");
    require(pictures >= 1, "pictures must be at least 1: " + pictures);
    require(periodMillis > 0, "periodMillis must be positive: " + periodMillis);
    require(everyTrace >= 1, "everyTrace must be at least 1: " + everyTrace);
    require(frames >= 1, "frames must be at least 1: " + frames);
    require(statics >= 1, "statics must be at least 1: " + statics);
    distinct("question", questions.stream().map(Asked::name).toList());
  }

  /** The simulator of the device with a bundle at a precision. */
  StreamReplay replay(Subject subject, String precision) {
    return device.replay(subject, precision, Math.round(periodMillis * 1e6));
  }
}
