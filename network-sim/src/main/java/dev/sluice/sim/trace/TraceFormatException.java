package dev.sluice.sim.trace;

import java.io.IOException;

/** A trace that cannot be used; the message names the file, the line and what is wrong there. */
public final class TraceFormatException extends IOException {
  private static final long serialVersionUID = 1;

  TraceFormatException(String name, int line, String problem) {
    super(name + " line " + line + ": " + problem);
  }

  TraceFormatException(String name, String problem) {
    super(name + ": " + problem);
  }
}
