package dev.sluice.edge.session;

import dev.sluice.scheduler.drift.Agreement;
import dev.sluice.scheduler.drift.Recalibration;
import java.util.Optional;

/**
 * What became of the audits of a session. Each one drawn is sent, missed or still waiting; each one
 * sent is answered, lost or under way.
 *
 * @param drawn confident answers of the device that chance picked
 * @param missed given up before they were sent, because no quiet moment came
 * @param sent handed to the link
 * @param bytes payload bytes of those
 * @param answered of which the final exit's answer came
 * @param agreed among these, in which it predicts what the device had answered
 * @param lost that were refused, cancelled to make way for a frame, or not answered
 * @param agreement how often the device's confident answers agree with the final exit's, weighted
 *     by the chance of each; not their accuracy. Empty before the first
 * @param latest what the audits last said of the thresholds in use
 * @param takenUp whether what that raises is raised; false before the first
 */
public record AuditReport(
    long drawn,
    long missed,
    long sent,
    long bytes,
    long answered,
    long agreed,
    long lost,
    Optional<Agreement> agreement,
    Optional<Recalibration> latest,
    boolean takenUp) {}
