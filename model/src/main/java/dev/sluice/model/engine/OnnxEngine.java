package dev.sluice.model.engine;

import ai.djl.engine.Engine;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import dev.sluice.model.tensor.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ONNX Runtime: loads models into sessions and wraps memory into tensors. The only class that knows
 * the engine. Thread-safe.
 *
 * <p>Owns the native memory of every session and tensor made from it: closing the engine frees what
 * was left open, once the runs under way have ended. Closed things fail fast.
 */
public final class OnnxEngine implements AutoCloseable {
  /*
   * DJL starts ONNX Runtime and owns its environment. Sessions and tensors go beneath it: its block
   * costs 30 to 100 us a run (names, managers, a copy of every output that is read), which is more
   * than a small stage computes.
   *
   * Outputs are written by the engine into buffers of ours (pinned outputs), which are reused. So
   * they can be read without a copy, and no run allocates tensor memory. This takes knowing their
   * shapes: a session learns them from its first run with inputs of given shapes. A network whose
   * output shapes depend on values makes the engine refuse the pinned buffers; such a session goes
   * back to outputs of the engine's own.
   *
   * On the CPU a model is lowered first: the engine rewrites it once, as for a session of its own,
   * and what it wrote is loaded as it is. So constants can be kept once for all sessions that have
   * them (LoweredNetwork, SharedWeights), which a session that does its own rewriting copies.
   */
  private static final Logger LOG = LoggerFactory.getLogger(OnnxEngine.class);

  private static final String NAME = "OnnxRuntime";

  /** A session that rewrites for itself keeps its constants, and often a reordered copy. */
  private static final long COPIES = 2;

  private static final String POOL_SIZE = "ai.djl.onnxruntime.num_threads";

  /**
   * On x86 processors without VNNI the fast product of unsigned and signed bytes adds pairs in 16
   * bits and saturates: an int8 network then says something else than elsewhere. This takes the
   * exact product there and has no effect where it is fast.
   */
  static final String EXACT_INTEGERS = "session.x64quantprecision";

  private final EngineOptions options;
  private final OrtEnvironment environment;
  private final boolean sharedArena;
  private final BufferPool pool = new BufferPool();
  private final SharedWeights weights;
  private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
  private final Set<Tensors> tensors = ConcurrentHashMap.newKeySet();
  private final RefCount open = new RefCount("the inference engine", this::free);
  private final Object halting = new Object();
  private volatile @Nullable Thread haltable;

  /** The run in progress on the haltable thread; guarded by {@link #halting}. */
  private OrtSession.@Nullable RunOptions running;

  private volatile int block;

  private OnnxEngine(EngineOptions options) {
    this.options = options;
    // Makes the environment; whoever asked for one before would have spoilt this.
    Engine.getEngine(NAME);
    this.environment = OrtEnvironment.getEnvironment();
    Providers.requireAvailable(options.provider());
    this.sharedArena = SharedArena.register(environment);
    this.weights = new SharedWeights(environment);
    int pooled = Integer.getInteger(POOL_SIZE, options.threads());
    if (options.threads() > 1 && pooled != options.threads()) {
      LOG.warn(
          "{} threads asked for, but the engine's pool was started with {}; it stays so",
          options.threads(),
          pooled);
    }
  }

