package dev.sluice.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Function;
import com.sun.jna.Structure;
import java.nio.FloatBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Counts what is allocated in native memory, which no garbage collector would give back. */
class NativeMemoryTest {
  private static final int ROUNDS = 5;
  private static final int WINDOWS = 3;
  private static final int SESSIONS = 30;
  private static final int RUNS = 40;

  /**
   * A quarter of what would be left if sessions kept their constants or runs a kilobyte. The
   * virtual machine's compilers come and go with megabytes of their own.
   */
  private static final long ALLOWED_BYTES = 6 << 20;

  /** What glibc's mallinfo2 tells. */
  @Structure.FieldOrder({
    "arena",
    "ordblks",
    "smblks",
    "hblks",
    "hblkhd",
    "usmblks",
    "fsmblks",
    "uordblks",
    "fordblks",
    "keepcost"
  })
  public static final class MallocInfo extends Structure implements Structure.ByValue {
    public long arena;
    public long ordblks;
    public long smblks;
    public long hblks;
    public long hblkhd;
    public long usmblks;
    public long fsmblks;
    public long uordblks;
    public long fordblks;
    public long keepcost;
  }

  @Test
  void doesNotGrowWhileSessionsComeRunAndGo() {
    Function mallinfo = mallinfo();
    byte[] onnx = WideNetworks.convolutions(64, 16);
    try (OnnxEngine engine = OnnxEngine.start(EngineOptions.singleThread());
        LoweredNetwork lowered = engine.lower(onnx, "wide")) {
      LoweredNetwork.Piece piece =
          lowered.piece(List.of("x"), false, List.of("middle"), true, List.of("y")).orElseThrow();
      work(engine, onnx, piece);
      // A leak grows in every window, the compilers of the virtual machine in some.
      long growth = Long.MAX_VALUE;
      for (int window = 0; window < WINDOWS && growth >= ALLOWED_BYTES; window++) {
        long before = allocated(mallinfo);
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
          work(engine, onnx, piece);
          least = round < ROUNDS / 2 ? least : Math.min(least, allocated(mallinfo));
        }
        growth = least - before;
      }
      assertThat(growth)
          .as("%d sessions, %d runs", 2 * ROUNDS * SESSIONS, 2 * ROUNDS * SESSIONS * RUNS)
          .isLessThan(ALLOWED_BYTES);
    }
  }

  private static void work(OnnxEngine engine, byte[] onnx, LoweredNetwork.Piece piece) {
    float[] values = new float[3 * 16 * 16];
    for (int i = 0; i < SESSIONS; i++) {
      try (OnnxEngine.Session whole = engine.load(onnx, "whole");
          OnnxEngine.Session part = engine.load(piece, "part")) {
        for (int run = 0; run < RUNS; run++) {
          try (OnnxEngine.Tensors in =
                  engine.wrap(
                      List.of(FloatBuffer.wrap(values)), List.of(new long[] {1, 3, 16, 16}));
              OnnxEngine.Tensors out = whole.run(in);
              OnnxEngine.Tensors split = part.run(in);
              OnnxEngine.Tensors rows = split.rows(new int[] {0})) {
            assertThat(out.size() + rows.size()).isEqualTo(4);
          }
        }
      }
    }
  }

  private static Function mallinfo() {
    try {
      return Function.getFunction("c", "mallinfo2");
    } catch (UnsatisfiedLinkError e) {
      assumeTrue(false, "this C library does not tell what is allocated: test skipped");
      throw e;
    }
  }

  private static long allocated(Function mallinfo) {
    System.gc();
    MallocInfo info = (MallocInfo) mallinfo.invoke(MallocInfo.class, new Object[0]);
    return info.uordblks + info.hblkhd;
  }
}
