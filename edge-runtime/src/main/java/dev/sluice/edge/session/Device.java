package dev.sluice.edge.session;

import java.util.function.Consumer;

/**
 * A processor that does one thing at a time. The session keeps the queue and hands in the next work
 * only after the last has finished.
 */
public interface Device {

  /**
   * Computes, then tells the loop. Called on the loop only, never while earlier work is unfinished.
   *
   * @param work what to compute
   * @param done called once, on the loop
   */
  <T> void run(Work<T> work, Consumer<Finished<T>> done);

  /**
   * Says that nobody waits for the outcome of the work in progress any more. It ends as soon as it
   * can, with or without one; {@code done} is called all the same. Called on the loop only; without
   * work it does nothing.
   */
  void giveUp();

  /**
   * Returns how often real compute took longer than the emulated device allows; 0 if it is real.
   */
  default long overruns() {
    return 0;
  }
}
