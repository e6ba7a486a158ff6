package dev.sluice.scheduler.profile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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
}
