package dev.sluice.training.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.Optional;

/** Two 3×3 convolutions beside a shortcut, which projects where the shape changes. */
final class ResidualUnit extends AbstractBlock {
  private final String name;
  private final ConvUnit first;
  private final ConvUnit second;
  private final Optional<ConvUnit> projection;

  ResidualUnit(String name, int in, int out, int stride, int inSize) {
    this.name = name;
    first = addChildBlock("first", new ConvUnit(ConvShape.dense(in, out, 3, stride, inSize), true));
    int size = first.shape().outSize();
    second = addChildBlock("second", new ConvUnit(ConvShape.dense(out, out, 3, 1, size), false));
    projection =
        in == out && stride == 1
            ? Optional.empty()
            : Optional.of(
                addChildBlock(
                    "projection",
                    new ConvUnit(ConvShape.dense(in, out, 1, stride, inSize), false)));
  }

  String name() {
    return name;
  }

  ConvUnit first() {
    return first;
  }

  ConvUnit second() {
    return second;
  }

  Optional<ConvUnit> projection() {
    return projection;
  }

  int outSize() {
    return second.shape().outSize();
  }

  long macs() {
    return first.shape().macs()
        + second.shape().macs()
        + projection.map(p -> p.shape().macs()).orElse(0L);
  }

  NDArray apply(ParameterStore store, NDArray x, boolean training) {
    NDArray y = second.apply(store, first.apply(store, x, training), training);
    NDArray shortcut = projection.isPresent() ? projection.get().apply(store, x, training) : x;
    return y.add(shortcut).getNDArrayInternal().relu();
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
    return new NDList(apply(store, inputs.singletonOrThrow(), training));
  }

  @Override
  protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
    first.initialize(manager, type, inputs);
    second.initialize(manager, type, first.getOutputShapes(inputs));
    if (projection.isPresent()) {
      projection.get().initialize(manager, type, inputs);
    }
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputs) {
    return first.getOutputShapes(inputs);
  }
}
