package dev.sluice.scheduler.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BundleFactsTest {
  private static final BundleFacts GOOD = SyntheticFacts.of(1);

  private static BundleFacts with(CalibrationTable select, CalibrationTable certify) {
    return new BundleFacts(
        GOOD.lastCut(), GOOD.exits(), GOOD.cuts(), GOOD.codecs(), GOOD.profile(), select, certify);
  }

  @Test
  void refusesToProveOnTheTableThatPlansAreChosenOn() {
    assertThatThrownBy(() -> with(GOOD.select(), GOOD.select()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("SELECT and SELECT");
    assertThatThrownBy(() -> with(GOOD.certify(), GOOD.select()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("CERTIFY and SELECT");
  }

  /** Neither the builder nor the reader makes such a table. */
  @Test
  void refusesTablesWithoutSamples() {
    for (CalibrationTable.Role role : CalibrationTable.Role.values()) {
      CalibrationTable empty =
          new CalibrationTable(
              role,
              GOOD.select().classes(),
              GOOD.exits().stream().mapToInt(BundleFacts.ExitFact::cut).toArray(),
              new int[0],
              new int[0],
              Collections.nCopies(GOOD.exits().size(), new CalibrationTable.Outcomes(0)),
              List.of(),
              new int[0][],
              List.of());

      assertThatThrownBy(
              () ->
                  with(
                      role == CalibrationTable.Role.SELECT ? empty : GOOD.select(),
                      role == CalibrationTable.Role.CERTIFY ? empty : GOOD.certify()))
          .as("%s", role)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("a calibration table without samples");
    }
  }

  @Test
  void refusesAProfileThatLacksTheHeadOfAnyEarlyExit() {
    Profile whole = GOOD.profile();
    assertThat(GOOD.finalExit()).isGreaterThan(1);
    for (int missing = 0; missing < GOOD.finalExit(); missing++) {
      int exit = missing;
      Profile lacking =
          new Profile(
              whole.version(),
              whole.machine(),
              whole.preprocessNanos(),
              whole.segments(),
              whole.heads().stream().filter(head -> head.exit() != exit).toList(),
              whole.codecs());

      assertThatThrownBy(() -> with(lacking, whole))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("lacks the time of the head of exit " + exit);
      assertThatThrownBy(() -> with(whole, lacking))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("lacks the time of the head of exit " + exit);
    }
  }

  @Test
  void doesWithoutTheHeadOfTheFinalExit() {
    assertThat(GOOD.profile().hasHead(GOOD.finalExit())).isFalse();
    assertThat(with(GOOD.profile(), GOOD.profile())).isEqualTo(GOOD);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, -0.01, 1.01, Double.POSITIVE_INFINITY})
  void refusesAShareOfMacsThatIsNone(double share) {
    assertThatThrownBy(() -> new BundleFacts.CutFact(0, share))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("share of MACs");
  }

  private static BundleFacts with(Profile device, Profile worker) {
    return new BundleFacts(
        GOOD.lastCut(),
        GOOD.exits(),
        GOOD.cuts(),
        GOOD.codecs(),
        device,
        worker,
        GOOD.select(),
        GOOD.certify());
  }
}
