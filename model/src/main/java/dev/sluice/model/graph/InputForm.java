package dev.sluice.model.graph;

import dev.sluice.model.tensor.TensorType;
import java.util.Arrays;

/** What an input takes. Immutable. */
public final class InputForm {
  private final TensorType type;
  private final long[] shape;
  private final boolean batch;

  InputForm(TensorType type, long[] shape, boolean batch) {
    this.type = type;
    this.shape = shape.clone();
    this.batch = batch;
  }

  /** Returns the element type. */
  public TensorType type() {
    return type;
  }

  /** Returns the number of the element type in ONNX, such as 1 for float32. */
  public int elementType() {
    return type.onnxNumber();
  }

  /** Returns whether the first dimension is the batch. */
  public boolean hasBatch() {
    return batch;
  }

  /** Returns the values of one sample; all of them where there is no batch dimension. */
  public long elementsPerSample() {
    return GraphShapes.product(shape, batch ? 1 : 0);
  }

  /** Returns the whole shape for so many samples. */
  public long[] shape(long samples) {
    long[] whole = shape.clone();
    if (batch) {
      whole[0] = samples;
    }
    return whole;
  }

  @Override
  public String toString() {
    return type + Arrays.toString(shape);
  }
}
