package dev.sluice.edge.agent;

import java.io.IOException;

/** An image is damaged, too large, or none at all; the message names it and what was expected. */
public class FrameFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  FrameFormatException(String message) {
    super(message);
  }

  FrameFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
