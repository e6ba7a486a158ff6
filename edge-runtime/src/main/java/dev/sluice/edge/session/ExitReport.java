package dev.sluice.edge.session;

import dev.sluice.scheduler.drift.DriftReport;
import java.util.Optional;

/**
 * What a session knows of its exits.
 *
 * @param drift how their rates compare with the calibration; empty if they are not watched
 * @param capped frames that were not sent because too many had been, with collapsed exits
 * @param audits what became of audits; empty if none are made
 */
public record ExitReport(Optional<DriftReport> drift, long capped, Optional<AuditReport> audits) {}
