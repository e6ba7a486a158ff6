package dev.sluice.scheduler.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompanionInfoTest {
  private static final CompanionInfo BIG =
      new CompanionInfo(CompanionInfo.VERSION, "big", "0f".repeat(32), 7, List.of(2, 0, 1));

  @Test
  void comesBackFromJson() throws Exception {
    assertThat(CompanionInfo.fromJson(BIG.toJson())).isEqualTo(BIG);
  }

  @Test
  void translatesClassesAndKnowsWhichItCannotHave() {
    assertThat(BIG.classOf(0)).hasValue(2);
    assertThat(BIG.classOf(2)).hasValue(1);
    assertThat(BIG.classOf(3)).isEmpty();
    assertThat(BIG.classOf(-1)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{}",
        "{\"version\":2,\"name\":\"big\",\"digest\":\"D\",\"workerNanos\":7,\"classes\":[0]}",
        "{\"version\":1,\"name\":\" \",\"digest\":\"D\",\"workerNanos\":7,\"classes\":[0]}",
        "{\"version\":1,\"name\":\"big\",\"digest\":\"x\",\"workerNanos\":7,\"classes\":[0]}",
        "{\"version\":1,\"name\":\"big\",\"digest\":\"D\",\"workerNanos\":-1,\"classes\":[0]}",
        "{\"version\":1,\"name\":\"big\",\"digest\":\"D\",\"workerNanos\":7,\"classes\":[1]}",
        "{\"version\":1,\"name\":\"big\",\"digest\":\"D\",\"workerNanos\":7,\"classes\":[0,0]}",
        "{\"version\":1,\"name\":\"big\",\"digest\":\"D\",\"workerNanos\":7,\"classes\":[null]}",
        "{\"version\":1,\"name\":\"big\",\"digest\":\"D\",\"workerNanos\":null,\"classes\":[0]}"
      })
  void refusesWhatIsNoCompanion(String json) {
    byte[] bytes = json.replace("D", "0f".repeat(32)).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> CompanionInfo.fromJson(bytes))
        .isInstanceOf(FactsFormatException.class);
  }
}
