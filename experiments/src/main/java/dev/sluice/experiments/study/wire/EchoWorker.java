package dev.sluice.experiments.study.wire;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * The other side of every call, as a process of its own: one listener per rival, each with one
 * event loop. Prints {@link #READY} and the ports; for every line {@link #MEMORY} that it is told,
 * what it holds; ends with its standard input.
 */
final class EchoWorker {
  static final String READY = "ready ";
  static final String MEMORY = "memory";

  private EchoWorker() {}

  /**
   * Where it listens.
   *
   * @param sluice port of Sluice's worker
   * @param grpc port of grpc-java's, answering on its event loop
   * @param grpcDefault port of grpc-java's as it comes
   * @param bare port of bare Netty's
   */
  record Ports(int sluice, int grpc, int grpcDefault, int bare) {
    static Ports parse(String text) {
      String[] words = text.trim().split(" ", -1);
      return new Ports(
          Integer.parseInt(words[0]),
          Integer.parseInt(words[1]),
          Integer.parseInt(words[2]),
          Integer.parseInt(words[3]));
    }

    @Override
    public String toString() {
      return sluice + " " + grpc + " " + grpcDefault + " " + bare;
    }
  }

  /** Runs the program. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Ports ports =
        new Ports(
            SluiceEcho.serve().port(),
            GrpcEcho.serve(GrpcEcho.Executor.EVENT_LOOP),
            GrpcEcho.serve(GrpcEcho.Executor.DEFAULT),
            BareEcho.serve());
    System.out.println(READY + ports);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String order = orders.readLine(); order != null; order = orders.readLine()) {
      if (order.equals(MEMORY)) {
        System.out.println(MEMORY + " " + Memory.afterCollection());
      }
    }
    System.exit(0);
  }
}
