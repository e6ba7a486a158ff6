package dev.sluice.model.graph;

import java.io.IOException;

/** A file is no ONNX network, or none that can be cut; the message names it and what to do. */
public final class OnnxFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  OnnxFormatException(String file, String trouble, String remedy) {
    super(file + ": " + trouble + "; " + remedy);
  }

  OnnxFormatException(String file, String trouble, String remedy, Throwable cause) {
    super(file + ": " + trouble + "; " + remedy, cause);
  }
}
