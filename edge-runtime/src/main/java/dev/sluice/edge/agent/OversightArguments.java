package dev.sluice.edge.agent;

import dev.sluice.edge.agent.Strategies.ExitPolicyUse;
import dev.sluice.edge.agent.Strategies.Strategy;
import dev.sluice.edge.session.ExitOversight;
import dev.sluice.edge.session.Oversight;
import dev.sluice.scheduler.RecalibratedPlanner;
import dev.sluice.scheduler.drift.AuditOptions;
import dev.sluice.scheduler.drift.DriftOptions;
import dev.sluice.scheduler.drift.Recalibration;
import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the agent keeps an eye on beside its answers: exits, audits of them, energy. */
final class OversightArguments {
  private static final String ON = "on";
  private static final String OFF = "off";

  @Option(
      names = "--drift",
      paramLabel = "on|off",
      defaultValue = ON,
      description =
          "whether exit rates are compared with the calibration (default: ${DEFAULT-VALUE})")
  private String drift = ON;

  @Option(
      names = "--offload-cap",
      paramLabel = "FACTOR|off",
      defaultValue = OFF,
      description =
          "when exits hardly stop any more, send at most so many times the share of frames that the"
              + " plan is expected to send, e.g. 1.25 (default: ${DEFAULT-VALUE})")
  private String offloadCap = OFF;

  @Option(
      names = "--audit-share",
      paramLabel = "SHARE",
      defaultValue = "0",
      description =
          "share of the device's confident answers, from 0 to 1, that the worker's final exit"
              + " checks when the link is idle; it gets their tensors (default: ${DEFAULT-VALUE})")
  private double auditShare;

  @Option(
      names = "--energy",
      paramLabel = "DEVICE[+RADIO]",
      description =
          "price energy as of this device and radio, e.g. jetson-nano+lte, or pi4-one-core+lte"
              + " where the agent runs on the board itself, and report it; without radio, wifi"
              + " (default: not reported; objectives take --device, or else pi4-one-core, on wifi)")
  private @Nullable String energy;

  private @Nullable EnergyModel model;

  void check(EngineArguments command) {
    if (!drift.equals(ON) && !drift.equals(OFF)) {
      throw command.wrongUse("--drift is on or off, not '" + drift + "'");
    }
    if (!offloadCap.equals(OFF)) {
      try {
        driftOptions();
      } catch (IllegalArgumentException wrong) {
        throw command.wrongUse(
            "--offload-cap is off or a positive factor such as 1.25, not '" + offloadCap + "'");
      }
      if (drift.equals(OFF)) {
        throw command.wrongUse("--offload-cap needs --drift on, which notices a collapse");
      }
    }
    if (!(auditShare >= 0 && auditShare <= 1)) {
      throw command.wrongUse("--audit-share must be in [0, 1], not " + auditShare);
    }
    if (energy != null) {
      try {
        model = EnergyModel.named(energy);
      } catch (IllegalArgumentException unknown) {
        throw command.wrongUse("--energy: " + unknown.getMessage());
      }
    }
  }

  /**
   * Refuses what cannot be done with exits that follow a policy which tables cannot replay, and
   * says what is left out.
   */
  void check(EngineArguments command, Optional<ExitPolicyUse> policy) {
    if (replayable(policy)) {
      return;
    }
    if (!offloadCap.equals(OFF)) {
      throw command.wrongUse(
          "--offload-cap needs an --exit-policy that the bundle's tables can replay: nothing else"
              + " says how much is expected to be sent");
    }
    if (audits()) {
      throw command.wrongUse(
          "--audit-share needs an --exit-policy that the bundle's tables can replay");
    }
    if (drift.equals(ON)) {
      command
          .commandLine()
          .getErr()
          .println(
              "sluice edge: drift is not watched: the bundle's tables cannot replay the"
                  + " --exit-policy");
    }
  }

  private static boolean replayable(Optional<ExitPolicyUse> policy) {
    return policy.isEmpty() || policy.get().criterion().isPresent();
  }

  private DriftOptions driftOptions() {
    DriftOptions usual = DriftOptions.defaults();
    return offloadCap.equals(OFF)
        ? usual
        : new DriftOptions(
            usual.falseAlarmAnswers(),
            usual.burstAnswers(),
            usual.tolerance(),
            usual.collapseShare(),
            Double.parseDouble(offloadCap));
  }

  /** Returns what prices energy, if that is named. */
  Optional<EnergyModel> energyModel() {
    return Optional.ofNullable(model);
  }

  /** Whether confident answers are audited. */
  boolean audits() {
    return auditShare > 0;
  }

  /**
   * Returns what the session watches.
   *
   * @param policy what exits follow in place of thresholds, checked; one that tables cannot replay
   *     cannot be watched either
   * @param chosen hears of raised thresholds, if it can be made anew
   */
  Oversight oversight(
      BundleFacts facts, Optional<ExitPolicyUse> policy, Strategy chosen, long seed) {
    boolean watched = drift.equals(ON) && replayable(policy);
    if (!watched && !audits()) {
      return new Oversight(Optional.empty(), energyModel());
    }
    ExitOversight exits =
        new ExitOversight(
            facts,
            policy.flatMap(ExitPolicyUse::criterion),
            watched ? Optional.of(driftOptions()) : Optional.empty(),
            watched && !offloadCap.equals(OFF),
            audits()
                ? Optional.of(AuditOptions.defaults().withShare(auditShare))
                : Optional.empty(),
            ExitOversight.USUAL_UPLINK_SHARE,
            new SplittableRandom(seed),
            recalibration -> takenUp(chosen, recalibration));
    return new Oversight(Optional.of(exits), energyModel());
  }

  private static boolean takenUp(Strategy chosen, Recalibration recalibration) {
    if (chosen.planner() instanceof RecalibratedPlanner planner) {
      planner.take(recalibration);
      return planner.heeds(recalibration);
    }
    return !recalibration.raisesAnything();
  }
}
