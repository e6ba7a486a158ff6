package dev.sluice.experiments.study.floors;

import static dev.sluice.experiments.study.grid.StudyFile.distinct;
import static dev.sluice.experiments.study.grid.StudyFile.require;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * The conditions of the study, as its YAML gives them. Immutable.
 *
 * @param poolDrives drives of the pool that tables are drawn from, at least 1
 * @param tables drawn for each question and size, at least 1
 * @param smaller drives of tables that are smaller than the bundle's own; may be empty
 * @param device the emulated device
 * @param periodMillis between frames, positive
 * @param questions what is asked, all different
 * @param links under which plans are chosen, at least one
 */
record FloorsConfig(
    @JsonProperty(required = true) int poolDrives,
    @JsonProperty(required = true) int tables,
    @JsonProperty(required = true) List<Integer> smaller,
    @JsonProperty(required = true) Device device,
    @JsonProperty(required = true) double periodMillis,
    @JsonProperty(required = true) List<Question> questions,
    @JsonProperty(required = true) List<Condition> links) {

  /**
   * An emulated device.
   *
   * @param networkMillis its time for the whole network, positive
   * @param scalarFactor its time for encoding and preprocessing over the profile's, positive
   */
  record Device(
      @JsonProperty(required = true) double networkMillis,
      @JsonProperty(required = true) double scalarFactor) {
    Device {
      require(networkMillis > 0, "networkMillis must be positive: " + networkMillis);
      require(scalarFactor > 0, "scalarFactor must be positive: " + scalarFactor);
    }
  }

  FloorsConfig {
    smaller = List.copyOf(smaller);
    questions = List.copyOf(questions);
    links = List.copyOf(links);
    require(poolDrives >= 1, "poolDrives must be at least 1: " + poolDrives);
    require(tables >= 1, "tables must be at least 1: " + tables);
    require(smaller.stream().allMatch(drives -> drives >= 1), "a table needs drives: " + smaller);
    require(periodMillis > 0, "periodMillis must be positive: " + periodMillis);
    require(!questions.isEmpty() && !links.isEmpty(), "a study needs questions and links");
    distinct("question", questions.stream().map(Question::text).toList());
    distinct("link", links.stream().map(Condition::name).toList());
  }

  long periodNanos() {
    return Math.round(periodMillis * 1e6);
  }
}
