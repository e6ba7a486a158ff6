package dev.sluice.edge.session;

import dev.sluice.model.exit.ExitScores;
import java.util.Optional;

/**
 * What a step computed.
 *
 * @param live tensors at its end, now the caller's
 * @param scores calibrated scores of its exit, if it has one
 */
public record StepResult(Sample live, Optional<ExitScores> scores) {}
