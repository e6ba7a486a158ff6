package dev.sluice.model.stage;

import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Shapes (without the batch dimension) and element types of the tensors at a place. Immutable. */
final class Signature {
  private final int[][] shapes;
  private final TensorType[] types;

  Signature(List<int[]> shapes, List<TensorType> types) {
    this.shapes = shapes.stream().map(int[]::clone).toArray(int[][]::new);
    this.types = types.toArray(TensorType[]::new);
    if (this.shapes.length != this.types.length) {
      throw new IllegalArgumentException(shapes.size() + " shapes for " + types.size() + " types");
    }
  }

  static Signature of(CutInfo cut) {
    return new Signature(cut.shapes(), cut.types());
  }

  static Signature of(OnnxEngine.Tensors tensors) {
    List<int[]> shapes = new ArrayList<>(tensors.size());
    List<TensorType> types = new ArrayList<>(tensors.size());
    for (int i = 0; i < tensors.size(); i++) {
      long[] shape = tensors.shape(i);
      int[] one = new int[Math.max(0, shape.length - 1)];
      for (int d = 0; d < one.length; d++) {
        one[d] = Math.toIntExact(shape[d + 1]);
      }
      shapes.add(one);
      types.add(tensors.type(i));
    }
    return new Signature(shapes, types);
  }

  int size() {
    return shapes.length;
  }

  List<int[]> shapes() {
    List<int[]> copy = new ArrayList<>(shapes.length);
    for (int[] shape : shapes) {
      copy.add(shape.clone());
    }
    return copy;
  }

  TensorType type(int tensor) {
    return types[tensor];
  }

  List<TensorType> types() {
    return List.of(types);
  }

  /** Returns the elements of a tensor for one sample. */
  int elements(int tensor) {
    int elements = 1;
    for (int dimension : shapes[tensor]) {
      elements = Math.multiplyExact(elements, dimension);
    }
    return elements;
  }

  /** Returns the shape of a tensor for a batch. */
  long[] batched(int tensor, long batch) {
    long[] whole = new long[shapes[tensor].length + 1];
    whole[0] = batch;
    for (int d = 0; d < shapes[tensor].length; d++) {
      whole[d + 1] = shapes[tensor][d];
    }
    return whole;
  }

  boolean matches(Signature other) {
    return Arrays.equals(types, other.types) && Arrays.deepEquals(shapes, other.shapes);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < types.length; i++) {
      text.append(i == 0 ? "" : ", ").append(types[i]).append(Arrays.toString(shapes[i]));
    }
    return text.append(']').toString();
  }
}
