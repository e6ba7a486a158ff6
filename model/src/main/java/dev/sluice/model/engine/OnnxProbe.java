package dev.sluice.model.engine;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A model looked into by name: every element type, and outputs that are no tensors (sequences,
 * optional values) left out. For measuring shapes and for comparing, not for the request path. Not
 * thread-safe; owns its session, which closing frees.
 */
public final class OnnxProbe implements AutoCloseable {
  /** How a probe's session is made. */
  public enum Mode {
    /** As stages are: with all optimisations. */
    AS_STAGES,
    /** As the file says, so that loading is quick and every tensor is there to be seen. */
    PLAIN
  }

  private final OnnxEngine environmentOwner;
  private final OrtSession session;
  private final String what;

  private OnnxProbe(OnnxEngine environmentOwner, OrtSession session, String what) {
    this.environmentOwner = environmentOwner;
    this.session = session;
    this.what = what;
  }

  /** What a tensor looks like. */
  public static class Form {
    private final int elementType;
    private final long[] shape;

    /**
     * Makes a form.
     *
     * @param elementType number of its element type in ONNX, such as 1 for float32
     * @param shape every dimension, the batch included
     */
    public Form(int elementType, long[] shape) {
      this.elementType = elementType;
      this.shape = shape.clone();
    }

    /** Returns the number of the element type in ONNX. */
    public final int elementType() {
      return elementType;
    }

    /** Returns every dimension, the batch included. */
    public final long[] shape() {
      return shape.clone();
    }
  }

  /** A tensor with its values. */
  public static final class Value extends Form {
    private final ByteBuffer bytes;

    /**
     * Makes a tensor.
     *
     * @param elementType number of its element type in ONNX, such as 1 for float32
     * @param shape every dimension, the batch included
     * @param bytes its values, row-major, in native byte order, from position to limit
     */
    public Value(int elementType, long[] shape, ByteBuffer bytes) {
      super(elementType, shape);
      this.bytes = bytes.slice();
    }

    /** Returns a view of the values in native byte order, from position 0 to the limit. */
    public ByteBuffer bytes() {
      return bytes.duplicate().order(ByteOrder.nativeOrder());
    }
  }

  /**
   * Loads a model.
   *
   * @param onnx a complete ONNX model
   * @param what names it in messages
   * @return the caller's to close
   * @throws EngineException if the engine does not take it; the message names the node
   */
  public static OnnxProbe load(byte[] onnx, String what, Mode mode) {
    // DJL insists on making the environment itself, before anybody else asks for it.
    OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
    boolean loaded = false;
    try (SessionOptions options = new SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      // What goes wrong is thrown; a tool's output is no place for the engine's own lines.
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      options.setOptimizationLevel(
          mode == Mode.PLAIN ? SessionOptions.OptLevel.NO_OPT : SessionOptions.OptLevel.ALL_OPT);
      options.addConfigEntry(OnnxEngine.EXACT_INTEGERS, "1");
      OrtSession session = OrtEnvironment.getEnvironment().createSession(onnx, options);
      loaded = true;
      return new OnnxProbe(engine, session, what);
    } catch (OrtException e) {
      throw EngineException.refused(what, e);
    } finally {
      if (!loaded) {
        engine.close();
      }
    }
  }

  /** Returns the names of the outputs that are tensors, in the model's order. */
  public List<String> tensorOutputs() {
    List<String> tensors = new ArrayList<>();
    try {
      session
          .getOutputInfo()
          .forEach(
              (name, node) -> {
                if (node.getInfo() instanceof TensorInfo) {
                  tensors.add(name);
                }
              });
    } catch (OrtException e) {
      throw EngineException.refused(what, e);
    }
    return tensors;
  }

  /**
   * Runs the model and looks at the form of its outputs, without copying their values.
   *
   * @param inputs by name
   * @param wanted names of outputs that are tensors
   * @throws EngineException if the engine refuses the inputs; the message names the node
   */
  public Map<String, Form> forms(Map<String, Value> inputs, List<String> wanted) {
    Map<String, Form> forms = new LinkedHashMap<>();
    run(
        inputs,
        wanted,
        (name, tensor) ->
            forms.put(name, new Form(number(tensor.getInfo()), tensor.getInfo().getShape())));
    return forms;
  }

