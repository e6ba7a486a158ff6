package dev.sluice.training.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;

/**
 * A convolution without bias, batch normalisation and, if wanted, a ReLU.
 *
 * <p>Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing
 * Internal Covariate Shift", ICML 2015. For export the normalisation folds into the convolution.
 */
final class ConvUnit extends AbstractBlock {
  private static final float EPSILON = 1e-5f;

  private final Conv2d conv;
  private final BatchNorm norm;
  private final ConvShape shape;
  private final boolean relu;

  ConvUnit(ConvShape shape, boolean relu) {
    this.shape = shape;
    this.relu = relu;
    int kernel = shape.kernel();
    conv =
        addChildBlock(
            "conv",
            Conv2d.builder()
                .setKernelShape(new Shape(kernel, kernel))
                .setFilters(shape.outChannels())
                .optStride(new Shape(shape.stride(), shape.stride()))
                .optPadding(new Shape(kernel / 2, kernel / 2))
                .optGroups(shape.groups())
                .optBias(false)
                .build());
    norm = addChildBlock("norm", BatchNorm.builder().optEpsilon(EPSILON).build());
  }

  ConvShape shape() {
    return shape;
  }

  /** Maps {@code [N, in, size, size]} to {@code [N, out, outSize, outSize]}. */
  NDArray apply(ParameterStore store, NDArray x, boolean training) {
    NDList y = conv.forward(store, new NDList(x), training);
    NDArray normed = norm.forward(store, y, training).singletonOrThrow();
    return relu ? normed.getNDArrayInternal().relu() : normed;
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
    return new NDList(apply(store, inputs.singletonOrThrow(), training));
  }

  @Override
  protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
    conv.initialize(manager, type, inputs);
    norm.initialize(manager, type, conv.getOutputShapes(inputs));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputs) {
    return conv.getOutputShapes(inputs);
  }

  /** The same map as one biased convolution, with the running statistics of the normalisation. */
  FoldedConv fold() {
    float[] weights = floats(conv, "weight");
    float[] gamma = floats(norm, "gamma");
    float[] beta = floats(norm, "beta");
    float[] mean = floats(norm, "runningMean");
    float[] variance = floats(norm, "runningVar");
    int perFilter = weights.length / shape.outChannels();
    float[] bias = new float[shape.outChannels()];
    for (int o = 0; o < bias.length; o++) {
      float scale = (float) (gamma[o] / Math.sqrt(variance[o] + EPSILON));
      for (int i = 0; i < perFilter; i++) {
        weights[o * perFilter + i] *= scale;
      }
      bias[o] = beta[o] - mean[o] * scale;
    }
    return new FoldedConv(shape, weights, bias, relu);
  }

  private static float[] floats(AbstractBlock block, String name) {
    Parameter parameter = block.getDirectParameters().get(name);
    return parameter.getArray().toFloatArray();
  }
}
