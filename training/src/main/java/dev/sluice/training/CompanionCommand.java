package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model companion}: a bundle gets a bigger network in the cloud to send pictures to. */
@Command(
    name = "companion",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Names another bundle's network as a bundle's companion: plans may then send pictures to it"
          + " where the device's exits, or the whole network on the device, are not sure.",
      "Measures what it answers to the bundle's own pictures and how much longer it takes. Its"
          + " network stays in its own bundle: serve both with ./sluice cloud --models FOLDER."
    })
final class CompanionCommand implements Callable<Integer> {
  /** Two sets recorded, speeds compared. */
  private static final int STEPS = 3;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "BUNDLE",
      description = "a bundle's folder or zip, or its http(s) address")
  private String path = "";

  @Option(
      names = "--companion",
      required = true,
      paramLabel = "BUNDLE",
      description = "the companion's own bundle, of the same classes in any order")
  private String companion = "";

  @Mixin private final BundleDataOptions source = new BundleDataOptions();

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
    PrintWriter console = spec.commandLine().getOut();
    Bundle bundle = Programs.open(path, spec);
    Bundle other = Programs.open(companion, spec);
    BundleDataOptions.Drawn drawn = source.draw(bundle);
    CompanionBuilder.Built built =
        new CompanionBuilder(
                processors, System::nanoTime, new ConsoleProgress(console, System::nanoTime, STEPS))
            .build(
                bundle,
                other,
                drawn.sets(),
                "%s, named by sluice model companion BUNDLE --companion BUNDLE %s"
                    .formatted(other.manifest().name(), drawn.options()),
                out);
    console.println();
    console.println(built.report());
    console.printf("wrote %s (%s)%n", out, built.bundle().digest().substring(0, 12));
    console.flush();
    return 0;
  }
}
