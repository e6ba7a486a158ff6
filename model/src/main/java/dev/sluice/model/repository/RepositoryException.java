package dev.sluice.model.repository;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A bundle cannot be had from its address; the message names the address and what to do. */
public final class RepositoryException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What kind of trouble it is. */
  public enum Reason {
    /** The address is none. */
    ADDRESS(false),
    /** The server cannot be reached, or does not get the answer across. */
    UNREACHABLE(true),
    /** The server says that there is nothing. */
    ABSENT(false),
    /** The server does not let us. */
    FORBIDDEN(false),
    /** Redirects that end nowhere, or that give up encryption. */
    REDIRECT(true),
    /** More bytes or files than the limits allow. */
    TOO_LARGE(true),
    /** What comes is not a bundle or an index. */
    CONTENT(true),
    /** What comes is not what its digest says. */
    DIGEST(true),
    /** The local cache cannot be used. */
    CACHE(false);

    private final boolean lastGoodCopyServes;

    Reason(boolean lastGoodCopyServes) {
      this.lastGoodCopyServes = lastGoodCopyServes;
    }

    boolean lastGoodCopyServes() {
      return lastGoodCopyServes;
    }
  }

  private final Reason reason;
  private final String address;
  private final String trouble;

  RepositoryException(Reason reason, String address, String trouble, String remedy) {
    this(reason, address, trouble, remedy, null);
  }

  RepositoryException(
      Reason reason, String address, String trouble, String remedy, @Nullable Throwable cause) {
    super(address + ": " + trouble + "; " + remedy, cause);
    this.reason = reason;
    this.address = address;
    this.trouble = trouble;
  }

  /** Returns what kind of trouble it is. */
  public Reason reason() {
    return reason;
  }

  /** Returns the address at fault, without credentials. */
  public String address() {
    return address;
  }

  /** Returns what went wrong, without address and remedy. */
  String trouble() {
    return trouble;
  }
}
