package dev.sluice.training.data;

import java.io.IOException;

/** Data that cannot be used; the message names the file or folder and what to do. */
public class DataException extends IOException {
  private static final long serialVersionUID = 1L;

  public DataException(String message) {
    super(message);
  }

  public DataException(String message, Throwable cause) {
    super(message, cause);
  }
}
