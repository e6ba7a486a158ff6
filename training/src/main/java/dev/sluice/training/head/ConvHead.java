package dev.sluice.training.head;

import dev.sluice.model.bundle.HeadKind;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * A small convolutional classifier: a pointwise convolution that reduces the channels, one with a 3
 * by 3 kernel, pooling, and a fully connected layer.
 *
 * @param view the feature map in cells
 * @param convolutions each with a ReLU; the first takes the view's channels
 * @param pooling of the last one's map
 * @param last yields logits
 */
public record ConvHead(
    CellView view, List<ConvLayer> convolutions, Pooling pooling, DenseLayer last)
    implements ExitHead {
  public ConvHead {
    convolutions = List.copyOf(convolutions);
    int channels = view.channels();
    int side = view.side();
    for (ConvLayer layer : convolutions) {
      if (layer.inputs() != channels || layer.side() != side) {
        throw new IllegalArgumentException(
            "%s behind %d channels of %dx%d".formatted(layer, channels, side, side));
      }
      channels = layer.outputs();
      side = layer.outSide();
    }
    if (convolutions.isEmpty()
        || pooling.channels() != channels
        || pooling.height() != side
        || pooling.width() != side
        || last.inputs() != pooling.features()) {
      throw new IllegalArgumentException(
          "%s and %s behind %d channels of %dx%d".formatted(pooling, last, channels, side, side));
    }
  }

  @Override
  public HeadKind kind() {
    return HeadKind.CONVOLUTIONAL;
  }

  @Override
  public int classes() {
    return last.outputs();
  }

  @Override
  public long macs() {
    return convolutions.stream().mapToLong(ConvLayer::macs).sum()
        + (long) last.inputs() * last.outputs();
  }

  @Override
  public float[] logits(float[] features) {
    float[] map = features;
    for (ConvLayer layer : convolutions) {
      map = layer.apply(map);
    }
    float[] pooled = new float[pooling.features()];
    pooling.apply(FloatBuffer.wrap(map), pooled);
    return last.apply(pooled);
  }
}
