package dev.sluice.cloud;

import dev.sluice.cloud.worker.ModelShelf;
import dev.sluice.cloud.worker.ServedModel;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.ExecutionProvider;
import dev.sluice.model.repository.Bundles;
import dev.sluice.protocol.channel.ServerOptions;
import dev.sluice.protocol.channel.WorkerServer;
import dev.sluice.protocol.security.ReloadedSecurity;
import dev.sluice.protocol.security.ServerSecurity;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program behind {@code ./sluice cloud}: serves bundles until it is told to stop. */
@Command(
    name = "sluice cloud",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Cloud worker: finishes what devices begin, until it is stopped.")
public final class CloudMain implements Callable<Integer> {
  private static final long STOP_SECONDS = 10;

  /** Keys, certificates and tokens that have changed are read anew this often. */
  private static final long SECURITY_CHECK_SECONDS = 5;

  /** What devices have asked for by then is still answered. */
  private static final long DRAIN_SECONDS = 3;

  private static final String LOG_CONFIGURATION = "logback.configurationFile";

  @Spec private CommandSpec spec;

  @Option(
      names = "--bind",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:7411",
      description = "address to listen on; port 0 takes a free one (default: ${DEFAULT-VALUE})")
  private String bind;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      required = true,
      description = "a bundle (folder, zip or http(s) address), or a folder of bundles, to serve")
  private String models;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "requests computed at the same time (default: one per core)")
  private int threads;

  @Option(
      names = "--provider",
      paramLabel = "NAME",
      defaultValue = "cpu",
      description =
          "what computes: cpu, cuda, tensorrt, openvino or coreml, with a device and settings where"
              + " there are some, e.g. cuda:1 (default: ${DEFAULT-VALUE})")
  private String provider;

  @Option(
      names = "--queue",
      paramLabel = "N",
      defaultValue = "256",
      description = "requests that may wait before others are refused (default: ${DEFAULT-VALUE})")
  private int queueCapacity;

  @Mixin private final SecurityArguments secure = new SecurityArguments();

  @Option(names = "--debug", description = "show a stack trace when something fails")
  private boolean debug;

  private CloudMain() {}

  /** Runs the program and exits with its status. */
  public static void main(String[] args) {
    // Before the first logger exists: logs go to standard error, answers for scripts to the output.
    if (System.getProperty(LOG_CONFIGURATION) == null) {
      System.setProperty(LOG_CONFIGURATION, "dev/sluice/cloud/logback.xml");
    }
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new CloudMain());
    commandLine
        .getCommandSpec()
        .version("sluice " + System.getProperty("sluice.version", "(not started by ./sluice)"));
    commandLine.setParameterExceptionHandler(
        (e, args) -> {
          PrintWriter err = e.getCommandLine().getErr();
          err.println("sluice cloud: " + wrongUse(e) + "; see ./sluice cloud --help");
          err.flush();
          return CommandLine.ExitCode.USAGE;
        });
    commandLine.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          PrintWriter err = command.getErr();
          err.println("sluice cloud: " + oneLine(e));
          CloudMain program = command.getCommand();
          if (program.debug) {
            e.printStackTrace(err);
          }
          err.flush();
          return 1;
        });
    return commandLine;
  }

  /** Says of a word that nothing takes which option was perhaps meant. */
  private static String wrongUse(ParameterException wrong) {
    if (wrong instanceof MissingParameterException
        && !wrong.getCommandLine().getUnmatchedArguments().isEmpty()) {
      /* What is missing may be there, mistyped. */
      return wrongUse(
          new UnmatchedArgumentException(
              wrong.getCommandLine(), wrong.getCommandLine().getUnmatchedArguments()));
    }
    if (!(wrong instanceof UnmatchedArgumentException unmatched)) {
      return oneLine(wrong);
    }
    String word = unmatched.getUnmatched().get(0);
    return unmatched.isUnknownOption()
        ? "unknown option '"
            + word
            + unmatched.getSuggestions().stream()
                .findFirst()
                .map(option -> "' (did you mean '" + option + "'?)")
                .orElse("'")
        : "unexpected argument '" + word + "'";
  }

  private static String oneLine(Exception e) {
    String message = e.getMessage();
    if (message == null || message.isBlank()) {
      return "failed unexpectedly (" + e.getClass().getSimpleName() + "); --debug shows where";
    }
    // Some exceptions name the file alone and leave the rest to their class.
    boolean bare = e instanceof FileSystemException file && message.equals(file.getFile());
    return (bare ? message + ": " + e.getClass().getSimpleName().replace("Exception", "") : message)
        .strip()
        .replaceAll("\\s*\\R\\s*", " ");
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    HostPort address = address();
    secure.check(this::wrongUse);
    int cores = Runtime.getRuntime().availableProcessors();
    int computeThreads = positive("--threads", threads == 0 ? cores : threads);
    int capacity = positive("--queue", queueCapacity);

    EngineOptions engine = EngineOptions.singleThread().on(provider());
    if (Bundles.misnamed(models).isPresent()) {
      throw wrongUse(
          Bundles.isAddress(models)
              ? "--models " + Bundles.misnamed(models).get()
              : "--models "
                  + models
                  + " does not exist; name a bundle, or a folder that holds bundles");
    }
    PrintWriter err = spec.commandLine().getErr();
    Consumer<String> log = line -> err.println("sluice cloud: " + line);
    ReloadedSecurity security = secure.read(log);
    requireSecure(address.host(), security.get());
    ServerOptions options =
        ServerOptions.on(address.host(), address.port(), "sluice-cloud").withSecurity(security);
    // Models take long to load: who cannot listen should hear of it before.
    WorkerServer.requireFree(options);

    Path place = Bundles.usual(log).locate(models);
    ModelShelf shelf = ModelShelf.open(place, engine);
    for (ServedModel model : shelf.models()) {
      model.warmUp();
    }
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    try (CloudWorker worker = CloudWorker.start(options, shelf, computeThreads, capacity)) {
      PrintWriter out = spec.commandLine().getOut();
      out.println("worker ready on " + address.host() + ":" + worker.port());
      out.flush();
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> stopGracefully(stop, stopped), "worker-stop"));
      while (!stop.await(SECURITY_CHECK_SECONDS, TimeUnit.SECONDS)) {
        security.check();
      }
      worker.drain(TimeUnit.SECONDS.toNanos(DRAIN_SECONDS));
    } finally {
      stopped.countDown();
    }
    return 0;
  }

  /** Lets the main thread say goodbye to the devices before the process ends. */
  private static void stopGracefully(CountDownLatch stop, CountDownLatch stopped) {
    stop.countDown();
    try {
      if (!stopped.await(STOP_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("sluice cloud: did not stop within " + STOP_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private record HostPort(String host, int port) {}

  private HostPort address() {
    int colon = bind.lastIndexOf(':');
    int port = -1;
    if (colon > 0) {
      try {
        port = Integer.parseInt(bind.substring(colon + 1));
      } catch (NumberFormatException e) {
        port = -1;
      }
    }
    if (port < 0 || port > 65535) {
      throw wrongUse("--bind needs HOST:PORT with a port in 0 to 65535, not '" + bind + "'");
    }
    return new HostPort(bind.substring(0, colon), port);
  }

  private void requireSecure(String host, ServerSecurity security) {
    Optional<String> objection = secure.objection(security);
    if (objection.isPresent() && !isLoopback(host)) {
      throw wrongUse("--bind " + bind + " " + objection.get());
    }
  }

  private ExecutionProvider provider() {
    try {
      return ExecutionProvider.parse(provider);
    } catch (IllegalArgumentException wrong) {
      throw wrongUse("--provider: " + wrong.getMessage());
    }
  }

  private boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw wrongUse("--bind names a host that cannot be resolved: '" + host + "'");
    }
  }

  private int positive(String option, int value) {
    if (value < 1) {
      throw wrongUse(option + " must be positive, not " + value);
    }
    return value;
  }

  private ParameterException wrongUse(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
