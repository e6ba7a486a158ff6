package dev.sluice.edge.session;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A sample or picture as it is written for the link.
 *
 * @param parts one buffer per live tensor, or one for a picture; read-only by agreement
 */
public record Payload(List<ByteBuffer> parts) {

  /** Copies the list. */
  public Payload {
    parts = List.copyOf(parts);
  }

  /** Returns the size in bytes. */
  public int bytes() {
    return parts.stream().mapToInt(ByteBuffer::remaining).sum();
  }
}
