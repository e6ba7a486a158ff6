package dev.sluice.training;

/** Hears how far a long computation is. Called from one thread at a time. */
public interface Progress {
  /**
   * Begins a step; the one before has ended.
   *
   * @param name what is being done, in a few words
   * @param total units of work in it, at least 1
   */
  void begin(String name, int total);

  /** Says how many of the step's units are done, never falling. */
  void done(int units);

  /** Says something worth knowing. */
  void note(String line);

  /** Returns a progress that nobody sees. */
  static Progress silent() {
    return new Progress() {
      @Override
      public void begin(String name, int total) {}

      @Override
      public void done(int units) {}

      @Override
      public void note(String line) {}
    };
  }
}
