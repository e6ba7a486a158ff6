package dev.sluice.training.head;

import java.util.List;

/**
 * A trained classifier on a cut: pooled features, then layers with ReLU between them. The last
 * layer yields logits.
 *
 * @param pooling what it sees
 * @param layers at least one; the first takes {@code pooling.features()} values
 */
public record ExitHead(Pooling pooling, List<DenseLayer> layers) {
  public ExitHead {
    layers = List.copyOf(layers);
    int width = pooling.features();
    for (DenseLayer layer : layers) {
      if (layer.inputs() != width) {
        throw new IllegalArgumentException(layer + " behind " + width + " values");
      }
      width = layer.outputs();
    }
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("a head needs a layer");
    }
  }

  /** Returns the multiply-accumulates for one sample; pooling counts none. */
  public long macs() {
    return layers.stream().mapToLong(l -> (long) l.inputs() * l.outputs()).sum();
  }

  /** Returns the logits of one sample's features. */
  public float[] logits(float[] features) {
    float[] values = features;
    for (int i = 0; i < layers.size(); i++) {
      values = layers.get(i).apply(values);
      for (int j = 0; j < values.length && i + 1 < layers.size(); j++) {
        values[j] = Math.max(0, values[j]);
      }
    }
    return values;
  }
}
