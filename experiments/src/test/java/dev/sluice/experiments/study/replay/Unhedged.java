package dev.sluice.experiments.study.replay;

import dev.sluice.scheduler.Planner;

/** A strategy without the device's own answers, which a prediction of a plan does not contain. */
final class Unhedged {
  private Unhedged() {}

  static StreamReplay.Strategy of(StreamReplay.Strategy strategy) {
    return new StreamReplay.Strategy() {
      @Override
      public Planner start(StreamReplay.Truth truth) {
        return strategy.start(truth);
      }

      @Override
      public boolean learns() {
        return false;
      }

      @Override
      public boolean fallback() {
        return false;
      }

      @Override
      public boolean hedges() {
        return false;
      }
    };
  }
}
