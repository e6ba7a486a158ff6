package dev.sluice.sim.link;

import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import java.util.function.IntSupplier;

/** Reads no more than there is room for, in pieces that are worth a system call. */
final class RoomAllocator extends DefaultMaxMessagesRecvByteBufAllocator {
  private static final int LEAST_BYTES = 2 << 10;
  private static final int MOST_BYTES = 64 << 10;

  private final IntSupplier roomBytes;

  RoomAllocator(IntSupplier roomBytes) {
    super(1);
    this.roomBytes = roomBytes;
  }

  @Override
  @SuppressWarnings("deprecation")
  public Handle newHandle() {
    return new MaxMessageHandle() {
      @Override
      public int guess() {
        return Math.max(LEAST_BYTES, Math.min(MOST_BYTES, roomBytes.getAsInt()));
      }
    };
  }
}
