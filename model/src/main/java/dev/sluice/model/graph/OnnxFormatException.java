package dev.sluice.model.graph;

import java.io.IOException;

/**
 * A file is no ONNX network, or none that can be cut; the message names it, the node or tensor at
 * fault where there is one, and what to do.
 */
public class OnnxFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String file;

  OnnxFormatException(String file, String trouble, String remedy) {
    super(file + ": " + trouble + "; " + remedy);
    this.file = file;
  }

  OnnxFormatException(String file, String trouble, String remedy, Throwable cause) {
    super(file + ": " + trouble + "; " + remedy, cause);
    this.file = file;
  }

  /** Returns the file, or whatever names the network. */
  public final String file() {
    return file;
  }
}
