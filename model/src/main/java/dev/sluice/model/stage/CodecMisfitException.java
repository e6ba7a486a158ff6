package dev.sluice.model.stage;

/** The bundle has no such codec at that cut, or its transform does not fit the cut's tensors. */
public final class CodecMisfitException extends StageRequestException {
  private static final long serialVersionUID = 1L;

  private final int cut;
  private final String codec;

  /** Makes one. */
  public CodecMisfitException(String message, int cut, String codec) {
    super(message);
    this.cut = cut;
    this.codec = codec;
  }

  CodecMisfitException(String message, int cut, String codec, Throwable cause) {
    super(message, cause);
    this.cut = cut;
    this.codec = codec;
  }

  /** Returns the cut. */
  public int cut() {
    return cut;
  }

  /** Returns the codec's name. */
  public String codec() {
    return codec;
  }
}
