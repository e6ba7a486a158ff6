package dev.sluice.model.engine;

import ai.onnxruntime.OrtEnvironment;
import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.lang.reflect.Field;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One arena for the intermediate tensors of all sessions of the process.
 *
 * <p>By itself every session keeps an arena as large as its largest run: several megabytes for each
 * piece of a picture network, used or not. ONNX Runtime can share one among sessions, but its Java
 * binding does not offer it. So this one call goes to the C interface, whose table of functions
 * never changes its order. Where that is not possible, sessions keep their own arenas and only
 * memory suffers.
 */
final class SharedArena {
  private static final Logger LOG = LoggerFactory.getLogger(SharedArena.class);

  /* Places in the table of functions (OrtApi), fixed since the version that brought each. */
  private static final int GET_ERROR_MESSAGE = 2;
  private static final int CREATE_CPU_MEMORY_INFO = 69;
  private static final int RELEASE_STATUS = 93;
  private static final int RELEASE_MEMORY_INFO = 94;
  private static final int CREATE_AND_REGISTER_ALLOCATOR = 144;
  private static final int CREATE_ARENA_CONFIG = 156;
  private static final int RELEASE_ARENA_CONFIG = 157;

  private static final int ARENA_ALLOCATOR = 1;
  private static final int DEFAULT_MEMORY = 0;
  private static final int EXTEND_AS_REQUESTED = 1;
  private static final int ENGINE_CHOOSES = -1;

  private static boolean tried;
  private static boolean registered;

  private final Pointer functions;

  private SharedArena(Pointer functions) {
    this.functions = functions;
  }

  /**
   * Registers the arena with the environment, once per process.
   *
   * @return whether sessions can use it
   */
  static synchronized boolean register(OrtEnvironment environment) {
    if (!tried) {
      tried = true;
      try {
        Class<?> runtime = Class.forName("ai.onnxruntime.OnnxRuntime");
        Pointer functions = new Pointer(handle(runtime.getDeclaredField("ortApiHandle"), null));
        Pointer handle =
            new Pointer(handle(OrtEnvironment.class.getDeclaredField("nativeHandle"), environment));
        new SharedArena(functions).register(handle);
        registered = true;
      } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
        LOG.debug("sessions keep arenas of their own: {}", e.toString());
      }
    }
    return registered;
  }

  private static long handle(Field field, @Nullable Object owner) throws IllegalAccessException {
    field.setAccessible(true);
    return field.getLong(owner);
  }

  private void register(Pointer environment) {
    PointerByReference memory = new PointerByReference();
    check(invoke(CREATE_CPU_MEMORY_INFO, ARENA_ALLOCATOR, DEFAULT_MEMORY, memory));
    try {
      PointerByReference config = new PointerByReference();
      check(
          invoke(
              CREATE_ARENA_CONFIG,
              new NativeLong(0),
              EXTEND_AS_REQUESTED,
              ENGINE_CHOOSES,
              ENGINE_CHOOSES,
              config));
      try {
        check(
            invoke(
                CREATE_AND_REGISTER_ALLOCATOR, environment, memory.getValue(), config.getValue()));
      } finally {
        function(RELEASE_ARENA_CONFIG).invokeVoid(new Object[] {config.getValue()});
      }
    } finally {
      function(RELEASE_MEMORY_INFO).invokeVoid(new Object[] {memory.getValue()});
    }
  }

  private Function function(int place) {
    return Function.getFunction(functions.getPointer((long) place * Native.POINTER_SIZE));
  }

  private @Nullable Pointer invoke(int place, Object... arguments) {
    return function(place).invokePointer(arguments);
  }

  private void check(@Nullable Pointer status) {
    if (status != null) {
      String message = function(GET_ERROR_MESSAGE).invokeString(new Object[] {status}, false);
      function(RELEASE_STATUS).invokeVoid(new Object[] {status});
      throw new IllegalStateException(message);
    }
  }
}
