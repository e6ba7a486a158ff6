package dev.sluice.model.stage;

/** The bundle has no such cut. */
public final class NoSuchCutException extends StageRequestException {
  private static final long serialVersionUID = 1L;

  private final int cut;

  /** Makes one. */
  public NoSuchCutException(String bundle, int cut, int lastCut) {
    super("%s has no cut %d; its last cut is %d".formatted(bundle, cut, lastCut));
    this.cut = cut;
  }

  /** Returns the cut that was asked for. */
  public int cut() {
    return cut;
  }
}
