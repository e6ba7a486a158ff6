package dev.sluice.experiments.demo;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A program of this class path, run as its own Java process. Standard output goes line by line to a
 * listener; the last lines of standard error are kept to explain a death. Thread-safe. Closing it
 * kills the process.
 */
public final class ChildProcess implements AutoCloseable {
  private static final int KEPT_LINES = 8;
  private static final Duration KILL_PATIENCE = Duration.ofSeconds(2);

  private final String name;
  private final Process process;
  private final Deque<String> lastErrors = new ArrayDeque<>();
  private final Thread outputReader;
  private final Thread errorReader;
  private final CompletableFuture<String> ready = new CompletableFuture<>();
  private final @Nullable String readyPrefix;
  private final Consumer<String> lines;

  private ChildProcess(
      String name, Process process, @Nullable String readyPrefix, Consumer<String> lines) {
    this.name = name;
    this.process = process;
    this.readyPrefix = readyPrefix;
    this.lines = lines;
    outputReader = reader(name + "-out", process.getInputStream(), this::onOutput);
    errorReader = reader(name + "-err", process.getErrorStream(), this::onError);
  }

  /**
   * How to start one.
   *
   * @param name what messages call it
   * @param mainClass to run
   * @param jvmOptions such as the heap's bound
   * @param arguments of the program
   * @param readyPrefix the line of standard output that starts with this says it is ready, and the
   *     rest of that line where; null for a program that says no such thing
   */
  public record Command(
      String name,
      String mainClass,
      List<String> jvmOptions,
      List<String> arguments,
      @Nullable String readyPrefix) {
    public Command {
      jvmOptions = List.copyOf(jvmOptions);
      arguments = List.copyOf(arguments);
    }
  }

  /**
   * Starts a program.
   *
   * @param command what to run
   * @param lines receives every other line of its standard output, on a thread of its own
   */
  public static ChildProcess start(Command command, Consumer<String> lines) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    words.addAll(command.jvmOptions());
    words.add(command.mainClass());
    words.addAll(command.arguments());
    ProcessBuilder builder = new ProcessBuilder(words);
    // Not on the command line: ONNX Runtime 1.29 crashes on start where that exceeds 4096 bytes.
    builder.environment().put("CLASSPATH", absolute(System.getProperty("java.class.path", "")));
    try {
      Process process = builder.start();
      ChildProcess child = new ChildProcess(command.name(), process, command.readyPrefix(), lines);
      child.outputReader.start();
      child.errorReader.start();
      return child;
    } catch (IOException e) {
      throw new DemoException("cannot start the " + command.name() + ": " + e.getMessage(), e);
    }
  }

  /** What messages call it. */
  public String name() {
    return name;
  }

  /**
   * Waits until the program says that it is ready.
   *
   * @return the rest of that line
   * @throws DemoException if it dies first or takes too long
   */
  public String awaitReady(Duration patience) throws InterruptedException {
    try {
      return ready.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new DemoException(
          "the %s was not ready after %d s%s".formatted(name, patience.toSeconds(), lastWords()));
    } catch (ExecutionException e) {
      throw died();
    }
  }

  /** The program's standard input. */
  public OutputStream input() {
    return process.getOutputStream();
  }

  /** Writes a line to the program's standard input. */
  public void tell(String line) {
    try {
      process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      throw died();
    }
  }

  /**
   * How long the program has computed so far, on all cores; empty where the system does not say.
   */
  public Optional<Duration> cpuTime() {
    return process.info().totalCpuDuration();
  }

  /** Throws if the program has ended by itself. */
  public void check() {
    if (!process.isAlive()) {
      throw died();
    }
  }

  /**
   * Waits until the program has ended by itself and its output is read.
   *
   * @return whether it did in time, with exit status 0
   */
  public boolean awaitEnd(Duration patience) throws InterruptedException {
    if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      return false;
    }
    outputReader.join(patience.toMillis());
    return process.exitValue() == 0;
  }

  /** A death as an exception, with the last lines of standard error. */
  public DemoException died() {
    try {
      process.waitFor(KILL_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      errorReader.join(KILL_PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    String status =
        process.isAlive() ? "stopped listening" : "ended with status " + process.exitValue();
    return new DemoException("the " + name + " " + status + lastWords());
  }

  /** Asks the process to end, without waiting. */
  void interrupt() {
    process.destroy();
  }

  /** Kills the process if it lives; waits until it is gone. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(KILL_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void onOutput(String line) {
    if (readyPrefix != null && line.startsWith(readyPrefix)) {
      ready.complete(line.substring(readyPrefix.length()).trim());
    } else {
      lines.accept(line);
    }
  }

  private void onError(String line) {
    synchronized (lastErrors) {
      lastErrors.add(line);
      if (lastErrors.size() > KEPT_LINES) {
        lastErrors.remove();
      }
    }
  }

  private String lastWords() {
    synchronized (lastErrors) {
      return lastErrors.isEmpty() ? "" : "; its last words: " + String.join(" | ", lastErrors);
    }
  }

  private Thread reader(String threadName, InputStream stream, Consumer<String> listener) {
    Thread thread =
        new Thread(
            () -> {
              try (BufferedReader reader =
                  new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                reader.lines().forEach(listener);
              } catch (IOException | UncheckedIOException e) {
                // The process was killed while it wrote; what it said until then has been read.
                return;
              } finally {
                if (stream == process.getInputStream()) {
                  ready.completeExceptionally(new IOException("ended"));
                }
              }
            },
            threadName);
    thread.setDaemon(true);
    return thread;
  }

  private static String absolute(String classPath) {
    List<String> entries = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      entries.add(Path.of(entry).toAbsolutePath().toString());
    }
    return String.join(File.pathSeparator, entries);
  }
}
