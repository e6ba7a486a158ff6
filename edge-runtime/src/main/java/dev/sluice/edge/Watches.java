package dev.sluice.edge;

import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.ExitReport;
import dev.sluice.edge.session.Oversight;
import dev.sluice.edge.session.Sample;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.scheduler.drift.Recalibration;
import dev.sluice.scheduler.plan.Plan;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What keeps an eye on a session, as far as {@link Oversight} asks for it.
 *
 * @param asked what was asked for
 * @param exits compares exits with their calibration
 * @param auditor has answers checked
 * @param energy prices what is done
 */
record Watches(
    Oversight asked,
    Optional<ExitWatch> exits,
    Optional<Auditor> auditor,
    Optional<EnergyMeter> energy) {

  static Watches of(
      Oversight asked,
      DeviceNetwork network,
      DeviceCosts costs,
      Optional<EnergyMeter> energy,
      Auditor.Station station) {
    return new Watches(
        asked,
        asked
            .exits()
            .flatMap(
                exits ->
                    exits.drift().map(drift -> new ExitWatch(exits, drift, network.exitCuts()))),
        asked
            .exits()
            .flatMap(
                exits ->
                    exits
                        .audits()
                        .map(audits -> new Auditor(exits, audits, network, costs, station))),
        energy);
  }

  /** Works out what is expected of a plan that is about to be used. Thread-safe. */
  void prepare(Plan plan) {
    exits.ifPresent(known -> known.prepare(plan));
    auditor.ifPresent(known -> known.prepare(plan));
  }

  /** Tells whoever asked for the watch; returns whether the thresholds are raised. Thread-safe. */
  boolean takeUp(Recalibration recalibration) {
    return asked.exits().map(ask -> ask.recalibrated().test(recalibration)).orElse(false);
  }

  /** Tells the watch for drift, once, what became of a frame that followed its plan. */
  void settle(Request r, Consumer<ExitWatch> fate) {
    if (!r.toldWatch) {
      r.toldWatch = true;
      exits.ifPresent(fate);
    }
  }

  /** Lets the auditor have the tensors of a frame that an exit of its plan has stopped. */
  void offer(Request r, int exit, ExitScores scores) {
    Sample sample = r.sample;
    if (sample != null
        && auditor.isPresent()
        && auditor.get().takes(r.bound(), exit, scores, sample)) {
      r.sample = null;
    }
  }

  Optional<ExitReport> exitReport() {
    return asked
        .exits()
        .map(
            any ->
                new ExitReport(
                    exits.map(ExitWatch::report),
                    exits.map(ExitWatch::held).orElse(0L),
                    auditor.map(Auditor::report)));
  }
}
