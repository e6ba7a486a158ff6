package dev.sluice.experiments.study.energy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.scheduler.energy.EnergyConstant;
import dev.sluice.scheduler.energy.EnergyModel;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnergyStudyTest {
  @Test
  void getsOneConstantWrongAtATime() {
    Map<String, EnergyModel> variants = EnergyStudy.variants("pi4+lte", List.of(0.5, 1.5));
    EnergyModel published = EnergyModel.named("pi4+lte");

    assertThat(variants.values()).doesNotHaveDuplicates();
    assertThat(variants).containsEntry("as published", published);
    assertThat(variants.get("tail power x 1.5"))
        .isEqualTo(published.scaled(EnergyConstant.TAIL_POWER, 1.5));
  }

  @Test
  void callsARankTurnedOnlyWhereItIsClearOnBothSides() {
    assertThat(EnergyStudy.turns(1.3, 0.9)).isTrue();
    assertThat(EnergyStudy.turns(0.9, 1.3)).isTrue();
    assertThat(EnergyStudy.turns(1.3, 1.1)).isFalse();
    assertThat(EnergyStudy.turns(1.3, 0.99)).isFalse();
  }

  @Test
  void leavesOutConstantsThatAreZero() {
    Map<String, EnergyModel> variants = EnergyStudy.variants("pi4+wire", List.of(0.5, 1.5));

    assertThat(variants.values()).doesNotHaveDuplicates();
  }
}
