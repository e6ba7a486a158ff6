package dev.sluice.protocol.channel;

import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.Refusal;

/**
 * What became of a request; each gets exactly one. Trouble with the cloud is a value, not an
 * exception.
 */
public sealed interface CloudOutcome {
  /** The worker answered. */
  record Answered(Answer answer, TransferStamps stamps) implements CloudOutcome {}

  /** The worker refused. */
  record Refused(Refusal refusal) implements CloudOutcome {}

  /**
   * The connection ended, or there was none.
   *
   * @param why for people
   */
  record LinkLost(String why) implements CloudOutcome {}

  /** The device cancelled it. */
  record Cancelled() implements CloudOutcome {}
}
