package dev.sluice.training;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.repository.Bundles;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model diff}: what differs between two bundles. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    description = {
      "Shows what differs between two bundles: what their manifests say, accuracy per exit, files,"
          + " and weights tensor by tensor.",
      "Exits with 0 if they are the same, 1 if they differ, 2 if one cannot be read."
    })
final class DiffCommand implements Callable<Integer> {
  private static final int SAME = 0;
  private static final int DIFFERENT = 1;
  private static final int SHOWN_TENSORS = 20;
  private static final int MAX_COLUMN = 44;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "A", description = "a bundle's folder, zip or address")
  private String first = "";

  @Parameters(index = "1", paramLabel = "B", description = "another one")
  private String second = "";

  @Option(names = "--json", description = "print it as JSON, with every tensor that differs")
  private boolean json;

  @Override
  public Integer call() throws UnreadableException {
    PrintWriter out = spec.commandLine().getOut();
    BundleDiff diff;
    Bundle a;
    Bundle b;
    try {
      a = Programs.open(first, spec);
      b = Programs.open(second, spec);
      diff = BundleDiff.of(a, b);
    } catch (IOException e) {
      throw new UnreadableException(e);
    }
    if (json) {
      out.println(json(a, b, diff).toPrettyString());
    } else {
      out.printf("A  %s  %s  digest %s%n", Bundles.shown(first), a.manifest().name(), a.digest());
      out.printf("B  %s  %s  digest %s%n", Bundles.shown(second), b.manifest().name(), b.digest());
      if (diff.same()) {
        out.println("the same");
      } else {
        differences(out, diff.differences());
        weights(out, diff.weights());
      }
    }
    out.flush();
    return diff.same() ? SAME : DIFFERENT;
  }

  private static void differences(PrintWriter out, List<BundleDiff.Difference> differences) {
    int what = 4;
    int left = 1;
    for (BundleDiff.Difference difference : differences) {
      what = Math.min(MAX_COLUMN, Math.max(what, difference.what().length()));
      left = Math.min(MAX_COLUMN, Math.max(left, difference.a().length()));
    }
    String area = "";
    for (BundleDiff.Difference difference : differences) {
      if (!difference.area().equals(area)) {
        area = difference.area();
        out.printf("%n%s%n", area);
      }
      out.printf(
          "  %-" + what + "s  %-" + left + "s  ->  %s%n",
          difference.what(),
          difference.a(),
          difference.b());
    }
  }

  private static void weights(PrintWriter out, List<WeightDiff.Tensor> weights) {
    if (weights.isEmpty()) {
      return;
    }
    out.printf("%nweights (%d tensors differ)%n", weights.size());
    weights.stream()
        .sorted(
            Comparator.comparingDouble(
                tensor -> -tensor.maxAbsDifference().orElse(Double.POSITIVE_INFINITY)))
        .limit(SHOWN_TENSORS)
        .forEach(
            tensor ->
                out.printf(
                    Locale.ROOT,
                    "  %s: %s %s: %s%n",
                    tensor.file(),
                    tensor.tensor(),
                    tensor.a().equals(tensor.b()) ? tensor.a() : tensor.a() + " -> " + tensor.b(),
                    tensor
                        .maxAbsDifference()
                        .map(most -> String.format(Locale.ROOT, "max abs difference %.3g", most))
                        .orElse("not comparable")));
    if (weights.size() > SHOWN_TENSORS) {
      out.printf("  and %d more; --json lists all%n", weights.size() - SHOWN_TENSORS);
    }
  }

  private ObjectNode json(Bundle a, Bundle b, BundleDiff diff) {
    ObjectNode all = new ObjectMapper().createObjectNode();
    all.putObject("a").put("bundle", Bundles.shown(first)).put("digest", a.digest());
    all.putObject("b").put("bundle", Bundles.shown(second)).put("digest", b.digest());
    all.put("same", diff.same());
    ArrayNode differences = all.putArray("differences");
    for (BundleDiff.Difference difference : diff.differences()) {
      differences
          .addObject()
          .put("area", difference.area())
          .put("what", difference.what())
          .put("a", difference.a())
          .put("b", difference.b());
    }
    ArrayNode weights = all.putArray("weights");
    for (WeightDiff.Tensor tensor : diff.weights()) {
      ObjectNode one =
          weights
              .addObject()
              .put("file", tensor.file())
              .put("tensor", tensor.tensor())
              .put("a", tensor.a())
              .put("b", tensor.b());
      tensor.maxAbsDifference().ifPresent(most -> one.put("maxAbsDifference", most));
    }
    return all;
  }
}
