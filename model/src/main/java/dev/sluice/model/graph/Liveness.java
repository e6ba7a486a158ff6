package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** For each tensor the positions between which it is live. Constants have none. */
final class Liveness {
  private final Map<String, Range> ranges = new LinkedHashMap<>();
  private final int positions;

  /** Live at positions {@code [born, dies]}; read by nodes up to {@code lastRead}. */
  private static final class Range {
    final int born;
    int lastRead = -1;
    int dies = -1;

    Range(int born) {
      this.born = born;
    }
  }

  Liveness(
      List<NodeProto> nodes, List<String> inputs, List<String> outputs, Set<String> constants) {
    positions = nodes.size();
    // Inputs are all live at position 0, so that cut 0 is the whole input.
    inputs.forEach(input -> born(input, 0).dies = 0);
    for (int i = 0; i < nodes.size(); i++) {
      for (String tensor : NodeOrder.reads(nodes.get(i))) {
        Range range = ranges.get(tensor);
        if (range != null && !constants.contains(tensor)) {
          range.dies = i;
          range.lastRead = i;
        }
      }
      for (String output : nodes.get(i).getOutputList()) {
        if (!output.isEmpty()) {
          born(output, i + 1);
        }
      }
    }
    for (String output : outputs) {
      Range range = ranges.get(output);
      if (range != null) {
        range.dies = positions;
      }
    }
  }

  private Range born(String tensor, int position) {
    Range range = new Range(position);
    ranges.put(tensor, range);
    return range;
  }

  List<String> at(int position) {
    if (position < 0 || position > positions) {
      throw new IllegalArgumentException("position not in [0, " + positions + "]: " + position);
    }
    List<String> live = new ArrayList<>();
    ranges.forEach(
        (tensor, range) -> {
          if (range.born <= position && position <= range.dies) {
            live.add(tensor);
          }
        });
    return live;
  }

  /** Returns whether a node at or after a position reads a tensor. */
  boolean isReadAfter(String tensor, int position) {
    Range range = ranges.get(tensor);
    return range != null && range.lastRead >= position;
  }
}
