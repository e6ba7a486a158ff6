package dev.sluice.model.repository;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what a listener is told. */
final class Heard implements FetchListener {
  final List<String> warnings = new CopyOnWriteArrayList<>();
  final List<String> lines = new CopyOnWriteArrayList<>();
  final List<Long> progress = new CopyOnWriteArrayList<>();

  @Override
  public void begins(String address, int files, long bytes) {
    lines.add("begins " + address + " " + files + " " + bytes);
  }

  @Override
  public void progresses(long bytes, long all) {
    progress.add(bytes);
  }

  @Override
  public void ends(String address, long bytes) {
    lines.add("ends " + address + " " + bytes);
  }

  @Override
  public void warns(String warning) {
    warnings.add(warning);
  }
}
