package dev.sluice.model.engine;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.onnxruntime.engine.OrtNDArray;
import ai.djl.training.ParameterStore;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * ONNX Runtime through DJL: loads models into sessions and wraps memory into tensors. The only
 * class that knows the engine. Thread-safe.
 *
 * <p>Owns the native memory of every session and tensor made from it: closing the engine frees what
 * was left open, once the runs under way have ended. Closed things fail fast.
 */
public final class OnnxEngine implements AutoCloseable {
  /*
   * DJL hands an array to ONNX Runtime without a copy only if it is the engine's own (OrtNDArray).
   * It matches arrays to inputs by name when the first one has a name, by order otherwise. Outputs
   * carry names given by the session that made them, so these are taken off: one array may then
   * feed several sessions at the same time.
   *
   * DJL attaches a session's outputs to the manager of its first input. All tensors therefore live
   * in one manager, which outlives every run.
   */
  private static final String NAME = "OnnxRuntime";

  private final EngineOptions options;
  private final NDManager manager;
  private final ParameterStore parameters;
  private final BufferPool pool = new BufferPool();
  private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
  private final RefCount open = new RefCount("the inference engine", this::free);

  private OnnxEngine(EngineOptions options) {
    this.options = options;
    this.manager = Engine.getEngine(NAME).newBaseManager(Device.cpu());
    this.parameters = new ParameterStore(manager, false);
  }

  /**
   * Starts the engine, or joins the one that the process has already. Whoever also uses ONNX
   * Runtime directly must do so afterwards: DJL insists on creating its environment.
   */
  public static OnnxEngine start(EngineOptions options) {
    // DJL would otherwise look for a second engine to compute with, and report its start to its
    // makers where it believes to be in their cloud.
    setUnlessSet("ai.djl.onnx.disable_alternative", "true");
    setUnlessSet("OPT_OUT_TRACKING", "true");
    return new OnnxEngine(options);
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** Allocates a direct buffer in the byte order that tensors need. */
  public static FloatBuffer allocate(int floats) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(floats, Float.BYTES))
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  /**
   * Loads a model.
   *
   * @param onnx a complete ONNX model
   * @param what names it in messages
   * @return the caller's to close
   * @throws IllegalArgumentException if the engine does not take it
   */
  public Session load(byte[] onnx, String what) {
    open.acquire();
    Model model = Model.newInstance(what, Device.cpu(), NAME);
    boolean loaded = false;
    try (SessionOptions session = new SessionOptions()) {
      session.setIntraOpNumThreads(options.threads());
      session.setInterOpNumThreads(1);
      // A spinning pool per session starves all others as soon as there are several.
      session.addConfigEntry("session.intra_op.allow_spinning", "0");
      session.addConfigEntry("session.inter_op.allow_spinning", "0");
      model.load(new ByteArrayInputStream(onnx), Map.of("sessionOptions", session));
      // DJL makes an empty directory for every model that is not a file.
      Files.deleteIfExists(model.getModelPath());
      Session result = new Session(model, what);
      sessions.add(result);
      loaded = true;
      return result;
    } catch (OrtException | MalformedModelException | IOException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IllegalArgumentException(what + " cannot be run: " + cause.getMessage(), e);
    } finally {
      if (!loaded) {
        model.close();
      }
      open.release();
    }
  }

  /**
   * Makes tensors over buffers. A direct buffer in native order, writable, at position 0 and filled
   * to its capacity is used in place and must not be changed while the tensors are open; any other
   * is copied.
   *
   * @param values one buffer per tensor, read from position to limit
   * @param shapes shape of each, batch dimension first
   * @return the caller's to close
   */
  public Tensors wrap(List<FloatBuffer> values, List<long[]> shapes) {
    if (values.size() != shapes.size() || values.isEmpty()) {
      throw new IllegalArgumentException(
          values.size() + " buffers for " + shapes.size() + " tensors");
    }
    open.acquire();
    NDList arrays = new NDList();
    boolean done = false;
    try {
      List<FloatBuffer> views = new ArrayList<>();
      for (int i = 0; i < values.size(); i++) {
        Shape shape = new Shape(shapes.get(i).clone());
        FloatBuffer buffer = inPlaceOrCopied(values.get(i), shape);
        arrays.add(manager.create(buffer, shape, DataType.FLOAT32));
        views.add(buffer.asReadOnlyBuffer());
      }
      done = true;
      return new Tensors(arrays, views);
    } finally {
      if (!done) {
        arrays.close();
      }
      open.release();
    }
  }

  /**
   * Makes a tensor whose values are written straight into its memory, which is reused after it is
   * closed: views of it must not be read then.
   *
   * @param shape batch dimension first
   * @param fill writes all values, from position 0 to the limit
   * @return the caller's to close
   */
  public Tensors fill(long[] shape, Consumer<FloatBuffer> fill) {
    open.acquire();
    try {
      Shape whole = new Shape(shape.clone());
      FloatBuffer buffer = pool.take(Math.toIntExact(whole.size()));
      fill.accept(buffer.duplicate());
      NDList array = new NDList(manager.create(buffer.duplicate(), whole, DataType.FLOAT32));
      return new Tensors(
          array,
          List.of(buffer.asReadOnlyBuffer()),
          () -> {
            array.close();
            pool.giveBack(buffer);
          });
    } finally {
      open.release();
    }
  }

