package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.profile.CalibrationTable;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The independent parts of a table: its sequences, and each sample that belongs to none. Immutable
 * by convention.
 */
final class Clusters {
  /** By sample, the number of its cluster, counted from 0 in order of first appearance. */
  final int[] of;

  /** By cluster, its samples. */
  final int[] sizes;

  private Clusters(int[] of, int[] sizes) {
    this.of = of;
    this.sizes = sizes;
  }

  static Clusters of(CalibrationTable table) {
    int[] of = new int[table.samples()];
    int[] sizes = new int[table.samples()];
    Map<Integer, Integer> numbers = new HashMap<>();
    int count = 0;
    for (int s = 0; s < of.length; s++) {
      int sequence = table.sequence(s);
      Integer known = sequence < 0 ? null : numbers.get(sequence);
      if (known == null) {
        known = count++;
        if (sequence >= 0) {
          numbers.put(sequence, known);
        }
      }
      of[s] = known;
      sizes[known]++;
    }
    return new Clusters(of, Arrays.copyOf(sizes, count));
  }

  int count() {
    return sizes.length;
  }

  /** Whether some samples share a cluster. */
  boolean dependent() {
    return sizes.length < of.length;
  }

  /** Returns the size of the cluster of a sample, on average over samples; at least 1. */
  double meanSizeBySample() {
    double squares = 0;
    for (int size : sizes) {
      squares += (double) size * size;
    }
    return squares / of.length;
  }
}
