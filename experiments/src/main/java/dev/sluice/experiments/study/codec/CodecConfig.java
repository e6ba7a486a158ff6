package dev.sluice.experiments.study.codec;

import static dev.sluice.experiments.study.grid.StudyFile.distinct;
import static dev.sluice.experiments.study.grid.StudyFile.require;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.training.CodecSearch;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The conditions of the study, as its YAML gives them. Immutable.
 *
 * @param networks that take part where they are found
 * @param mostCuts how many interior cuts of a network are compared, spread over it; all if absent
 * @param pictures what is tried at the input
 * @param rival what is tried of the rival's codec
 * @param search how far codecs of a bundle's kind are searched
 */
record CodecConfig(
    @JsonProperty(required = true) List<Network> networks,
    @Nullable Integer mostCuts,
    @JsonProperty(required = true) Pictures pictures,
    @JsonProperty(required = true) Rival rival,
    @JsonProperty(required = true) Search search) {

  /**
   * A network with how much of its data is used.
   *
   * @param name of one that the study knows
   * @param train samples that codecs are fitted on, at least 2
   * @param select samples, of RoadSigns drives, that they are chosen on, at least 2
   * @param test samples that are reported, at least 2
   * @param mostLostPoints of accuracy that a chosen codec may lose on select, at least 0
   */
  record Network(
      @JsonProperty(required = true) String name,
      @JsonProperty(required = true) int train,
      @JsonProperty(required = true) int select,
      @JsonProperty(required = true) int test,
      @JsonProperty(required = true) double mostLostPoints) {
    Network {
      require(
          Subjects.NAMES.contains(name),
          "no network is called '%s'; there are %s"
              .formatted(name, String.join(", ", Subjects.NAMES)));
      require(
          train >= 2 && select >= 2 && test >= 2,
          name + ": train, select and test must be at least 2");
      require(mostLostPoints >= 0, name + ": mostLostPoints must not be negative");
    }
  }

  /**
   * Picture codecs, beside those without settings.
   *
   * @param qualities in {@code [1, 100]}
   * @param scales of the picture's sides, in {@code (0, 1]}
   */
  record Pictures(
      @JsonProperty(required = true) List<Integer> qualities,
      @JsonProperty(required = true) List<Double> scales) {
    Pictures {
      qualities = List.copyOf(qualities);
      scales = List.copyOf(scales);
      require(
          qualities.stream().allMatch(quality -> quality >= 1 && quality <= 100),
          "qualities not in [1, 100]: " + qualities);
      require(
          scales.stream().allMatch(scale -> scale > 0 && scale <= 1),
          "scales not in (0, 1]: " + scales);
    }

    /** What names of codecs end in, such as {@code @0.5}; nothing for the whole picture. */
    List<String> suffixes() {
      return scales.stream().map(scale -> scale == 1 ? "" : "@" + scale).toList();
    }
  }

  /**
   * Quantisers of the rival.
   *
   * @param levels at least 2 each
   * @param exchanges what a bit is worth, positive
   */
  record Rival(
      @JsonProperty(required = true) List<Integer> levels,
      @JsonProperty(required = true) List<Double> exchanges) {
    Rival {
      levels = List.copyOf(levels);
      exchanges = List.copyOf(exchanges);
      require(levels.stream().allMatch(count -> count >= 2), "levels below 2: " + levels);
      require(
          exchanges.stream().allMatch(exchange -> exchange > 0),
          "exchanges must be positive: " + exchanges);
    }
  }

  /** As {@link CodecSearch.Options}. */
  record Search(
      @JsonProperty(required = true) List<Double> steps,
      @JsonProperty(required = true) List<Double> lambdas,
      @JsonProperty(required = true) int fitSamples,
      @JsonProperty(required = true) int firstSamples,
      @JsonProperty(required = true) int samples,
      @JsonProperty(required = true) int mostPerCut) {
    Search {
      steps = List.copyOf(steps);
      lambdas = List.copyOf(lambdas);
      new CodecSearch.Options(1, 0, steps, lambdas, fitSamples, firstSamples, samples, mostPerCut);
    }

    CodecSearch.Options options(int threads, long seed) {
      return new CodecSearch.Options(
          threads, seed, steps, lambdas, fitSamples, firstSamples, samples, mostPerCut);
    }
  }

  CodecConfig {
    networks = List.copyOf(networks);
    require(!networks.isEmpty(), "a study needs networks");
    require(mostCuts == null || mostCuts >= 1, "mostCuts must be at least 1: " + mostCuts);
    distinct("network", networks.stream().map(Network::name).toList());
  }

  /** How much of a network's data is used; none if it takes no part. */
  Optional<Network> network(String name) {
    return networks.stream().filter(network -> network.name().equals(name)).findFirst();
  }

  /** The interior cuts of a network that are compared: all, or some spread over it. */
  List<Integer> cuts(Subject subject) {
    int interior = subject.network().lastCut() - 1;
    return mostCuts != null && interior > mostCuts
        ? IntStream.range(0, mostCuts)
            .mapToObj(i -> 1 + (2 * i + 1) * interior / (2 * mostCuts))
            .toList()
        : IntStream.rangeClosed(1, interior).boxed().toList();
  }
}
