package dev.sluice.protocol.frame;

/** The constants by which both sides recognise each other before any other byte is believed. */
public final class Handshake {
  /** "SLCE" read as little-endian; the first four bytes in the body of Hello and Welcome. */
  public static final int MAGIC = 0x45434C53;

  /** Newest version of docs/protocol.md that is spoken here. */
  public static final int VERSION = 2;

  /** Oldest version that is still understood. */
  public static final int OLDEST_VERSION = 2;

  private Handshake() {}
}
