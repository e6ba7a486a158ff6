package dev.sluice.model.stage;

import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;

/** An activation in the engine's memory. */
final class NativeActivation implements Activation {
  private final OnnxEngine.Tensors tensors;
  private final Signature signature;
  private final int batch;

  NativeActivation(OnnxEngine.Tensors tensors) {
    this.tensors = tensors;
    this.signature = Signature.of(tensors);
    long[] first = tensors.shape(0);
    this.batch = first.length == 0 ? 1 : Math.toIntExact(first[0]);
  }

  OnnxEngine.Tensors tensors() {
    return tensors;
  }

  Signature signature() {
    return signature;
  }

  @Override
  public int batch() {
    return batch;
  }

  @Override
  public List<int[]> shapes() {
    return signature.shapes();
  }

  @Override
  public TensorType type(int tensor) {
    return signature.type(tensor);
  }

  @Override
  public FloatBuffer floats(int tensor) {
    return tensors.floats(tensor);
  }

  @Override
  public ByteBuffer bytes(int tensor) {
    return tensors.bytes(tensor);
  }

  @Override
  public Activation rows(int[] samples) {
    return new NativeActivation(tensors.rows(samples));
  }

  @Override
  public void close() {
    tensors.close();
  }
}
