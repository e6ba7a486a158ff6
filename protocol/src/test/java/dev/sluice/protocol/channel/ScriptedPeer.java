package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.frame.Frame;
import dev.sluice.protocol.frame.FrameType;
import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Message;
import dev.sluice.protocol.message.MessageType;
import dev.sluice.protocol.message.Ping;
import dev.sluice.protocol.message.Pong;
import dev.sluice.protocol.message.Welcome;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/** A worker of plain blocking sockets on the test's thread, that says what the test wants. */
final class ScriptedPeer implements AutoCloseable {
  /** Less than the distance of pings. */
  private static final int QUIET_MILLIS = 100;

  private static final ByteBufAllocator HEAP = new UnpooledByteBufAllocator(false);

  final ServerSocket listener;
  final MessageFrames frames = new MessageFrames();
  Socket socket = new Socket();
  private DataInputStream in = new DataInputStream(InputStream.nullInputStream());

  ScriptedPeer() throws IOException {
    listener = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
    listener.setSoTimeout(10_000);
    frames.shareDigests(List.of(LoopbackTest.DIGEST));
  }

  int port() {
    return listener.getLocalPort();
  }

  /** An accepted connection that is only written to any more. */
  record Line(ScriptedPeer peer, Socket socket) implements AutoCloseable {
    void send(Message message) throws IOException {
      peer.send(socket, message);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  /** Keeps the connection while the next one is accepted. */
  Line keep() {
    Line kept = new Line(this, socket);
    socket = new Socket();
    return kept;
  }

  void accept() throws IOException {
    socket.close();
    socket = listener.accept();
    socket.setSoTimeout(10_000);
    in = new DataInputStream(socket.getInputStream());
    assertThat(read().type()).isEqualTo(MessageType.HELLO.wireId());
  }

  Frame read() throws IOException {
    byte[] header = new byte[Frame.HEADER_BYTES];
    in.readFully(header);
    ByteBuf h = Unpooled.wrappedBuffer(header);
    byte[] body = new byte[h.getIntLE(0)];
    in.readFully(body);
    return new Frame(h.getByte(4), h.getLongLE(6), Unpooled.wrappedBuffer(body), 0, 0);
  }

  /** Whether nothing comes for so long. What did come is lost. */
  boolean isQuietFor(int millis) throws IOException {
    socket.setSoTimeout(millis);
    try {
      read();
      return false;
    } catch (SocketTimeoutException quiet) {
      return true;
    } finally {
      socket.setSoTimeout(10_000);
    }
  }

  /** Passes over everything until a frame of a type comes, and returns that. */
  Frame read(MessageType type) throws IOException {
    Frame frame = read();
    while (frame.type() != type.wireId()) {
      frame = read();
    }
    return frame;
  }

  /** Reads until nothing has come for a while, and returns the pings among it. */
  List<Frame> readUntilQuiet() throws Exception {
    List<Frame> pings = new ArrayList<>();
    int patience = socket.getSoTimeout();
    socket.setSoTimeout(QUIET_MILLIS);
    try {
      while (true) {
        Frame frame = read();
        if (frame.type() == MessageType.PING.wireId()) {
          pings.add(frame);
        }
      }
    } catch (SocketTimeoutException quiet) {
      return pings;
    } finally {
      socket.setSoTimeout(patience);
    }
  }

  /** Answers pings until another frame comes, and returns that. */
  Frame readAnsweringPings() throws Exception {
    while (true) {
      Frame frame = read();
      if (frame.type() != MessageType.PING.wireId()) {
        return frame;
      }
      pong(frame, 0);
    }
  }

  /** Answers pings and returns the data of a request. */
  byte[] readDataOf(long requestId, int bytes) throws Exception {
    ByteBuf data = Unpooled.buffer();
    while (data.readableBytes() < bytes) {
      Frame frame = readAnsweringPings();
      if (frame.type() == FrameType.DATA) {
        assertThat(frame.requestId()).isEqualTo(requestId);
        data.writeBytes(frame.body());
      }
    }
    return ByteBufUtil.getBytes(data);
  }

  void pong(Frame ping, long nanos) throws Exception {
    Ping asked = (Ping) frames.read(MessageType.PING, ping);
    send(new Pong(asked.token(), nanos, LoadReport.IDLE));
  }

  void send(Message message) throws IOException {
    send(socket, message);
  }

  private void send(Socket to, Message message) throws IOException {
    ByteBuf out = frames.write(HEAP, message);
    out.readBytes(to.getOutputStream(), out.readableBytes());
    out.release();
  }

  void welcome() throws IOException {
    send(new Welcome(2, "scripted", Limits.DEFAULT, LoadReport.IDLE));
  }

  @Override
  public void close() throws IOException {
    socket.close();
    listener.close();
  }
}
