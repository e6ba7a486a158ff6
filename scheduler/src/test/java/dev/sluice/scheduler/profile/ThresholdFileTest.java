package dev.sluice.scheduler.profile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.scheduler.profile.ThresholdFront.Family;
import dev.sluice.scheduler.profile.ThresholdFront.Vector;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ThresholdFileTest {
  private static final byte[] SELECT = {1, 2, 3};
  private static final byte[] PROFILE = {4, 5};
  private static final double NEVER = ThresholdFront.NEVER;

  /** Two early exits on cuts 1 and 2 of three. */
  private static final String MINIMAL =
      """
      {"version": 1, "select": "%s", "profile": "%s",
       "front": {"exitCuts": [1, 2, 3],
        "families": [
          {"firstSplit": 0, "vectors": [{"thresholds": [0.75, "Infinity"], "cost": 0.9, "loss": 0.01}]},
          {"firstSplit": 1, "vectors": []},
          {"firstSplit": 2, "vectors": []},
          {"firstSplit": 3, "vectors": []}],
        "precise": [{"thresholds": [0.25, 0.5], "cost": 0.8, "loss": -0.125}],
        "aFieldOfTheFuture": [1]},
       "anotherOne": {}}
      """
          .formatted("a".repeat(64), "b".repeat(64));

  private static ThresholdFile read(String json) throws FactsFormatException {
    return ThresholdFile.fromJson(json.getBytes(UTF_8));
  }

  private static ThresholdFront front(List<Vector> vectors) {
    return new ThresholdFront(
        List.of(1, 2, 3),
        List.of(
            new Family(0, vectors),
            new Family(1, List.of()),
            new Family(2, vectors),
            new Family(3, List.of())),
        vectors);
  }

  @Test
  void readsJsonAndIgnoresWhatItDoesNotKnow() throws Exception {
    ThresholdFront front = read(MINIMAL).front();

    assertThat(front.at(0)).singleElement().extracting(Vector::cost).isEqualTo(0.9);
    assertThat(front.at(0).get(0).toArray()).containsExactly(0.75, NEVER);
    assertThat(front.at(1)).isEmpty();
    assertThat(front.precise().get(0).loss()).isEqualTo(-0.125);
  }

  /** A threshold that is off by its last bit lets a score that equals it stop, or not. */
  @Test
  void givesEveryThresholdBackToTheBitAndExitsThatAreLeftOutAsSuch() throws Exception {
    List<Vector> vectors =
        List.of(
            new Vector(List.of(Math.nextUp(0.1), NEVER), 1 / 3.0, 1 / 7.0),
            new Vector(List.of(NEVER, NEVER), Math.nextDown(1.0), -0.0),
            new Vector(List.of(0.0, Math.nextDown(1.0)), Double.MIN_VALUE, -1 / 3.0),
            new Vector(List.of((double) (54321 / 65535f) - 0.5 / 65535, 1.0), 0, 1));
    ThresholdFile file = ThresholdFile.of(SELECT, PROFILE, front(vectors));

    assertThat(ThresholdFile.fromJson(file.toJson())).isEqualTo(file);
    assertThat(ThresholdFile.fromJson(file.toJson()).front().at(2).get(1).toArray())
        .containsExactly(NEVER, NEVER);
  }

  @Test
  void knowsTheFilesThatItWasFoundOn() throws Exception {
    ThresholdFile file = ThresholdFile.of(SELECT, PROFILE, front(List.of()));
    ThresholdFile other = ThresholdFile.of(SELECT, SELECT, front(List.of()));

    assertThat(file.isOf(file.select(), file.profile())).isTrue();
    assertThat(file.select())
        .isEqualTo("039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81");
    assertThat(file.isOf(other.select(), other.profile())).isFalse();
    assertThat(file.isOf("", "")).isFalse();
  }

  @Test
  void aSplitHasTheVectorsOfTheLastExitBeforeIt() throws Exception {
    List<Vector> vectors = List.of(new Vector(List.of(0.5, 0.5), 1, 0));
    ThresholdFront sparse =
        new ThresholdFront(
            List.of(2, 5, 9),
            List.of(
                new Family(0, List.of()),
                new Family(2, vectors),
                new Family(5, List.of()),
                new Family(9, vectors)),
            List.of());

    for (int split = 0; split <= 9; split++) {
      boolean some = (split >= 2 && split < 5) || split == 9;
      assertThat(sparse.at(split)).as("split %d", split).isEqualTo(some ? vectors : List.of());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "[]", "{}", "{\"version\": 1}", "[[[[[[[["})
  void refusesWhatIsNoFile(String json) {
    assertThatThrownBy(() -> read(json)).isInstanceOf(FactsFormatException.class);
  }

  /** What replaces a part of {@link #MINIMAL}, and what the message must name. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"version\": 1 | \"version\": 2 | version 2",
        "\"select\": \"aa | \"select\": \"a | SHA-256",
        "\"select\": \"aa | \"select\": \"Aa | SHA-256",
        "[0.25, 0.5] | [0.25, NaN] | NaN",
        "[0.25, 0.5] | [0.25, \"NaN\"] | a threshold",
        "[0.25, 0.5] | [0.25, 1.0000001] | a threshold",
        "[0.25, 0.5] | [0.25, -0.1] | a threshold",
        "[0.25, 0.5] | [0.25, \"-Infinity\"] | a threshold",
        "[0.25, 0.5] | [0.25, null] | Vector",
        "[0.25, 0.5] | [0.25] | 1 thresholds for 2 exits",
        "[0.25, 0.5] | [0.25, 0.5, 0.5] | 3 thresholds for 2 exits",
        "\"cost\": 0.8 | \"cost\": -0.8 | cost",
        "\"cost\": 0.8 | \"cost\": \"Infinity\" | cost",
        "\"loss\": -0.125 | \"loss\": -1.125 | loss",
        "\"loss\": -0.125 | \"loss\": \"NaN\" | loss",
        "\"firstSplit\": 1 | \"firstSplit\": 0 | from each of",
        "\"firstSplit\": 3 | \"firstSplit\": 4 | from each of",
        "[1, 2, 3] | [2, 1, 3] | ascend",
        "[1, 2, 3] | [0, 2, 3] | ascend",
        "[1, 2, 3] | [1, 2] | from each of",
        "[1, 2, 3] | [] | exits",
        "[1, 2, 3] | [1.9, 2, 3] | 1.9",
        "\"version\": 1 | \"version\": 1, \"version\": 1 | Duplicate",
        "\"precise\": [ | \"precise\": [{\"thresholds\": [0.25, 0.5], \"cost\": 1, \"loss\": 0}, | twice",
      })
  void saysWhatIsWrong(String right, String wrong, String named) {
    assertThat(MINIMAL).contains(right);

    assertThatThrownBy(() -> read(MINIMAL.replace(right, wrong)))
        .isInstanceOf(FactsFormatException.class)
        .hasMessageContaining(named);
  }

  @Test
  void refusesWhatFollowsTheVectors() {
    assertThatThrownBy(() -> read(MINIMAL + "{}")).isInstanceOf(FactsFormatException.class);
  }

  @Test
  void refusesMoreThanAnyBundleHas() {
    String exits = String.join(", ", Collections.nCopies(100_000, "1"));
    assertThatThrownBy(() -> read(MINIMAL.replace("[1, 2, 3]", "[" + exits + "]")))
        .isInstanceOf(FactsFormatException.class)
        .hasMessageContaining("exits not in [1, 64]: 100000");

    StringBuilder vectors = new StringBuilder();
    for (int i = 0; i < ThresholdFront.MAX_VECTORS; i++) {
      vectors.append("{\"thresholds\": [0, %s], \"cost\": 1, \"loss\": 0},".formatted(i / 1e6));
    }
    String precise = "\"precise\": [";
    assertThatThrownBy(() -> read(MINIMAL.replace(precise, precise + vectors)))
        .isInstanceOf(FactsFormatException.class)
        .hasMessageContaining("257 vectors, more than 256");

    assertThatThrownBy(() -> ThresholdFile.fromJson(new byte[(4 << 20) + 1]))
        .isInstanceOf(FactsFormatException.class)
        .hasMessageContaining("bytes, more than");
  }
}
