package dev.sluice.edge.session;

import dev.sluice.scheduler.energy.EnergyPerFrame;

/**
 * Energy of a session so far: what device and radio did, as measured, at the constants of a model.
 *
 * @param answers that it was spent on; dropped frames count
 * @param perAnswer mean by part, hedges, audits and probes included; all 0 before the first answer
 */
public record EnergyReport(long answers, EnergyPerFrame perAnswer) {}
