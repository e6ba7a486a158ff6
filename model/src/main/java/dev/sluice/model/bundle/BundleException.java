package dev.sluice.model.bundle;

import java.io.IOException;

/** A bundle is missing, damaged or not readable here; the message names the file and what to do. */
public final class BundleException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String file;

  BundleException(String file, String trouble, String remedy) {
    super(file + ": " + trouble + "; " + remedy);
    this.file = file;
  }

  BundleException(String file, String trouble, String remedy, Throwable cause) {
    super(file + ": " + trouble + "; " + remedy, cause);
    this.file = file;
  }

  /** Returns the path of the file at fault. */
  public String file() {
    return file;
  }
}
