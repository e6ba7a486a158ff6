package dev.sluice.scheduler;

/**
 * Numbers of plans, the one with the least key first; a binary heap that allocates nothing and does
 * not box, as {@link java.util.PriorityQueue} would. Not thread-safe.
 */
final class PlanQueue {
  private final int[] heap;
  private int size;
  private double[] keys = new double[0];

  /** Has room for so many. */
  PlanQueue(int most) {
    heap = new int[most];
  }

  /**
   * Takes the first of some numbers in place of what it has.
   *
   * @param newKeys by number, not to change until the queue is filled again
   */
  void fill(int[] numbers, int count, double[] newKeys) {
    System.arraycopy(numbers, 0, heap, 0, count);
    size = count;
    keys = newKeys;
    for (int at = count / 2 - 1; at >= 0; at--) {
      sink(at);
    }
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Takes the number with the least key out; there must be one. */
  int poll() {
    int first = heap[0];
    heap[0] = heap[--size];
    sink(0);
    return first;
  }

  private void sink(int from) {
    int number = heap[from];
    double key = keys[number];
    int at = from;
    for (int child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && keys[heap[child + 1]] < keys[heap[child]]) {
        child++;
      }
      if (keys[heap[child]] >= key) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = number;
  }
}
