package dev.sluice.scheduler.rival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.NetworkLayers;
import dev.sluice.scheduler.profile.NetworkLayers.Kind;
import dev.sluice.scheduler.profile.NetworkLayers.Layer;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.Profile.HeadTime;
import dev.sluice.scheduler.profile.Profile.SegmentTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayerCostsTest {
  private static final double LAUNCH_NANOS = 3_000;

  /** By kind: nanoseconds per unit of size. */
  private static double law(Kind kind) {
    return switch (kind) {
      case CONVOLUTION -> 0.02;
      case DEPTHWISE_CONVOLUTION -> 0.3;
      case FULLY_CONNECTED -> 0.05;
      case POOLING -> 1.5;
      case OTHER -> 0.8;
    };
  }

  private static double law(List<Layer> part) {
    return part.stream()
        .mapToDouble(layer -> LAUNCH_NANOS + law(layer.kind()) * layer.size())
        .sum();
  }

  private static List<Layer> part(SplittableRandom random) {
    List<Layer> part = new ArrayList<>();
    for (int layer = 1 + random.nextInt(6); layer > 0; layer--) {
      part.add(
          new Layer(
              Kind.values()[random.nextInt(Kind.values().length)],
              1e4 * Math.exp(5 * random.nextDouble())));
    }
    return part;
  }

  private static List<List<Layer>> parts(SplittableRandom random, int count) {
    List<List<Layer>> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      parts.add(part(random));
    }
    return parts;
  }

  private static Profile profile(NetworkLayers layers) {
    List<SegmentTime> segments = new ArrayList<>();
    for (List<Layer> part : layers.segments()) {
      segments.add(new SegmentTime(segments.size() + 1, Math.round(law(part))));
    }
    List<HeadTime> heads = new ArrayList<>();
    layers.heads().forEach((exit, part) -> heads.add(new HeadTime(exit, Math.round(law(part)))));
    return new Profile(Profile.VERSION, "by a law", 0, segments, heads, List.of());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void tellsTheTimesOfPartsItHasNotSeen(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<Integer, List<Layer>> heads = new HashMap<>();
    parts(random, 4).forEach(head -> heads.put(heads.size(), head));
    NetworkLayers layers = new NetworkLayers(parts(random, 12), heads);

    LayerCosts costs = LayerCosts.fit(layers, profile(layers));

    for (List<Layer> unseen : parts(random, 20)) {
      assertThat(costs.nanos(unseen)).isCloseTo(law(unseen), within(1e-3 * law(unseen)));
    }
  }

  @Test
  void aSegmentOfAnotherKindIsNotPricedByItsMultiplications() {
    /* 1e6 MACs take 10 µs per 1e6 in convolutions and 200 µs in depthwise ones. */
    NetworkLayers layers =
        new NetworkLayers(
            List.of(
                List.of(new Layer(Kind.CONVOLUTION, 1e6)),
                List.of(new Layer(Kind.CONVOLUTION, 3e6)),
                List.of(new Layer(Kind.DEPTHWISE_CONVOLUTION, 1e6)),
                List.of(
                    new Layer(Kind.CONVOLUTION, 2e6), new Layer(Kind.DEPTHWISE_CONVOLUTION, 2e6))),
            Map.of());
    List<Double> millis = List.of(0.01, 0.03, 0.2, 0.42);
    BundleFacts facts = HandMade.chain(millis, millis, List.of());

    double[] knowing = Timing.REGRESSION.segmentNanos(facts.with(layers), facts.profile());

    for (int cut = 1; cut <= 4; cut++) {
      assertThat(knowing[cut]).isCloseTo(millis.get(cut - 1) * 1e6, within(1.0));
    }
    assertThat(knowing[0]).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void noOtherWeightsThatAreNotNegativeComeNearer(long seed) {
    /* Kuhn and Tucker: no slope along a positive weight, none that descends along a weight of 0. */
    SplittableRandom random = new SplittableRandom(seed);
    int columns = 1 + random.nextInt(6);
    double[][] rows = new double[columns + random.nextInt(6)][columns];
    double[] values = new double[rows.length];
    for (int r = 0; r < rows.length; r++) {
      values[r] = random.nextDouble() - 0.3;
      for (int c = 0; c < columns; c++) {
        rows[r][c] = random.nextDouble();
      }
    }

    double[] weights = LayerCosts.notNegative(rows, values);

    double[] missing = values.clone();
    for (int r = 0; r < rows.length; r++) {
      for (int c = 0; c < columns; c++) {
        missing[r] -= rows[r][c] * weights[c];
      }
    }
    for (int c = 0; c < columns; c++) {
      double descent = 0;
      for (int r = 0; r < rows.length; r++) {
        descent += rows[r][c] * missing[r];
      }
      assertThat(weights[c]).isNotNegative();
      if (weights[c] > 0) {
        assertThat(descent).isCloseTo(0, within(1e-9));
      } else {
        assertThat(descent).isLessThan(1e-9);
      }
    }
  }

  @Test
  void kindsThatAlwaysComeTogetherShareACost() {
    List<Layer> twins = List.of(new Layer(Kind.CONVOLUTION, 2e6), new Layer(Kind.POOLING, 4e3));
    List<Layer> twice = List.of(new Layer(Kind.CONVOLUTION, 4e6), new Layer(Kind.POOLING, 8e3));
    NetworkLayers layers = new NetworkLayers(List.of(twins, twice), Map.of());

    LayerCosts costs = LayerCosts.fit(layers, profile(layers));

    assertThat(costs.nanos(twins)).isCloseTo(law(twins), within(1.0));
    assertThat(costs.nanos(twice)).isCloseTo(law(twice), within(1.0));
  }

  @Test
  void layersMustBeOfTheBundle() {
    BundleFacts facts = HandMade.chain(List.of(1.0, 2.0), List.of(1.0, 2.0), List.of());

    assertThatThrownBy(() -> facts.with(new NetworkLayers(List.of(List.of()), Map.of())))
        .hasMessageContaining("1 segments");
    assertThatThrownBy(() -> new Layer(Kind.OTHER, Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
