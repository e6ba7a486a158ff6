package dev.sluice.experiments.study.trouble;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.study.grid.CellKey;
import dev.sluice.experiments.study.grid.Made;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class OutageStudyTest {
  private static final CellKey.Point SHORT = Made.point("short", "worker");
  private static final CellKey.Point LONG = Made.point("long", "worker");

  private static List<Claim> claims(Predicate<CellKey.Point> fits, Made... cells) {
    return OutageStudy.claims("here", Made.results(cells), List.of(SHORT, LONG), fits);
  }

  @Test
  void countsTheWorstLink() {
    List<Claim> claims =
        claims(point -> true, Made.of(SHORT, "sluice"), Made.of(LONG, "sluice").late(2).dropped(1));

    assertThat(claims).hasSize(2);
    assertThat(claims.get(0).measured()).isCloseTo(90, within(1e-9));
    assertThat(claims.get(1).measured()).isCloseTo(80, within(1e-9));
    assertThat(claims).noneMatch(Claim::holds);
  }

  @Test
  void asksForTheDeadlineOnlyWhereTheFirstExitFits() {
    Made late = Made.of(LONG, "sluice").late(2);

    assertThat(claims(point -> point.equals(SHORT), Made.of(SHORT, "sluice"), late))
        .hasSize(2)
        .allMatch(Claim::holds);
    assertThat(claims(point -> false, Made.of(SHORT, "sluice"), late))
        .singleElement()
        .matches(Claim::holds);
  }

  @Test
  void claimsNothingOfOthers() {
    assertThat(claims(point -> true, Made.of(SHORT, "spinn"))).noneMatch(Claim::holds);
  }
}
