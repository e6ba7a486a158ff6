package dev.sluice.experiments.study.grid;

/**
 * Names a cell of a grid. Immutable.
 *
 * @param bundle name of the bundle
 * @param device name of the device
 * @param link name of the link
 * @param task name of the task
 * @param strategy name of the planner
 * @param seed number of the repeat
 */
public record CellKey(
    String bundle, String device, String link, String task, String strategy, int seed) {

  /** The cell in one line; different cells have different lines. */
  public String text() {
    return String.join(" | ", bundle, device, link, task, strategy, Integer.toString(seed));
  }

  /** The same cell of every seed and strategy. */
  Point point() {
    return new Point(bundle, device, link, task);
  }

  /**
   * Where strategies meet. Immutable.
   *
   * @param bundle name of the bundle
   * @param device name of the device
   * @param link name of the link
   * @param task name of the task
   */
  public record Point(String bundle, String device, String link, String task) {
    @Override
    public String toString() {
      return String.join(", ", bundle, device, link, task);
    }
  }
}
