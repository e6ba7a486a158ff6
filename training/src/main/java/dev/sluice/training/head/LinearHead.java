package dev.sluice.training.head;

import dev.sluice.model.bundle.HeadKind;
import java.util.List;

/**
 * Pooled features, then layers with ReLU between them. The last layer yields logits.
 *
 * @param view pooled channels or tokens
 * @param layers at least one; the first takes {@code view.features()} values
 */
public record LinearHead(HeadView view, List<DenseLayer> layers) implements ExitHead {
  public LinearHead {
    layers = List.copyOf(layers);
    int width = view.features();
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

  @Override
  public HeadKind kind() {
    return view instanceof TokenView ? HeadKind.TOKEN_POOLING : HeadKind.POOLED_LINEAR;
  }

  @Override
  public int classes() {
    return layers.get(layers.size() - 1).outputs();
  }

  @Override
  public long macs() {
    return layers.stream().mapToLong(l -> (long) l.inputs() * l.outputs()).sum();
  }

  @Override
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
