package dev.sluice.experiments.study.wire;

import dev.sluice.experiments.demo.DemoException;
import dev.sluice.protocol.channel.ClientListener;
import dev.sluice.protocol.channel.ClientOptions;
import dev.sluice.protocol.channel.CloudOutcome;
import dev.sluice.protocol.channel.LinkState;
import dev.sluice.protocol.channel.ReceiveStamps;
import dev.sluice.protocol.channel.RequestHandler;
import dev.sluice.protocol.channel.Responder;
import dev.sluice.protocol.channel.ServerOptions;
import dev.sluice.protocol.channel.WorkerClient;
import dev.sluice.protocol.channel.WorkerServer;
import dev.sluice.protocol.frame.Frame;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.ClassScore;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.WorkerStamps;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The call with Sluice: a request with one payload, and the answer of a network of ten classes. */
final class SluiceEcho {
  static final String DIGEST = "wire-study";

  /** Enough for the idle connections and those of the other figures. */
  static final int MAX_CONNECTIONS = 4_096;

  private static final int PATIENCE_SECONDS = 10;

  private SluiceEcho() {}

  /** Starts to listen on a free port of the loopback interface, for the life of the process. */
  static WorkerServer serve() throws IOException {
    ServerOptions options =
        ServerOptions.on("127.0.0.1", 0, "echo").withLimits(Limits.DEFAULT, MAX_CONNECTIONS);
    return WorkerServer.bind(
        options,
        new RequestHandler() {
          @Override
          public void onInfer(Infer request, ReceiveStamps stamps, Responder responder) {
            long now = System.nanoTime();
            responder.answer(
                new Answer(
                    request.requestId(),
                    1,
                    List.of(new ClassScore(3, 0.9f)),
                    0.9,
                    new WorkerStamps(
                        stamps.firstByteNanos(), stamps.lastByteNanos(), now, now, now),
                    LoadReport.IDLE));
          }
        });
  }

  static Infer request(long id, ByteBuffer payload) {
    return new Infer(id, DIGEST, 1, "f32", ExitRule.NONE, 0, 0, List.of(payload));
  }

  /** Connects a client and waits until it is welcome. */
  static WorkerClient open(ClientOptions options, ClientListener listener)
      throws InterruptedException {
    CountDownLatch up = new CountDownLatch(1);
    WorkerClient client =
        WorkerClient.connect(
            options,
            new ClientListener() {
              @Override
              public void onState(LinkState state, String detail) {
                if (state == LinkState.UP) {
                  up.countDown();
                }
                listener.onState(state, detail);
              }

              @Override
              public void onPong(
                  long sentNanos, long receivedNanos, int bytesAhead, LoadReport load) {
                listener.onPong(sentNanos, receivedNanos, bytesAhead, load);
              }
            });
    if (!up.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      client.close();
      throw new DemoException("the echo worker did not welcome a client");
    }
    return client;
  }

  /** Returns how many bytes an answer has behind its frame's header. */
  static int replyBytes(int port, int payloadBytes) throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    AtomicLong bytes = new AtomicLong();
    try (WorkerClient client =
        open(ClientOptions.to("127.0.0.1", port, DIGEST, "size"), ClientListener.NONE)) {
      client.send(
          request(1, ByteBuffer.allocate(payloadBytes)),
          outcome -> {
            if (outcome instanceof CloudOutcome.Answered answered) {
              bytes.set(answered.stamps().bytesReceived() - Frame.HEADER_BYTES);
            }
            done.countDown();
          });
      if (!done.await(PATIENCE_SECONDS, TimeUnit.SECONDS) || bytes.get() <= 0) {
        throw new DemoException("the echo worker did not answer");
      }
    }
    return (int) bytes.get();
  }

  /** Connects to such a worker. */
  static Caller connect(int port, byte[] payload) throws InterruptedException {
    WorkerClient client =
        open(ClientOptions.to("127.0.0.1", port, DIGEST, "wire"), ClientListener.NONE);
    AtomicLong ids = new AtomicLong();
    return new Caller() {
      @Override
      public void call(Reply reply) {
        client.send(
            request(ids.incrementAndGet(), ByteBuffer.wrap(payload)),
            outcome -> {
              if (outcome instanceof CloudOutcome.Answered) {
                reply.arrived();
              } else {
                reply.failed("sluice: " + outcome);
              }
            });
      }

      @Override
      public void close() {
        client.close();
      }
    };
  }
}
