package dev.sluice.model.stage;

import dev.sluice.model.engine.OnnxEngine;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/** An activation in the engine's memory. */
final class NativeActivation implements Activation {
  private final OnnxEngine.Tensors tensors;

  NativeActivation(OnnxEngine.Tensors tensors) {
    this.tensors = tensors;
  }

  OnnxEngine.Tensors tensors() {
    return tensors;
  }

  @Override
  public int batch() {
    return Math.toIntExact(tensors.shape(0)[0]);
  }

  @Override
  public List<int[]> shapes() {
    List<int[]> shapes = new ArrayList<>(tensors.size());
    for (int i = 0; i < tensors.size(); i++) {
      long[] shape = tensors.shape(i);
      int[] one = new int[Math.max(0, shape.length - 1)];
      for (int d = 0; d < one.length; d++) {
        one[d] = Math.toIntExact(shape[d + 1]);
      }
      shapes.add(one);
    }
    return shapes;
  }

  @Override
  public FloatBuffer floats(int tensor) {
    return tensors.floats(tensor);
  }

  @Override
  public void close() {
    tensors.close();
  }
}
