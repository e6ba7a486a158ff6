package dev.sluice.model.graph;

import dev.sluice.model.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A place where a network can be divided: the tensors that are live between two neighbouring nodes
 * of its order. Constants are never live.
 *
 * @param position nodes before the cut, from 0 (the input)
 * @param name name of the node before it, or of the input
 * @param tensors live tensors in the order they are computed, at least one
 * @param shapes shape of each tensor without the batch dimension
 * @param types element type of each tensor
 * @param bytes bytes of one sample's tensors as they are in memory
 * @param macsBefore multiply-accumulates of one sample before the cut
 */
public record CutPoint(
    int position,
    String name,
    List<String> tensors,
    List<int[]> shapes,
    List<TensorType> types,
    long bytes,
    long macsBefore) {
  public CutPoint {
    tensors = List.copyOf(tensors);
    shapes = copyOf(shapes);
    types = List.copyOf(types);
    if (position < 0 || bytes < 0 || macsBefore < 0) {
      throw new IllegalArgumentException("negative position, bytes or MACs at " + name);
    }
    if (tensors.isEmpty() || tensors.size() != shapes.size() || tensors.size() != types.size()) {
      throw new IllegalArgumentException("every tensor needs its shape and type at " + name);
    }
  }

  @Override
  public List<int[]> shapes() {
    return copyOf(shapes);
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
    return other instanceof CutPoint that
        && position == that.position
        && name.equals(that.name)
        && tensors.equals(that.tensors)
        && Arrays.deepEquals(shapes.toArray(), that.shapes.toArray())
        && types.equals(that.types)
        && bytes == that.bytes
        && macsBefore == that.macsBefore;
  }

  @Override
  public int hashCode() {
    return 31 * position + tensors.hashCode();
  }

  @Override
  public String toString() {
    return "CutPoint[%d %s %s %s %s, %d bytes, %d MACs before]"
        .formatted(
            position,
            name,
            tensors,
            Arrays.deepToString(shapes.toArray()),
            types,
            bytes,
            macsBefore);
  }
}
