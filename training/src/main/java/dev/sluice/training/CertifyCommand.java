package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model certify}: a copy of a bundle whose certification table is measured anew. */
@Command(
    name = "certify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Measures a bundle's certification table anew, on which accuracy floors are proven, and"
            + " writes a copy of it with the table. All else stays. The more independent pictures"
            + " or drives, the closer to its floor a plan can be proven.")
final class CertifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "BUNDLE",
      description = "a bundle's folder or zip, or its http(s) address")
  private String path = "";

  @Mixin private final BundleDataOptions source = new BundleDataOptions();

  @Option(
      names = "--drives",
      paramLabel = "N",
      description =
          "roadsigns: drives to certify on, of each of which a few frames are taken (default: as"
              + " 'train roadsigns' does)")
  private @Nullable Integer drives;

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
    if (drives != null) {
      source.certifyOn(drives);
    }
    PrintWriter console = spec.commandLine().getOut();
    long start = System.nanoTime();
    Bundle bundle = Programs.open(path, spec);
    BundleDataOptions.Drawn drawn = source.draw(bundle);
    var progress = new ConsoleProgress(console, System::nanoTime, BundleBuilder.CERTIFY_STEPS);
    var options =
        new BundleBuilder.Options(
            processors,
            drawn.seed(),
            CodecSearch.Options.standard(processors, drawn.seed()),
            List.of());
    BundleBuilder.Certified certified =
        new BundleBuilder(options, System::nanoTime, progress)
            .certify(bundle, drawn.sets(), origin(drawn), out);
    CalibrationTable table = certified.table();
    int last = table.exits() - 1;
    console.printf(
        Locale.ROOT,
        "%,d pictures, the final exit is right about %.2f %%; wrote %s (%s) in %.0f s%n",
        table.samples(),
        100.0
            * IntStream.range(0, table.samples()).filter(s -> table.correct(s, last)).count()
            / table.samples(),
        out,
        certified.bundle().digest().substring(0, 12),
        (System.nanoTime() - start) / 1e9);
    console.flush();
    return 0;
  }

  private static Map<String, String> origin(BundleDataOptions.Drawn drawn) throws IOException {
    Map<String, String> origin = new LinkedHashMap<>();
    origin.put("certification.made by", "sluice model certify");
    origin.put("certification.commit", Programs.commit());
    origin.put("certification.command", "./sluice model certify BUNDLE " + drawn.options());
    origin.put("certification.pictures", Integer.toString(drawn.sets().certify().size()));
    return origin;
  }
}
