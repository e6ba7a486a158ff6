package dev.sluice.training.network;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A trained network, ready to become a bundle.
 *
 * @param backboneOnnx {@code input [N, 3, 96, 96]} to {@code logits [N, classes]}; shared, do not
 *     modify
 * @param exits early exits, nearest the input first
 * @param labels names of the classes in order of the logits
 * @param mean per channel: the network reads {@code (rgb / 255 - mean) / std}
 * @param std per channel
 * @param provenance how it was made and what it scored on the select set, in order
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record TrainedRoadSigns(
    byte[] backboneOnnx,
    List<TrainedExit> exits,
    List<String> labels,
    float[] mean,
    float[] std,
    Map<String, String> provenance) {
  public TrainedRoadSigns {
    exits = List.copyOf(exits);
    labels = List.copyOf(labels);
    mean = mean.clone();
    std = std.clone();
    provenance = Collections.unmodifiableMap(new LinkedHashMap<>(provenance));
  }
}
