package dev.sluice.training;

import dev.sluice.training.network.ProgressListener;
import java.time.Duration;

/** Shows the progress of training among the steps of making a bundle. */
final class TrainingProgress implements ProgressListener {
  private static final int UNITS = 1000;

  private final Progress progress;
  private String phase = "";
  private String note = "";

  TrainingProgress(Progress progress) {
    this.progress = progress;
  }

  @Override
  public void progress(String newPhase, double done, Duration left, String newNote) {
    if (!newPhase.equals(phase)) {
      phase = newPhase;
      progress.begin(phase, UNITS);
    }
    progress.done((int) (done * UNITS));
    if (!newNote.isEmpty() && !newNote.equals(note)) {
      note = newNote;
      progress.note(note);
    }
  }
}
