package dev.sluice.experiments.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ChildProcessTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Answers every line; dies on request. */
  static final class Echo {
    private Echo() {}

    public static void main(String[] args) throws IOException {
      System.out.println("echo ready on " + args[0]);
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.equals("die")) {
          System.err.println("first line");
          System.err.println("something broke");
          System.exit(3);
        }
        System.out.println("heard " + line);
      }
    }
  }

  @Test
  void tellsWhereItIsReadyAndPassesLinesOn() throws Exception {
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    try (ChildProcess child = ChildProcess.start(echo(), lines::add)) {
      assertThat(child.awaitReady(PATIENCE)).isEqualTo("127.0.0.1:80");
      child.tell("hello");
      assertThat(lines.poll(30, TimeUnit.SECONDS)).isEqualTo("heard hello");
      child.input().close();
      assertThat(child.awaitEnd(PATIENCE)).isTrue();
    }
  }

  @Test
  void explainsADeathWithTheLastLinesOfStandardError() throws Exception {
    try (Children children = new Children()) {
      ChildProcess child = children.start(echo(), line -> {});
      child.awaitReady(PATIENCE);
      children.check();
      child.tell("die");
      child.awaitEnd(PATIENCE);

      assertThatThrownBy(children::check)
          .isInstanceOf(DemoException.class)
          .hasMessageContaining("echo ended with status 3")
          .hasMessageContaining("first line | something broke");
    }
  }

  @Test
  void explainsADeathBeforeItWasReady() throws Exception {
    ChildProcess.Command broken =
        new ChildProcess.Command("echo", "no.such.Main", List.of(), List.of(), "echo ready on ");
    try (ChildProcess child = ChildProcess.start(broken, line -> {})) {
      assertThatThrownBy(() -> child.awaitReady(PATIENCE))
          .isInstanceOf(DemoException.class)
          .hasMessageContaining("no.such.Main");
    }
  }

  @Test
  void killsEveryProcessAtTheEnd() throws Exception {
    ChildProcess child;
    try (Children children = new Children()) {
      child = children.start(echo(), line -> {});
      child.awaitReady(PATIENCE);
    }
    assertThatThrownBy(child::check).isInstanceOf(DemoException.class);
  }

  private static ChildProcess.Command echo() {
    return new ChildProcess.Command(
        "echo",
        Echo.class.getName(),
        List.of("-Xmx32m"),
        List.of("127.0.0.1:80"),
        "echo ready on ");
  }
}
