package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.repository.Publisher;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model publish}: lays bundles out for any static HTTP server. */
@Command(
    name = "publish",
    mixinStandardHelpOptions = true,
    description = {
      "Lays bundles out as a folder that any static HTTP server can offer: index.json and files.",
      "Then http://HOST/index.json#NAME names a bundle wherever a path does."
    })
final class PublishCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "1..*",
      paramLabel = "BUNDLE",
      description = "a bundle's folder or zip, or its http(s) address")
  private List<String> bundles = new ArrayList<>();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "the repository; made if need be, added to if it is one")
  private Path out = Path.of("");

  @Override
  public Integer call() throws IOException {
    if (Files.exists(out) && !Files.isDirectory(out)) {
      throw wrongUse(out + ": is a file; name a folder for the repository (--out)");
    }
    if (Files.exists(out.resolve("bundle.json"))) {
      throw wrongUse(out + ": is a bundle; name another folder for the repository (--out)");
    }
    List<Bundle> opened = new ArrayList<>();
    for (String bundle : bundles) {
      opened.add(Programs.open(bundle, spec));
    }
    Map<String, String> offered = Publisher.publish(opened, out);
    PrintWriter console = spec.commandLine().getOut();
    offered.forEach((name, digest) -> console.println("index.json#" + name + "&sha256=" + digest));
    console.flush();
    return 0;
  }

  private ParameterException wrongUse(String what) {
    return new ParameterException(spec.commandLine(), what);
  }
}
