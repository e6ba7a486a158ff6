package dev.sluice.scheduler.profile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProfileTest {
  private static final String MINIMAL =
      """
      {"version": 1, "machine": "m", "preprocessNanos": 5,
       "segments": [{"cut": 1, "nanos": 10}, {"cut": 2, "nanos": 20}],
       "heads": [{"exit": 0, "nanos": 3}],
       "codecs": [{"cut": 1, "codec": "q8", "encodeNanos": 1, "decodeNanos": 2,
                   "meanBytes": 99.5, "p95Bytes": 120}],
       "aFieldOfTheFuture": [1, 2]}
      """;

  @Test
  void readsJsonAndIgnoresWhatItDoesNotKnow() throws Exception {
    Profile profile = Profile.fromJson(MINIMAL.getBytes(UTF_8));

    assertThat(profile.lastCut()).isEqualTo(2);
    assertThat(profile.networkNanos()).isEqualTo(30);
    assertThat(profile.headNanos(0)).isEqualTo(3);
    assertThat(profile.headNanos(1)).isZero();
    assertThat(profile.codec(1, "q8").orElseThrow().meanBytes()).isEqualTo(99.5);
    assertThat(profile.codec(0, "q8")).isEmpty();
  }

  @Test
  void writesWhatItReads() throws Exception {
    Profile profile = SyntheticFacts.of(5).profile();

    assertThat(Profile.fromJson(profile.toJson())).isEqualTo(profile);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{}",
        "{\"version\": 1}",
        "{\"version\": 2, \"machine\": \"m\", \"preprocessNanos\": 0, \"segments\": [],"
            + " \"heads\": [], \"codecs\": []}",
        "{\"version\": 1, \"machine\": \"m\", \"preprocessNanos\": -1, \"segments\": [],"
            + " \"heads\": [], \"codecs\": []}",
        "{\"version\": 1, \"machine\": \"m\", \"preprocessNanos\": 0,"
            + " \"segments\": [{\"cut\": 2, \"nanos\": 1}], \"heads\": [], \"codecs\": []}",
        "{\"version\": 1, \"machine\": \"m\", \"preprocessNanos\": 0,"
            + " \"segments\": [null], \"heads\": [], \"codecs\": []}"
      })
  void refusesWhatIsNoProfile(String json) {
    assertThatThrownBy(() -> Profile.fromJson(json.getBytes(UTF_8)))
        .isInstanceOf(FactsFormatException.class);
  }

  /** What replaces a part of {@link #MINIMAL}, and what the message must name. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"preprocessNanos\": 5 | \"preprocessNanos\": -5 | preprocessNanos",
        "\"preprocessNanos\": 5 | \"preprocessNanos\": NaN | NaN",
        "\"preprocessNanos\": 5 | \"preprocessNanos\": \"NaN\" | long",
        "\"preprocessNanos\": 5 | \"preprocessNanos\": 1e300 | long",
        "\"preprocessNanos\": 5 | \"preprocessNanos\": null | null",
        "\"nanos\": 20 | \"nanos\": -20 | a segment's time",
        "\"nanos\": 20 | \"nanos\": NaN | NaN",
        "\"nanos\": 20 | \"nanos\": 86400000000001 | a day",
        "\"nanos\": 3 | \"nanos\": -3 | a head's time",
        "\"nanos\": 3 | \"nanos\": 9223372036854775807 | a day",
        "\"exit\": 0 | \"exit\": -1 | a head's exit",
        "\"encodeNanos\": 1 | \"encodeNanos\": -1 | a codec's encoding time",
        "\"decodeNanos\": 2 | \"decodeNanos\": -2 | a codec's decoding time",
        "\"meanBytes\": 99.5 | \"meanBytes\": -99.5 | a codec's bytes",
        "\"meanBytes\": 99.5 | \"meanBytes\": NaN | NaN",
        "\"meanBytes\": 99.5 | \"meanBytes\": \"NaN\" | a codec's bytes",
        "\"p95Bytes\": 120 | \"p95Bytes\": \"Infinity\" | a codec's bytes",
        "\"p95Bytes\": 120 | \"p95Bytes\": -1 | a codec's bytes",
        "{\"exit\": 0, \"nanos\": 3} | {\"exit\": 0, \"nanos\": 3}, {\"exit\": 0, \"nanos\": 9} |"
            + " twice",
        "{\"cut\": 1, \"nanos\": 10} | {\"cut\": 1, \"nanos\": 10}, {\"cut\": 1, \"nanos\": 10} |"
            + " listed",
      })
  void saysWhichNumberIsWrong(String right, String wrong, String named) {
    assertThat(MINIMAL).contains(right);

    assertThatThrownBy(() -> Profile.fromJson(MINIMAL.replace(right, wrong).getBytes(UTF_8)))
        .isInstanceOf(FactsFormatException.class)
        .hasMessageContaining(named);
  }

  @Test
  void refusesACodecThatIsListedTwice() throws Exception {
    Profile profile = Profile.fromJson(MINIMAL.getBytes(UTF_8));
    Profile.CodecCost cost = profile.codecs().get(0);

    assertThatThrownBy(
            () ->
                new Profile(
                    profile.version(),
                    profile.machine(),
                    0,
                    profile.segments(),
                    profile.heads(),
                    List.of(cost, cost)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("codec q8 at cut 1 is listed twice");
  }
}
