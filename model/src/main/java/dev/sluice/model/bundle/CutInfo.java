package dev.sluice.model.bundle;

import dev.sluice.model.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * A cut that a bundle keeps. Cut 0 is the input, the last one the network's output.
 *
 * @param index its number, from 0 without gaps
 * @param name what people call it
 * @param tensors names of its tensors in {@code backbone.onnx}, at least one
 * @param shapes shape of each tensor without the batch dimension; at most 2^26 values in all
 * @param types element type of each tensor
 * @param macsBefore multiply-accumulates of one sample before the cut; the whole network's at the
 *     last cut
 */
public record CutInfo(
    int index,
    String name,
    List<String> tensors,
    List<int[]> shapes,
    List<TensorType> types,
    long macsBefore) {
  public CutInfo {
    tensors = List.copyOf(tensors);
    shapes = copyOf(shapes);
    types = List.copyOf(types);
    if (index < 0 || macsBefore < 0) {
      throw new IllegalArgumentException("cut " + index + " has a negative index or MACs");
    }
    if (tensors.isEmpty() || tensors.size() != shapes.size()) {
      throw new IllegalArgumentException("cut " + index + ": every tensor needs its shape");
    }
    if (types.size() != tensors.size()) {
      throw new IllegalArgumentException("cut " + index + ": every tensor needs its type");
    }
    long all = 0;
    for (int[] shape : shapes) {
      // Bounds whatever is allocated for a cut, on both sides of a link.
      long elements = shape.length > 8 ? Long.MAX_VALUE : elements(shape);
      if (elements > MAX_ELEMENTS - all) {
        throw new IllegalArgumentException(
            "cut " + index + " is too large with shape " + Arrays.toString(shape));
      }
      all += elements;
    }
  }

  /** Makes a cut whose tensors are all float32. */
  public CutInfo(
      int index, String name, List<String> tensors, List<int[]> shapes, long macsBefore) {
    this(
        index,
        name,
        tensors,
        shapes,
        Collections.nCopies(tensors.size(), TensorType.FLOAT32),
        macsBefore);
  }

  private static final long MAX_ELEMENTS = 1L << 26;

  @Override
  public List<int[]> shapes() {
    return copyOf(shapes);
  }

  /** Returns the number of values of one sample, all tensors together. */
  public long elements() {
    return shapes.stream().mapToLong(CutInfo::elements).sum();
  }

  /** Returns the bytes of one sample in memory, all tensors together. */
  public long bytes() {
    long bytes = 0;
    for (int i = 0; i < shapes.size(); i++) {
      bytes += types.get(i).bytes() * elements(shapes.get(i));
    }
    return bytes;
  }

  private static long elements(int[] shape) {
    long elements = 1;
    for (int dimension : shape) {
      if (dimension < 1 || elements > MAX_ELEMENTS) {
        return Long.MAX_VALUE;
      }
      elements *= dimension;
    }
    return elements;
  }

  private static List<int[]> copyOf(List<int[]> shapes) {
    List<int[]> copy = new ArrayList<>(shapes.size());
    for (int[] shape : shapes) {
      copy.add(shape.clone());
    }
    return List.copyOf(copy);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CutInfo that
        && index == that.index
        && name.equals(that.name)
        && tensors.equals(that.tensors)
        && Arrays.deepEquals(shapes.toArray(), that.shapes.toArray())
        && types.equals(that.types)
        && macsBefore == that.macsBefore;
  }

  @Override
  public int hashCode() {
    return 31 * index + tensors.hashCode();
  }

  @Override
  public String toString() {
    return "CutInfo[%d %s %s %s %s, %d MACs before]"
        .formatted(index, name, tensors, Arrays.deepToString(shapes.toArray()), types, macsBefore);
  }
}
