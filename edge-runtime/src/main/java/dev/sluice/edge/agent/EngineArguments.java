package dev.sluice.edge.agent;

import dev.sluice.edge.host.TooLittleMemoryException;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.ExecutionProvider;
import dev.sluice.model.repository.Bundles;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What every program of this package is told: the bundle, and how this machine runs it. */
final class EngineArguments {
  private static final int MOST_THREADS = 256;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  @Option(
      names = "--bundle",
      required = true,
      paramLabel = "BUNDLE",
      description = "the progressive model: a bundle's folder or zip, or its http(s) address")
  private String bundle = "";

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "threads per operator (default: ${DEFAULT-VALUE})")
  private int threads = 1;

  @Option(
      names = "--provider",
      paramLabel = "NAME",
      converter = Words.Provider.class,
      defaultValue = "cpu",
      description =
          "what computes: cpu, cuda, tensorrt, openvino or coreml, with a device and settings where"
              + " there are some, e.g. cuda:1 (default: ${DEFAULT-VALUE})")
  private ExecutionProvider provider = ExecutionProvider.cpu();

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      defaultValue = VariantInfo.FLOAT32,
      description =
          "at which this device computes: float32, or int8 where the bundle has it; the worker"
              + " stays at float32 (default: ${DEFAULT-VALUE})")
  private String precision = VariantInfo.FLOAT32;

  @Option(
      names = "--memory",
      paramLabel = "BYTES",
      converter = Words.Bytes.class,
      description =
          "what weights and tensors may take on this device, e.g. 32MB; it then runs the splits"
              + " that fit (default: no bound)")
  private @Nullable Long memoryBytes;

  @Option(names = "--debug", description = "show a stack trace when something fails")
  private boolean debug;

  /** Returns the bundle's name as it may be shown. */
  String bundle() {
    return Bundles.shown(bundle);
  }

  String precision() {
    return precision;
  }

  boolean debug() {
    return debug;
  }

  /**
   * Opens the bundle.
   *
   * @throws ParameterException if the options are wrong or name no bundle
   * @throws IOException if the bundle is damaged; the message says which file
   */
  Engine open() throws IOException {
    return open(OptionalLong.empty());
  }

  /**
   * Opens the bundle for a device that may hold only so much.
   *
   * @param boundBytes what weights and tensors may take; {@code --memory} counts if it is less
   * @throws ParameterException if the options are wrong or name no bundle, or not even the first
   *     exit fits
   * @throws IOException if the bundle is damaged; the message says which file
   */
  Engine open(OptionalLong boundBytes) throws IOException {
    Optional<String> wrong = Bundles.misnamed(bundle);
    if (wrong.isPresent()) {
      throw wrongUse("--bundle " + wrong.get());
    }
    CommandLine command = commandLine();
    String name = command.getCommandName();
    try {
      return Engine.open(
          Bundles.usual(line -> command.getErr().println(name + ": " + line)).locate(bundle),
          new EngineOptions(threads, provider),
          precision,
          least(boundBytes));
    } catch (TooLittleMemoryException tooLittle) {
      String who = memoryBytes == null ? "--objective, device_memory: " : "--memory: ";
      throw wrongUse(who + tooLittle.getMessage());
    }
  }

  private OptionalLong least(OptionalLong boundBytes) {
    if (memoryBytes == null) {
      return boundBytes;
    }
    return OptionalLong.of(Math.min(memoryBytes, boundBytes.orElse(Long.MAX_VALUE)));
  }

  /** Checks what needs no file. */
  void check() {
    if (threads < 1 || threads > MOST_THREADS) {
      throw wrongUse("--threads must be in [1, " + MOST_THREADS + "], not " + threads);
    }
  }

  /** Wrong use of the command that these arguments are mixed into. */
  ParameterException wrongUse(String message) {
    return new ParameterException(commandLine(), message);
  }

  CommandLine commandLine() {
    CommandSpec mixee = spec;
    if (mixee == null) {
      throw new IllegalStateException("picocli has not filled in the command");
    }
    return mixee.commandLine();
  }
}
