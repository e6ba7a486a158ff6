package dev.sluice.model.bundle;

/**
 * An exit of a bundle.
 *
 * @param index its number, from 0 without gaps, ascending by cut; the last one is the final exit
 * @param cut cut it sits on, at least 1
 * @param head path of its head's ONNX file in the bundle; empty if the backbone's own output is it
 * @param headMacs multiply-accumulates of the head for one sample
 * @param temperature divisor of its logits, positive: calibration by temperature scaling
 * @param defaultThreshold top-1 probability at which it stops where nobody says otherwise; not
 *     negative
 */
public record ExitInfo(
    int index, int cut, String head, long headMacs, double temperature, double defaultThreshold) {
  public ExitInfo {
    if (index < 0 || cut < 1 || headMacs < 0) {
      throw new IllegalArgumentException("exit " + index + ": cut " + cut + ", MACs " + headMacs);
    }
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException("exit " + index + ": temperature " + temperature);
    }
    if (!(defaultThreshold >= 0)) {
      throw new IllegalArgumentException("exit " + index + ": threshold " + defaultThreshold);
    }
    if (!head.isEmpty()) {
      BundlePaths.check(head);
    }
  }
}