  private static FloatBuffer inPlaceOrCopied(FloatBuffer values, Shape shape) {
    if (values.remaining() != shape.size()) {
      throw new IllegalArgumentException(
          values.remaining() + " floats for a tensor of shape " + shape);
    }
    if (values.isDirect()
        && !values.isReadOnly()
        && values.order() == ByteOrder.nativeOrder()
        && values.remaining() == values.capacity()) {
      return values.duplicate();
    }
    return allocate(values.remaining()).put(values.duplicate()).flip();
  }

  /** Refuses further work; frees all native memory when the last run has ended. */
  @Override
  public void close() {
    open.close();
  }

  private void free() {
    sessions.forEach(session -> session.open.close());
    manager.close();
  }

  /** A loaded model. Thread-safe. */
  public final class Session implements AutoCloseable {
    private final Block block;
    private final String what;
    private final RefCount open;

    private Session(Model model, String what) {
      this.block = model.getBlock();
      this.what = what;
      this.open = new RefCount(what, model::close);
    }

    /**
     * Runs the model.
     *
     * @param inputs in the order of the model's inputs; stays the caller's
     * @return the outputs in the order of the model's; the caller's to close
     * @throws IllegalStateException if the session, the engine or the inputs are closed
     * @throws IllegalArgumentException if the engine refuses the inputs
     */
    public Tensors run(Tensors inputs) {
      OnnxEngine.this.open.acquire();
      try {
        open.acquire();
        try {
          inputs.open.acquire();
          try {
            return new Tensors(forward(inputs.arrays), List.of());
          } finally {
            inputs.open.release();
          }
        } finally {
          open.release();
        }
      } finally {
        OnnxEngine.this.open.release();
      }
    }

    private NDList forward(NDList inputs) {
      NDList outputs;
      try {
        outputs = block.forward(parameters, inputs, false);
      } catch (EngineException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        throw new IllegalArgumentException(what + " cannot run: " + cause.getMessage(), e);
      }
      for (NDArray output : outputs) {
        output.setName(null);
      }
      return outputs;
    }

    /** Frees the session when the last run has ended; closing again is harmless. */
    @Override
    public void close() {
      sessions.remove(this);
      open.close();
    }
  }

  /** Native tensors. One owner, who closes them; closing again is harmless. */
  public final class Tensors implements AutoCloseable {
    private final NDList arrays;
    private final @Nullable FloatBuffer[] views;
    private final RefCount open;

    private Tensors(NDList arrays, List<FloatBuffer> views) {
      this(arrays, views, arrays::close);
    }

    private Tensors(NDList arrays, List<FloatBuffer> views, Runnable free) {
      this.arrays = arrays;
      this.views = new FloatBuffer[arrays.size()];
      for (int i = 0; i < views.size(); i++) {
        this.views[i] = views.get(i);
      }
      this.open = new RefCount("the tensor", free);
    }

    /** Returns how many tensors there are. */
    public int size() {
      return arrays.size();
    }

    /** Returns a tensor's shape, batch dimension first. */
    public long[] shape(int tensor) {
      return reading(() -> arrays.get(tensor).getShape().getShape().clone());
    }

    /** Returns whether a tensor holds float32 values. */
    public boolean isFloat(int tensor) {
      return reading(() -> ((OrtNDArray) arrays.get(tensor)).getTensor().getInfo())
          .type
          .equals(OnnxJavaType.FLOAT);
    }

    /**
     * Returns a read-only view of a float32 tensor. The engine shows no view of memory of its own,
     * so an output is copied to the heap on the first call.
     */
    public FloatBuffer floats(int tensor) {
      return reading(
          () -> {
            synchronized (views) {
              FloatBuffer view = views[tensor];
              if (view == null) {
                view =
                    ((OrtNDArray) arrays.get(tensor))
                        .getTensor()
                        .getFloatBuffer()
                        .asReadOnlyBuffer();
                views[tensor] = view;
              }
              return view.duplicate();
            }
          });
    }

    /** Takes the last tensor out: returns its values and frees its memory. For the owner only. */
    public float[] removeLast() {
      return reading(
          () -> {
            NDArray last = arrays.remove(arrays.size() - 1);
            try {
              float[] values = new float[Math.toIntExact(last.getShape().size())];
              ((OrtNDArray) last).getTensor().getFloatBuffer().get(values);
              return values;
            } finally {
              last.close();
            }
          });
    }

    private <T> T reading(Supplier<T> read) {
      OnnxEngine.this.open.acquire();
      try {
        open.acquire();
        try {
          return read.get();
        } finally {
          open.release();
        }
      } finally {
        OnnxEngine.this.open.release();
      }
    }

    @Override
    public void close() {
      open.close();
    }
  }
}