  /**
   * Starts the engine, or joins the one that the process has already. Whoever also uses ONNX
   * Runtime directly must do so afterwards: DJL insists on creating its environment.
   *
   * <p>The first start in a process fixes the size of the pool that all engines with more than one
   * thread share: the threads it asks for, or one per processor if it asks for one only.
   *
   * @throws ProviderUnavailableException if the provider asked for is not there
   */
  public static OnnxEngine start(EngineOptions options) {
    // DJL would otherwise look for a second engine to compute with, and report its start to its
    // makers where it believes to be in their cloud.
    setUnlessSet("ai.djl.onnx.disable_alternative", "true");
    setUnlessSet("OPT_OUT_TRACKING", "true");
    int pooled =
        options.threads() > 1 ? options.threads() : Runtime.getRuntime().availableProcessors();
    setUnlessSet(POOL_SIZE, Integer.toString(pooled));
    return new OnnxEngine(options);
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** Allocates a direct buffer in the byte order that tensors need. */
  public static FloatBuffer allocate(int floats) {
    return BufferPool.allocate(Math.multiplyExact(floats, Float.BYTES)).asFloatBuffer();
  }

  /**
   * Loads a model.
   *
   * @param onnx a complete ONNX model
   * @param what names it in messages
   * @return the caller's to close
   * @throws EngineException if the engine does not take it
   */
  public Session load(byte[] onnx, String what) {
    if (options.provider().kind() == ExecutionProvider.Kind.CPU) {
      try (LoweredNetwork lowered = lower(onnx, what)) {
        return load(lowered.whole(), what);
      } catch (LoweringException e) {
        LOG.debug("{} is loaded as it is: {}", what, e.getMessage());
      }
    }
    return loadAsItIs(onnx, what);
  }

  private Session loadAsItIs(byte[] onnx, String what) {
    open.acquire();
    try (SessionOptions session = sessionOptions()) {
      Providers.append(options.provider(), session);
      return opened(onnx, what, session, null);
    } catch (OrtException e) {
      throw EngineException.refused(what, e);
    } finally {
      open.release();
    }
  }

  private SessionOptions sessionOptions() throws OrtException {
    SessionOptions session = new SessionOptions();
    // What goes wrong is thrown; the engine would write it to standard error as well.
    session.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
    if (options.threads() == 1) {
      session.setIntraOpNumThreads(1);
      session.setInterOpNumThreads(1);
    } else {
      // A pool per session, spinning, starves all others as soon as there are several.
      session.disablePerSessionThreads();
    }
    if (sharedArena) {
      session.addConfigEntry("session.use_env_allocators", "1");
    }
    session.addConfigEntry(EXACT_INTEGERS, "1");
    return session;
  }

  /**
   * Rewrites a model for this machine, as loading it does, without making a session of it.
   *
   * @param onnx a complete ONNX model
   * @param what names it in messages
   * @return the caller's to close; closing the engine does not
   * @throws EngineException if the engine does not take it
   * @throws LoweringException if the engine takes it, but this cannot be had on its own, as with
   *     any provider but the CPU
   */
  public LoweredNetwork lower(byte[] onnx, String what) {
    if (options.provider().kind() != ExecutionProvider.Kind.CPU) {
      throw new LoweringException("the " + options.provider() + " provider rewrites for itself");
    }
    open.acquire();
    try {
      Path file = Files.createTempFile("sluice-lowered", ".onnx");
      try (SessionOptions session = new SessionOptions()) {
        session.setIntraOpNumThreads(1);
        session.setInterOpNumThreads(1);
        // The engine warns that the result is for this machine only, which is what is wanted.
        session.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
        session.addConfigEntry("session.disable_prepacking", "1");
        session.addConfigEntry(EXACT_INTEGERS, "1");
        session.setOptimizedModelFilePath(file.toString());
        environment.createSession(onnx, session).close();
        return LoweredNetwork.of(ModelProto.parseFrom(Files.readAllBytes(file)), what, weights);
      } catch (OrtException e) {
        throw EngineException.refused(what, e);
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new LoweringException(e);
    } finally {
      open.release();
    }
  }

  /**
   * Loads a piece of a lowered network, which must be open. Takes about a millisecond.
   *
   * @param piece from a network that this engine lowered
   * @param what names it in messages
   * @return the caller's to close
   * @throws LoweringException if the engine does not take back what it wrote
   */
  public Session load(LoweredNetwork.Piece piece, String what) {
    open.acquire();
    try {
      piece.network.use().acquire();
      try (SessionOptions session = sessionOptions()) {
        session.setOptimizationLevel(SessionOptions.OptLevel.NO_OPT);
        if (!piece.packed) {
          session.addConfigEntry("session.disable_prepacking", "1");
        }
        if (!piece.weights.isEmpty()) {
          int largest = piece.weights.values().stream().mapToInt(w -> w.bytes).max().orElse(0);
          session.addConfigEntry(
              "session.model_external_initializers_file_folder_path",
              PlaceOfConstants.folder(largest).toString());
          for (Map.Entry<String, SharedWeights.Weight> each : piece.weights.entrySet()) {
            session.addInitializer(each.getKey(), each.getValue().value);
          }
        }
        return opened(piece.onnx, what, session, piece);
      } catch (OrtException | IOException e) {
        throw new LoweringException(e);
      } finally {
        piece.network.use().release();
      }
    } finally {
      open.release();
    }
  }

  private Session opened(
      byte[] onnx, String what, SessionOptions session, LoweredNetwork.@Nullable Piece piece)
      throws OrtException {
    OrtSession made = environment.createSession(onnx, session);
    List<SharedWeights.Weight> constants =
        piece == null ? List.of() : List.copyOf(piece.weights.values());
    constants.forEach(weights::again);
    Session result =
        new Session(
            made,
            what,
            piece == null ? COPIES * onnx.length : piece.ownBytes,
            constants,
            piece == null ? List.of() : piece.inputs,
            piece == null ? List.of() : piece.outputs);
    sessions.add(result);
    return result;
  }

  /** Returns the bytes of constants held in native memory, each counted once. */
  public long constantBytes() {
    return weights.bytes();
  }

  /**
   * Makes float32 tensors over buffers. A direct buffer in native order, writable, at position 0
   * and filled to its capacity is used in place and must not be changed while the tensors are open;
   * any other is copied.
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
    return build(
        values.size(),
        i -> {
          FloatBuffer buffer = values.get(i);
          long[] shape = shapes.get(i).clone();
          if (buffer.remaining() != elements(shape)) {
            throw new IllegalArgumentException(
                buffer.remaining() + " floats for a tensor of shape " + Arrays.toString(shape));
          }
          if (isUsableInPlace(buffer.isDirect(), buffer.isReadOnly(), buffer.order())
              && buffer.remaining() == buffer.capacity()) {
            OnnxTensor value = OnnxTensor.createTensor(environment, buffer.duplicate(), shape);
            return new Tensor(
                value, shape, OnnxJavaType.FLOAT, null, null, null, buffer.duplicate());
          }
          ByteBuffer copy = pool.take(Math.multiplyExact(buffer.remaining(), Float.BYTES));
          copy.asFloatBuffer().put(buffer.duplicate());
          return pooled(copy, shape, OnnxJavaType.FLOAT, null);
        });
  }

  /**
   * Makes tensors of any type over buffers, in place or by copy as {@link #wrap(List, List)} does.
   *
   * @param values one little-endian buffer per tensor, read from position to limit
   * @param types element type of each
   * @param shapes shape of each, batch dimension first
   * @return the caller's to close
   */
  public Tensors wrap(List<ByteBuffer> values, List<TensorType> types, List<long[]> shapes) {
    if (values.size() != shapes.size() || values.size() != types.size() || values.isEmpty()) {
      throw new IllegalArgumentException(
          "%d buffers and %d types for %d tensors"
              .formatted(values.size(), types.size(), shapes.size()));
    }
    return build(
        values.size(),
        i -> {
          ByteBuffer buffer = values.get(i);
          long[] shape = shapes.get(i).clone();
          OnnxJavaType type = engineType(types.get(i));
          if (buffer.remaining() != Math.multiplyExact(elements(shape), types.get(i).bytes())) {
            throw new IllegalArgumentException(
                "%d bytes for a %s tensor of shape %s"
                    .formatted(buffer.remaining(), types.get(i), Arrays.toString(shape)));
          }
          if (isUsableInPlace(buffer.isDirect(), buffer.isReadOnly(), buffer.order())
              && buffer.remaining() == buffer.capacity()) {
            ByteBuffer same = buffer.duplicate().order(ByteOrder.nativeOrder());
            OnnxTensor value = OnnxTensor.createTensor(environment, same, shape, type);
            return new Tensor(value, shape, type, null, null, same, null);
          }
          return pooled(
              pool.take(buffer.remaining()).put(buffer.duplicate()).flip(), shape, type, null);
        });
  }

  /**
   * Makes a float32 tensor whose values are written straight into its memory, which is reused after
   * it is closed: views of it must not be read then.
   *
   * @param shape batch dimension first
   * @param fill writes all values, from position 0 to the limit
   * @return the caller's to close
   */
  public Tensors fill(long[] shape, Consumer<FloatBuffer> fill) {
    return build(
        1,
        i -> {
          long[] whole = shape.clone();
          ByteBuffer buffer =
              pool.take(Math.toIntExact(Math.multiplyExact(elements(whole), Float.BYTES)));
          fill.accept(buffer.asFloatBuffer());
          return pooled(buffer, whole, OnnxJavaType.FLOAT, null);
        });
  }

  private interface Maker {
    Tensor make(int index) throws OrtException;
  }

  private Tensors build(int count, Maker maker) {
    open.acquire();
    List<Tensor> made = new ArrayList<>(count);
    boolean done = false;
    try {
      for (int i = 0; i < count; i++) {
        made.add(maker.make(i));
      }
      done = true;
      return new Tensors(made);
    } catch (OrtException e) {
      throw new IllegalArgumentException("no tensor can be made: " + e.getMessage(), e);
    } finally {
      if (!done) {
        made.forEach(Tensor::free);
      }
      open.release();
    }
  }

  private Tensor pooled(
      ByteBuffer buffer, long[] shape, OnnxJavaType type, @Nullable BlockedLayout layout)
      throws OrtException {
    OnnxTensor value = OnnxTensor.createTensor(environment, buffer, shape, type);
    return new Tensor(value, shape, type, layout, pool, buffer, null);
  }

  /** Copies a tensor into another order of its elements; null means row-major. */
  private Tensor reordered(Tensor tensor, @Nullable BlockedLayout layout) throws OrtException {
    long[] plainShape = tensor.plainShape();
    if (layout == null) {
      ByteBuffer bytes = tensor.bytes(this);
      return pooled(pool.take(bytes.remaining()).put(bytes).flip(), plainShape, tensor.type, null);
    }
    if (plainShape.length != 4 || plainShape[1] != layout.channels()) {
      throw new IllegalArgumentException(
          "a tensor of shape %s where %d channels are wanted"
              .formatted(Arrays.toString(plainShape), layout.channels()));
    }
    long[] shape = layout.blockedShape(plainShape, block());
    ByteBuffer buffer =
        pool.take(Math.toIntExact(Math.multiplyExact(elements(shape), Float.BYTES)));
    layout.toBlocked(tensor.floats(this), shape, block(), buffer.asFloatBuffer());
    return pooled(buffer, shape, tensor.type, layout);
  }

  /** Returns how many channels the engine's convolutions keep together on this machine. */
  /**
   * Makes the runs of one thread end early on demand, at the cost of some native bookkeeping for
   * each. Only one thread's can at a time.
   *
   * @param thread whose runs may end early
   * @return makes the run in progress on that thread fail as soon as its current operator is done;
   *     does nothing where there is none. Thread-safe
   */
  public Runnable haltable(Thread thread) {
    haltable = thread;
    return this::halt;
  }

  private void halt() {
    synchronized (halting) {
      if (running != null) {
        try {
          running.setTerminate(true);
        } catch (OrtException e) {
          LOG.debug("a run goes on to its end", e);
        }
      }
    }
  }

  private int block() {
    int known = block;
    if (known == 0) {
      known = BlockSize.measure(environment);
      block = known;
    }
    return known;
  }

  private static boolean isUsableInPlace(boolean direct, boolean readOnly, ByteOrder order) {
    return direct && !readOnly && order == ByteOrder.nativeOrder();
  }

  private static long elements(long[] shape) {
    long product = 1;
    for (long size : shape) {
      if (size < 0) {
        throw new IllegalArgumentException("negative size in shape " + Arrays.toString(shape));
      }
      product = Math.multiplyExact(product, size);
    }
    return product;
  }

  private static OnnxJavaType engineType(TensorType type) {
    return switch (type) {
      case FLOAT32 -> OnnxJavaType.FLOAT;
      case FLOAT16 -> OnnxJavaType.FLOAT16;
      case FLOAT64 -> OnnxJavaType.DOUBLE;
      case INT64 -> OnnxJavaType.INT64;
      case INT32 -> OnnxJavaType.INT32;
      case INT8 -> OnnxJavaType.INT8;
      case UINT8 -> OnnxJavaType.UINT8;
      case BOOL -> OnnxJavaType.BOOL;
    };
  }

  private static TensorType ourType(OnnxJavaType type) {
    return switch (type) {
      case FLOAT -> TensorType.FLOAT32;
      case FLOAT16 -> TensorType.FLOAT16;
      case DOUBLE -> TensorType.FLOAT64;
      case INT64 -> TensorType.INT64;
      case INT32 -> TensorType.INT32;
      case INT8 -> TensorType.INT8;
      case UINT8 -> TensorType.UINT8;
      case BOOL -> TensorType.BOOL;
      case INT16, BFLOAT16, STRING, UNKNOWN ->
          throw new IllegalArgumentException("tensors of type " + type + " cannot cross a cut");
    };
  }

  /** Refuses further work; frees all native memory when the last run has ended. */
  @Override
  public void close() {
    open.close();
  }

  private void free() {
    sessions.forEach(session -> session.open.close());
    tensors.forEach(each -> each.open.close());
  }

  /** A value of the engine's and where its elements are. Not thread-safe but for reading. */
  private static final class Tensor {
    final OnnxTensor value;
    final long[] shape;
    final OnnxJavaType type;
    final @Nullable BlockedLayout layout;
    private final @Nullable BufferPool pool;
    private @Nullable ByteBuffer inOrder;
    private @Nullable ByteBuffer bytes;
    private @Nullable FloatBuffer floats;

    private Tensor(
        OnnxTensor value,
        long[] shape,
        OnnxJavaType type,
        @Nullable BlockedLayout layout,
        @Nullable BufferPool pool,
        @Nullable ByteBuffer bytes,
        @Nullable FloatBuffer floats) {
      this.value = value;
      this.shape = shape;
      this.type = type;
      this.layout = layout;
      this.pool = pool;
      this.bytes = bytes;
      this.floats = floats;
    }

    /** Over memory of the engine's own, of which it shows only copies. */
    static Tensor ofEngine(OnnxTensor value, @Nullable BlockedLayout layout) {
      TensorInfo info = value.getInfo();
      return new Tensor(value, info.getShape(), info.type, layout, null, null, null);
    }

    /** Returns the shape as the network means it. */
    long[] plainShape() {
      return layout == null ? shape.clone() : layout.plainShape(shape);
    }

    /** Returns the elements as the engine keeps them. */
    synchronized ByteBuffer stored() {
      ByteBuffer known = bytes;
      if (known == null) {
        FloatBuffer given = floats;
        if (given == null) {
          known = value.getByteBuffer().order(ByteOrder.nativeOrder());
        } else {
          known = ByteBuffer.allocate(given.remaining() * Float.BYTES);
          known.order(ByteOrder.nativeOrder()).asFloatBuffer().put(given.duplicate());
        }
        bytes = known;
      }
      return known.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Returns the elements in row-major order. */
    synchronized ByteBuffer bytes(OnnxEngine engine) {
      if (layout == null) {
        return stored();
      }
      ByteBuffer known = inOrder;
      if (known == null) {
        known =
            ByteBuffer.allocate(Math.toIntExact(elements(plainShape())) * Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        layout.toPlain(stored().asFloatBuffer(), shape, engine.block(), known.asFloatBuffer());
        inOrder = known;
      }
      return known.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    synchronized FloatBuffer floats(OnnxEngine engine) {
      if (type != OnnxJavaType.FLOAT) {
        throw new IllegalArgumentException("a tensor of type " + type + " has no float32 values");
      }
      if (layout != null) {
        return bytes(engine).asFloatBuffer();
      }
      FloatBuffer known = floats;
      if (known == null) {
        known = stored().asFloatBuffer();
        floats = known;
      }
      return known.asReadOnlyBuffer();
    }

    void free() {
      value.close();
      if (pool != null && bytes != null) {
        pool.giveBack(bytes);
      }
    }
  }

  /** A loaded model. Thread-safe. */
  public final class Session implements AutoCloseable {
    /** Bounds what odd batch sizes can pile up. */
    private static final int MAX_KNOWN_SHAPES = 64;

    private final OrtSession session;
    private final List<String> inputNames;
    private final List<String> outputNames;
    private final Set<String> outputSet;
    private final String what;
    private final long ownBytes;
    private final List<SharedWeights.Weight> constants;
    private final List<Optional<BlockedLayout>> inputForms;
    private final List<Optional<BlockedLayout>> outputForms;
    private final RefCount open;
    private final Map<InputShapes, List<OutputSpec>> known = new ConcurrentHashMap<>();
    private volatile boolean shapesVary;

    private Session(
        OrtSession session,
        String what,
        long ownBytes,
        List<SharedWeights.Weight> constants,
        List<Optional<BlockedLayout>> inputForms,
        List<Optional<BlockedLayout>> outputForms) {
      this.session = session;
      this.inputNames = List.copyOf(session.getInputNames());
      this.outputNames = List.copyOf(session.getOutputNames());
      this.outputSet = session.getOutputNames();
      this.what = what;
      this.ownBytes = ownBytes;
      this.constants = constants;
      this.inputForms = inputForms;
      this.outputForms = outputForms;
      this.open = new RefCount(what, this::free);
    }

    private void free() {
      try {
        session.close();
      } catch (OrtException e) {
        throw new IllegalStateException(what + " cannot be closed: " + e.getMessage(), e);
      } finally {
        constants.forEach(weights::release);
      }
    }

    private @Nullable BlockedLayout inputForm(int input) {
      return input < inputForms.size() ? inputForms.get(input).orElse(null) : null;
    }

    private @Nullable BlockedLayout outputForm(int output) {
      return output < outputForms.size() ? outputForms.get(output).orElse(null) : null;
    }

    /**
     * Returns about how much native memory the session has to itself, in bytes: what closing it
     * frees at once. Constants that it shares are not counted.
     */
    public long ownBytes() {
      return ownBytes;
    }

    /** Returns the names of the model's inputs, in order. */
    public List<String> inputs() {
      return inputNames;
    }

    /** Returns the names of the model's outputs, in order. */
    public List<String> outputs() {
      return outputNames;
    }

    /**
     * Runs the model.
     *
     * @param inputs in the order of the model's inputs; stays the caller's
     * @return the outputs in the order of the model's; the caller's to close
     * @throws IllegalStateException if the session, the engine or the inputs are closed
     * @throws EngineException if the engine refuses the inputs
     */
    public Tensors run(Tensors inputs) {
      OnnxEngine.this.open.acquire();
      try {
        open.acquire();
        try {
          inputs.open.acquire();
          try {
            return forward(inputs.all);
          } catch (OrtException e) {
            throw EngineException.failed(what, e);
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

    private Tensors forward(List<Tensor> inputs) throws OrtException {
      if (inputs.size() != inputNames.size()) {
        throw new IllegalArgumentException(
            "%s takes %d tensors, not %d".formatted(what, inputNames.size(), inputs.size()));
      }
      List<Tensor> fitting = inputs;
      List<Tensor> copies = List.of();
      try {
        for (int i = 0; i < inputs.size(); i++) {
          BlockedLayout form = inputForm(i);
          if (!Objects.equals(inputs.get(i).layout, form)) {
            if (copies.isEmpty()) {
              copies = new ArrayList<>();
              fitting = new ArrayList<>(inputs);
            }
            Tensor copy = reordered(inputs.get(i), form);
            copies.add(copy);
            fitting.set(i, copy);
          }
        }
        return compute(fitting);
      } finally {
        copies.forEach(Tensor::free);
      }
    }

    private Tensors compute(List<Tensor> inputs) throws OrtException {
      Map<String, OnnxTensor> feeds = new LinkedHashMap<>();
      for (int i = 0; i < inputs.size(); i++) {
        feeds.put(inputNames.get(i), inputs.get(i).value);
      }
      if (shapesVary) {
        return unpinned(feeds);
      }
      InputShapes shapes = new InputShapes(inputs);
      List<OutputSpec> specs = known.get(shapes);
      if (specs == null) {
        Tensors outputs = unpinned(feeds);
        if (known.size() < MAX_KNOWN_SHAPES) {
          known.put(shapes, outputs.specs());
        }
        return outputs;
      }
      return pinned(feeds, specs);
    }

    private Tensors unpinned(Map<String, OnnxTensor> feeds) throws OrtException {
      // The result closes what it made; it is left open because the tensors now own that.
      @SuppressWarnings("resource")
      OrtSession.Result result = computed(feeds, outputSet, Map.of());
      List<Tensor> outputs = new ArrayList<>(outputNames.size());
      for (int i = 0; i < outputNames.size(); i++) {
        OnnxValue value = result.get(i);
        if (!(value instanceof OnnxTensor tensor)) {
          result.close();
          throw new IllegalArgumentException(
              "%s: output '%s' is no tensor".formatted(what, outputNames.get(i)));
        }
        outputs.add(Tensor.ofEngine(tensor, outputForm(i)));
      }
      return new Tensors(outputs);
    }

    private OrtSession.Result computed(
        Map<String, OnnxTensor> feeds, Set<String> wanted, Map<String, OnnxTensor> pins)
        throws OrtException {
      if (!Thread.currentThread().equals(haltable)) {
        return session.run(feeds, wanted, pins);
      }
      try (OrtSession.RunOptions run = new OrtSession.RunOptions()) {
        isRunning(run);
        try {
          return session.run(feeds, wanted, pins, run);
        } finally {
          // Before it is closed: whoever halts holds the lock.
          isRunning(null);
        }
      }
    }

    private void isRunning(OrtSession.@Nullable RunOptions run) {
      synchronized (halting) {
        running = run;
      }
    }

    private Tensors pinned(Map<String, OnnxTensor> feeds, List<OutputSpec> specs)
        throws OrtException {
      List<Tensor> outputs = new ArrayList<>(specs.size());
      Map<String, OnnxTensor> pins = new LinkedHashMap<>();
      boolean done = false;
      try {
        for (int i = 0; i < specs.size(); i++) {
          OutputSpec spec = specs.get(i);
          Tensor output = pooled(pool.take(spec.bytes()), spec.shape(), spec.type(), outputForm(i));
          outputs.add(output);
          pins.put(outputNames.get(i), output.value);
        }
        computed(feeds, Set.of(), pins);
        done = true;
        return new Tensors(outputs);
      } catch (OrtException e) {
        if (e.getMessage() == null || !e.getMessage().contains("shape")) {
          throw e;
        }
        Tensors again = unpinned(feeds);
        shapesVary = true;
        return again;
      } finally {
        if (!done) {
          outputs.forEach(Tensor::free);
        }
      }
    }

    /** Frees the session when the last run has ended; closing again is harmless. */
    @Override
    public void close() {
      sessions.remove(this);
      open.close();
    }
  }

  /** Shape and type of an output. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record OutputSpec(long[] shape, OnnxJavaType type, int bytes) {}

  /** Shapes of inputs by value. */
  private static final class InputShapes {
    private final long[][] shapes;
    private final int hash;

    InputShapes(List<Tensor> inputs) {
      shapes = new long[inputs.size()][];
      int h = 1;
      for (int i = 0; i < shapes.length; i++) {
        shapes[i] = inputs.get(i).shape;
        h = 31 * h + Arrays.hashCode(shapes[i]);
      }
      hash = h;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof InputShapes those && Arrays.deepEquals(shapes, those.shapes);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  /** Native tensors. One owner, who closes them; closing again is harmless. */
  public final class Tensors implements AutoCloseable {
    private final List<Tensor> all;
    private final RefCount open;

    private Tensors(List<Tensor> all) {
      this.all = all;
      this.open = new RefCount("the tensor", this::free);
      tensors.add(this);
    }

    private void free() {
      tensors.remove(this);
      all.forEach(Tensor::free);
    }

    private List<OutputSpec> specs() {
      List<OutputSpec> specs = new ArrayList<>();
      for (Tensor tensor : all) {
        long bytes = elements(tensor.shape) * tensor.type.size;
        specs.add(new OutputSpec(tensor.shape, tensor.type, Math.toIntExact(bytes)));
      }
      return specs;
    }

    /** Returns how many tensors there are. */
    public int size() {
      return all.size();
    }

    /** Returns a tensor's shape, batch dimension first. */
    public long[] shape(int tensor) {
      return reading(() -> all.get(tensor).plainShape());
    }

    /**
     * Returns a tensor's element type.
     *
     * @throws IllegalArgumentException if it is one that no cut can carry
     */
    public TensorType type(int tensor) {
      return reading(() -> ourType(all.get(tensor).type));
    }

    /** Returns whether a tensor holds float32 values. */
    public boolean isFloat(int tensor) {
      return reading(() -> all.get(tensor).type == OnnxJavaType.FLOAT);
    }

    /**
     * Returns a read-only view of a float32 tensor. It must not be read after closing, when the
     * memory serves other tensors.
     *
     * @throws IllegalArgumentException if the tensor has another type
     */
    public FloatBuffer floats(int tensor) {
      return reading(() -> all.get(tensor).floats(OnnxEngine.this));
    }

    /**
     * Returns a read-only, little-endian view of a tensor's elements, from position 0 to the limit.
     * It must not be read after closing, when the memory serves other tensors.
     */
    public ByteBuffer bytes(int tensor) {
      return reading(() -> all.get(tensor).bytes(OnnxEngine.this));
    }

    /**
     * Copies some samples of a batch, in the order given, into a new batch.
     *
     * @param samples indexes into the batch dimension, at least one; may repeat
     * @return the caller's to close
     * @throws IllegalArgumentException if a tensor has no batch dimension or another batch than the
     *     first
     * @throws IndexOutOfBoundsException if there is no such sample
     */
    public Tensors rows(int[] samples) {
      if (samples.length == 0) {
        throw new IllegalArgumentException("no samples to keep");
      }
      int[] wanted = samples.clone();
      return reading(() -> build(all.size(), i -> gather(all.get(i), wanted)));
    }

    private Tensor gather(Tensor from, int[] samples) throws OrtException {
      long[] first = all.get(0).shape;
      if (from.shape.length == 0 || first.length == 0 || from.shape[0] != first[0]) {
        throw new IllegalArgumentException(
            "a tensor of shape %s is no batch of %s"
                .formatted(
                    Arrays.toString(from.shape),
                    first.length == 0 ? "anything" : first[0] + " samples"));
      }
      long batch = from.shape[0];
      ByteBuffer source = from.stored();
      int row = batch == 0 ? 0 : Math.toIntExact(source.limit() / batch);
      ByteBuffer target = pool.take(Math.multiplyExact(row, samples.length));
      for (int i = 0; i < samples.length; i++) {
        if (samples[i] < 0 || samples[i] >= batch) {
          throw new IndexOutOfBoundsException("sample " + samples[i] + " of a batch of " + batch);
        }
        target.put(i * row, source, samples[i] * row, row);
      }
      long[] shape = from.shape.clone();
      shape[0] = samples.length;
      return pooled(target, shape, from.type, from.layout);
    }

    /** Takes the last tensor out: returns its values and frees its memory. For the owner only. */
    public float[] removeLast() {
      return reading(
          () -> {
            Tensor last = all.remove(all.size() - 1);
            try {
              FloatBuffer view = last.floats(OnnxEngine.this);
              float[] values = new float[view.remaining()];
              view.get(values);
              return values;
            } finally {
              last.free();
            }
          });
    }

    /**
     * Takes the tensors from an index on out, into a group of their own. For the owner only.
     *
     * @return the caller's to close
     */
    public Tensors splitOff(int from) {
      return reading(
          () -> {
            List<Tensor> tail = all.subList(from, all.size());
            Tensors others = new Tensors(new ArrayList<>(tail));
            tail.clear();
            return others;
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
