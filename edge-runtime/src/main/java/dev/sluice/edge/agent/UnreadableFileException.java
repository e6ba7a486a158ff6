package dev.sluice.edge.agent;

/** One image file of several cannot be read; those after it can. */
public final class UnreadableFileException extends FrameFormatException {
  private static final long serialVersionUID = 1L;

  private final String file;

  UnreadableFileException(String file, String message, Throwable cause) {
    super(message, cause);
    this.file = file;
  }

  /** Returns the file's name. */
  public String file() {
    return file;
  }
}
