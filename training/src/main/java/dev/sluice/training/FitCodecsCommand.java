package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.protocol.codec.PictureCodec;
import dev.sluice.protocol.codec.UnknownCodecException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model fit-codecs}: a copy of a bundle whose codecs are searched anew. */
@Command(
    name = "fit-codecs",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Searches codecs for a bundle's cuts anew, as 'model prepare' does, and writes a copy of it"
            + " with them. Network, exits and their calibration stay.")
final class FitCodecsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "BUNDLE",
      description = "a bundle's folder or zip, or its http(s) address")
  private String path = "";

  @Mixin private final BundleDataOptions source = new BundleDataOptions();

  @Option(
      names = "--pictures",
      paramLabel = "LIST",
      split = ",",
      description =
          "picture codecs to try at the input; raw, png and jpeg-75 are kept, of others those that"
              + " no other beats (default: raw and JPEGs of several qualities)")
  private List<String> pictures =
      Stream.concat(Stream.of("raw"), BundleBuilder.TRIED_JPEGS.stream()).toList();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "BUNDLE",
      description = "directory to write; a bundle that stands there is replaced")
  private Path out = Path.of("");

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Override
  public Integer call() throws IOException {
    int processors = threads.checked();
    source.check();
    // Several threads wait for each other at every operator, the longer the busier the machine is.
    if (System.getProperty("ai.djl.pytorch.num_threads") == null) {
      System.setProperty("ai.djl.pytorch.num_threads", "1");
    }
    try {
      pictures.forEach(PictureCodec::of);
    } catch (UnknownCodecException unknown) {
      throw new ParameterException(spec.commandLine(), "--pictures: " + unknown.getMessage());
    }
    PrintWriter console = spec.commandLine().getOut();
    long start = System.nanoTime();
    Bundle bundle = Programs.open(path, spec);
    BundleDataOptions.Drawn drawn = source.draw(bundle);
    var progress = new ConsoleProgress(console, System::nanoTime, BundleBuilder.REFIT_STEPS);
    var options =
        new BundleBuilder.Options(
            processors,
            drawn.seed(),
            CodecSearch.Options.standard(processors, drawn.seed()),
            pictures);
    BundleBuilder.Built built =
        new BundleBuilder(options, System::nanoTime, progress)
            .refit(bundle, drawn.sets(), origin(drawn), out);
    console.println();
    console.println(built.report());
    console.printf(
        Locale.ROOT,
        "wrote %s (%s) in %.0f s%n",
        out,
        built.bundle().digest().substring(0, 12),
        (System.nanoTime() - start) / 1e9);
    console.flush();
    return 0;
  }

  private Map<String, String> origin(BundleDataOptions.Drawn drawn) {
    Map<String, String> origin = new LinkedHashMap<>();
    origin.put("codecs.made by", "sluice model fit-codecs");
    origin.put("codecs.commit", Programs.commit());
    origin.put(
        "codecs.command",
        "./sluice model fit-codecs BUNDLE %s --pictures %s"
            .formatted(drawn.options(), String.join(",", pictures)));
    return origin;
  }
}
