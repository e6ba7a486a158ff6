package dev.sluice.training;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.GraphNode;
import dev.sluice.model.graph.OnnxGraph;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model cut}: the places where a network can be divided. */
@Command(
    name = "cut",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Shows where a network can be divided: the tensors that would cross, their bytes for one"
            + " sample, and the share of the multiply-accumulates before.")
final class CutCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "NET.onnx", description = "the network")
  private Path network = Path.of("");

  @Mixin private NetworkOptions options = new NetworkOptions();

  @Option(names = "--json", description = "the same as one JSON object")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    OnnxGraph graph = options.read(network);
    List<CutPoint> cuts = options.cuts(graph);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          new ObjectMapper()
              .writerWithDefaultPrettyPrinter()
              .writeValueAsString(json(graph, cuts)));
    } else {
      table(out, graph, cuts);
    }
    out.flush();
    return 0;
  }

  private void table(PrintWriter out, OnnxGraph graph, List<CutPoint> cuts) {
    out.printf(
        Locale.ROOT,
        "%s: operator set %d, %d nodes, %,d multiply-accumulates, %,d bytes of weights, %s%n%n",
        network,
        graph.opset(),
        graph.nodes().size(),
        graph.totalMacs(),
        graph.weightBytes(),
        graph.hasDynamicBatch() ? "any batch" : "batch of " + graph.fixedBatch());
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("cut", "MACs before", "bytes", "type", "shape", "behind", "tensors"));
    for (CutPoint cut : cuts) {
      rows.add(
          List.of(
              String.valueOf(rows.size() - 1),
              CutTable.share(cut.macsBefore(), graph.totalMacs()),
              CutTable.bytes(cut.bytes()),
              CutTable.types(cut),
              CutTable.shapes(cut),
              CutTable.shortened(cut.name()),
              CutTable.tensors(cut)));
    }
    CutTable.lines(rows, List.of(true, true, true, false, false, false, false))
        .forEach(out::println);
  }

  private Map<String, Object> json(OnnxGraph graph, List<CutPoint> cuts) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("network", network.toString());
    result.put("opset", graph.opset());
    result.put("dynamicBatch", graph.hasDynamicBatch());
    result.put("macs", graph.totalMacs());
    result.put("weightBytes", graph.weightBytes());
    result.put("nodes", graph.nodes().stream().map(CutCommand::json).toList());
    List<Object> list = new ArrayList<>();
    for (CutPoint cut : cuts) {
      list.add(json(list.size(), cut, graph));
    }
    result.put("cuts", list);
    return result;
  }

  private static Map<String, Object> json(GraphNode node) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("name", node.name());
    result.put("op", node.op());
    result.put("macs", node.macs());
    result.put("weightBytes", node.weightBytes());
    result.put("outputBytes", node.outputBytes());
    return result;
  }

  static Map<String, Object> json(int number, CutPoint cut, OnnxGraph graph) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("cut", number);
    result.put("name", cut.name());
    result.put("position", cut.position());
    List<Object> tensors = new ArrayList<>();
    for (int i = 0; i < cut.tensors().size(); i++) {
      Map<String, Object> tensor = new LinkedHashMap<>();
      tensor.put("name", cut.tensors().get(i));
      tensor.put("type", CutTable.type(cut.types().get(i)));
      tensor.put("shape", cut.shapes().get(i));
      tensors.add(tensor);
    }
    result.put("tensors", tensors);
    result.put("bytes", cut.bytes());
    result.put("macsBefore", cut.macsBefore());
    result.put("share", cut.macsBefore() / (double) Math.max(1, graph.totalMacs()));
    return result;
  }
}
