package dev.sluice.training.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.ArrayList;
import java.util.List;

/**
 * A classifier on a block's output: depthwise-separable convolutions that halve the map, global
 * pooling and one fully connected layer.
 */
final class ExitBranch extends AbstractBlock {
  private final List<ConvUnit> convs = new ArrayList<>();
  private final Linear linear;
  private final boolean maxPooled;
  private final int inChannels;
  private final int inSize;
  private final int features;
  private final int classes;

  /**
   * Makes a branch.
   *
   * @param maxPooled whether the maxima of the channels are features beside their means
   * @param widths output channels of each separable convolution
   */
  ExitBranch(int inChannels, int inSize, int classes, boolean maxPooled, int... widths) {
    this.inChannels = inChannels;
    this.inSize = inSize;
    this.classes = classes;
    this.maxPooled = maxPooled;
    int channels = inChannels;
    int size = inSize;
    for (int i = 0; i < widths.length; i++) {
      var depthwise = new ConvUnit(ConvShape.depthwise(channels, 3, 2, size), false);
      size = depthwise.shape().outSize();
      var pointwise = new ConvUnit(ConvShape.dense(channels, widths[i], 1, 1, size), true);
      convs.add(addChildBlock("depthwise" + i, depthwise));
      convs.add(addChildBlock("pointwise" + i, pointwise));
      channels = widths[i];
    }
    features = maxPooled ? 2 * channels : channels;
    linear = addChildBlock("linear", Linear.builder().setUnits(classes).build());
  }

  List<ConvUnit> convs() {
    return List.copyOf(convs);
  }

  boolean maxPooled() {
    return maxPooled;
  }

  int inChannels() {
    return inChannels;
  }

  int inSize() {
    return inSize;
  }

  int features() {
    return features;
  }

  int classes() {
    return classes;
  }

  long macs() {
    return convs.stream().mapToLong(c -> c.shape().macs()).sum() + (long) features * classes;
  }

  /** The fully connected layer's weights, {@code [classes, features]}. */
  float[] weights() {
    return floats("weight");
  }

  /** The fully connected layer's bias, {@code [classes]}. */
  float[] bias() {
    return floats("bias");
  }

  private float[] floats(String name) {
    Parameter parameter = linear.getDirectParameters().get(name);
    return parameter.getArray().toFloatArray();
  }

  NDArray apply(ParameterStore store, NDArray x, boolean training) {
    NDArray y = x;
    for (ConvUnit conv : convs) {
      y = conv.apply(store, y, training);
    }
    NDArray pooled = Pool.globalAvgPool2d(y);
    if (maxPooled) {
      pooled = pooled.concat(Pool.globalMaxPool2d(y), 1);
    }
    return linear.forward(store, new NDList(pooled), training).singletonOrThrow();
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
    return new NDList(apply(store, inputs.singletonOrThrow(), training));
  }

  @Override
  protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
    Shape[] shape = inputs;
    for (ConvUnit conv : convs) {
      conv.initialize(manager, type, shape);
      shape = conv.getOutputShapes(shape);
    }
    linear.initialize(manager, type, new Shape(inputs[0].get(0), features));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputs) {
    return new Shape[] {new Shape(inputs[0].get(0), classes)};
  }
}
