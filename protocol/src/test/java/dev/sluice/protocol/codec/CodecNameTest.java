package dev.sluice.protocol.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CodecNameTest {
  @Test
  void everyNameReadsAsWhatItWasMadeOf() {
    for (CodecName name : CodecName.ALL) {
      assertThat(CodecName.parse(name.wire())).isEqualTo(name);
    }
  }

  @Test
  void namesAreDifferentAndHoldThoseOfOldBundles() {
    assertThat(ActivationCodec.names())
        .doesNotHaveDuplicates()
        .contains("f32", "q8+bitshuffle+lz4", "round-i8+zstd", "round-i8+lz4", "round-i8+range");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "f32+rans | too many values",
        "q8+rans | q8t",
        "q4c+bitshuffle | saves nothing",
        "q8c+byteshuffle+lz4 | one byte",
        "f16+delta+zstd | floats",
        "step+delta+zstd | do not resemble",
        "step+bitshuffle+rans | as they are",
        "round-i8 | layouts",
        "round-i8+bitshuffle+lz4 | layouts",
        "round-i8+rans | layouts"
      })
  void refusesCombinationsWithoutSenseAndSaysWhy(String wire, String reason) {
    assertThatThrownBy(() -> CodecName.parse(wire))
        .isInstanceOf(UnknownCodecException.class)
        .hasMessageContaining(wire)
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "+",
        "q4",
        "f32+",
        "f32++lz4",
        "f32+lz4+lz4",
        "f32+lz4+bitshuffle",
        "lz4",
        "Q8"
      })
  void refusesTextsThatAreNone(String wire) {
    assertThatThrownBy(() -> CodecName.parse(wire))
        .isInstanceOf(UnknownCodecException.class)
        .hasMessageContaining("'" + wire + "'");
  }
}
