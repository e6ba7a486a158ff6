package dev.sluice.sim.link;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;

/**
 * Feeds what happens on a channel to the pipe that reads from it and the pipe that writes to it.
 */
// What closing comes to shows as an event on the channel.
@SuppressWarnings("FutureReturnValueIgnored")
final class PipeHandler extends ChannelInboundHandlerAdapter {
  private final Pipe outOf;
  private final Pipe into;
  private final Runnable pump;

  PipeHandler(Pipe outOf, Pipe into, Runnable pump) {
    this.outOf = outOf;
    this.into = into;
    this.pump = pump;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    outOf.received((ByteBuf) message);
    pump.run();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      outOf.finish();
      if (outOf.silent()) {
        /* It has most likely closed, and would stay here for ever. */
        context.close();
      }
      pump.run();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    pump.run();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    outOf.finish();
    into.broken();
    pump.run();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    // A reset by the peer; what matters of it is that the channel is gone.
    context.close();
  }
}
