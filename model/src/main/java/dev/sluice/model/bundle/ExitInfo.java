package dev.sluice.model.bundle;

import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.PolicySyntaxException;

/**
 * An exit of a bundle.
 *
 * @param index its number, from 0 without gaps, ascending by cut; the last one is the final exit
 * @param cut cut it sits on, at least 1
 * @param kind how it comes to its logits; {@link HeadKind#BACKBONE} if {@code head} is empty
 * @param head path of its head's ONNX file in the bundle; empty if the backbone's own output is it
 * @param headMacs multiply-accumulates of the head for one sample
 * @param temperature divisor of its logits, positive: calibration by temperature scaling
 * @param policy when it stops where nobody says otherwise, as {@link ExitPolicy#parse} reads it; at
 *     most 4096 characters
 */
public record ExitInfo(
    int index,
    int cut,
    HeadKind kind,
    String head,
    long headMacs,
    double temperature,
    String policy) {
  private static final int MAX_POLICY = 4096;

  public ExitInfo {
    if (index < 0 || cut < 1 || headMacs < 0) {
      throw new IllegalArgumentException("exit " + index + ": cut " + cut + ", MACs " + headMacs);
    }
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException("exit " + index + ": temperature " + temperature);
    }
    if (policy.isBlank() || policy.length() > MAX_POLICY) {
      throw new IllegalArgumentException("exit " + index + ": policy is blank or too long");
    }
    try {
      ExitPolicy.parse(policy);
    } catch (PolicySyntaxException wrong) {
      throw new IllegalArgumentException(
          "exit %d: policy '%s', at character %d: %s"
              .formatted(index, policy, wrong.position() + 1, wrong.problem()),
          wrong);
    }
    if (!head.isEmpty()) {
      BundlePaths.check(head);
    } else if (kind != HeadKind.BACKBONE) {
      throw new IllegalArgumentException("exit " + index + ": a head of kind " + kind + " is none");
    }
  }

  /**
   * Makes an exit as bundles of schema 1 know them: a pooled linear head, or none, that stops at a
   * top-1 probability.
   *
   * @param defaultThreshold not negative; above 1 it never stops
   */
  public ExitInfo(
      int index, int cut, String head, long headMacs, double temperature, double defaultThreshold) {
    this(
        index,
        cut,
        head.isEmpty() ? HeadKind.BACKBONE : HeadKind.POOLED_LINEAR,
        head,
        headMacs,
        temperature,
        top1(index, defaultThreshold));
  }

  private static String top1(int index, double threshold) {
    if (!(threshold >= 0) || Double.isInfinite(threshold)) {
      throw new IllegalArgumentException("exit " + index + ": threshold " + threshold);
    }
    return threshold > 1 ? "never" : "top1 >= " + threshold;
  }

  /** Returns the same exit with another policy. */
  public ExitInfo withPolicy(String other) {
    return new ExitInfo(index, cut, kind, head, headMacs, temperature, other);
  }

  /**
   * Returns the top-1 probability at which it stops where nobody says otherwise; above 1 if its
   * policy is another one, so that whoever knows thresholds alone never stops too early.
   */
  public double defaultThreshold() {
    return ExitPolicy.parse(policy) instanceof ExitPolicy.Top1Above top1 ? top1.threshold() : 2;
  }
}