  /**
   * Runs the model.
   *
   * @param inputs by name
   * @param wanted names of outputs that are tensors
   * @return the values, in the order asked for
   * @throws EngineException if the engine refuses the inputs; the message names the node
   */
  public Map<String, Value> run(Map<String, Value> inputs, List<String> wanted) {
    Map<String, Value> values = new LinkedHashMap<>();
    run(
        inputs,
        wanted,
        (name, tensor) -> {
          TensorInfo info = tensor.getInfo();
          values.put(name, new Value(number(info), info.getShape(), copied(tensor)));
        });
    return values;
  }

  private interface Reader {
    void read(String name, OnnxTensor tensor);
  }

  private void run(Map<String, Value> inputs, List<String> wanted, Reader reader) {
    Map<String, OnnxTensorLike> tensors = new LinkedHashMap<>();
    try {
      for (Map.Entry<String, Value> input : inputs.entrySet()) {
        tensors.put(input.getKey(), tensor(input.getValue()));
      }
      Set<String> names = new LinkedHashSet<>(wanted);
      try (OrtSession.Result result = session.run(tensors, names)) {
        for (String name : names) {
          OnnxValue value = result.get(name).orElseThrow();
          if (value instanceof OnnxTensor tensor) {
            reader.read(name, tensor);
          }
        }
      }
    } catch (OrtException e) {
      throw EngineException.failed(what, e);
    } finally {
      tensors.values().forEach(OnnxTensorLike::close);
    }
  }

  /** The engine's numbers of element types are not those of ONNX. */
  private static int number(TensorInfo info) {
    return switch (info.onnxType) {
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT -> 1;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 -> 2;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 -> 3;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16 -> 4;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16 -> 5;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 -> 6;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 -> 7;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING -> 8;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> 9;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 -> 10;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE -> 11;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32 -> 12;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64 -> 13;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_COMPLEX64 -> 14;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_COMPLEX128 -> 15;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 -> 16;
      default -> 0;
    };
  }

  private static ByteBuffer copied(OnnxTensor tensor) {
    Buffer whole = tensor.getByteBuffer();
    ByteBuffer bytes = ((ByteBuffer) whole).duplicate().order(ByteOrder.nativeOrder());
    ByteBuffer copy = ByteBuffer.allocate(bytes.remaining()).order(ByteOrder.nativeOrder());
    return copy.put(bytes).flip();
  }

  private static OnnxTensor tensor(Value value) throws OrtException {
    ByteBuffer bytes = value.bytes();
    if (!bytes.isDirect()) {
      bytes =
          ByteBuffer.allocateDirect(bytes.remaining())
              .order(ByteOrder.nativeOrder())
              .put(bytes)
              .flip();
    }
    return OnnxTensor.createTensor(
        OrtEnvironment.getEnvironment(),
        bytes,
        value.shape(),
        switch (value.elementType()) {
          case 1 -> OnnxJavaType.FLOAT;
          case 2 -> OnnxJavaType.UINT8;
          case 3 -> OnnxJavaType.INT8;
          case 5 -> OnnxJavaType.INT16;
          case 6 -> OnnxJavaType.INT32;
          case 7 -> OnnxJavaType.INT64;
          case 9 -> OnnxJavaType.BOOL;
          case 10 -> OnnxJavaType.FLOAT16;
          case 11 -> OnnxJavaType.DOUBLE;
          case 16 -> OnnxJavaType.BFLOAT16;
          default ->
              throw new IllegalArgumentException(
                  "tensors of element type " + value.elementType() + " cannot be given");
        });
  }

  /** Frees the session; closing again is harmless. */
  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException(what + " cannot be closed", e);
    } finally {
      environmentOwner.close();
    }
  }
}
