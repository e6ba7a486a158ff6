package dev.sluice.edge.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an edge device with an ARM processor needs is on the class path of the edge runtime. */
class NativesTest {
  /** Of the ELF header: the field of the machine, and its value for AArch64. */
  private static final int MACHINE = 18;

  private static final int AARCH64 = 183;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ai/onnxruntime/native/linux-aarch64/libonnxruntime.so",
        "ai/onnxruntime/native/linux-aarch64/libonnxruntime4j_jni.so",
        "META-INF/native/libnetty_transport_native_epoll_aarch_64.so",
        "net/jpountz/util/linux/aarch64/liblz4-java.so",
      })
  void hasTheNativePartForLinuxOnArm(String library) throws IOException {
    try (InputStream in = getClass().getClassLoader().getResourceAsStream(library)) {
      assertThat(in).as(library).isNotNull();
      byte[] header = in.readNBytes(MACHINE + 2);
      assertThat(header[MACHINE] & 0xff).isEqualTo(AARCH64);
    }
  }
}
