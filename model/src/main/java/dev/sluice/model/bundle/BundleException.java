package dev.sluice.model.bundle;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A bundle is missing, damaged or not readable here; the message names the file and what to do. */
public final class BundleException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final String trouble;
  private final String remedy;

  BundleException(String file, String trouble, String remedy) {
    this(file, trouble, remedy, null);
  }

  BundleException(String file, String trouble, String remedy, @Nullable Throwable cause) {
    super(plain(file + ": " + trouble + "; " + remedy), cause);
    this.file = plain(file);
    this.trouble = plain(trouble);
    this.remedy = plain(remedy);
  }

  /** Whoever wrote the bundle must not steer the terminal of whoever reads the message. */
  private static String plain(String text) {
    return text.replaceAll("\\p{Cc}", "?");
  }

  /** Returns the path of the file at fault. */
  public String file() {
    return file;
  }

  /** Returns what is wrong with it. */
  public String trouble() {
    return trouble;
  }

  /** Returns what to do. */
  public String remedy() {
    return remedy;
  }
}
