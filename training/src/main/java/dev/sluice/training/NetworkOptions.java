package dev.sluice.training;

import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.model.graph.ShapeHints;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How a plain network is read and which of its cuts are meant, to be mixed into a command. */
final class NetworkOptions {
  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  @Option(
      names = "--tensors",
      paramLabel = "N",
      description = "most tensors that a cut may have (default: " + OnnxGraph.DEFAULT_TENSORS + ")")
  private int tensors = OnnxGraph.DEFAULT_TENSORS;

  @Option(
      names = "--all",
      description =
          "every position with at most that many tensors, not only the best one of each place")
  private boolean all;

  @Option(
      names = "--shape",
      paramLabel = "INPUT=1x3x224x224",
      description =
          "size of an input whose file leaves dimensions open (an open batch stays open where 1 is"
              + " given; ? leaves a dimension as it is); repeatable")
  private List<String> shapes = new ArrayList<>();

  /**
   * Reads a network.
   *
   * @throws ParameterException if the options or the path make no sense
   */
  OnnxGraph read(Path network) throws OnnxFormatException {
    if (tensors < 1) {
      throw wrong("--tensors must be at least 1, not " + tensors);
    }
    if (!Files.exists(network)) {
      throw wrong(network + ": no such file; name an ONNX network");
    }
    ShapeHints hints;
    try {
      hints = ShapeHints.parse(shapes);
    } catch (IllegalArgumentException e) {
      throw wrong("--shape: " + e.getMessage());
    }
    return OnnxGraph.read(network, hints);
  }

  List<CutPoint> cuts(OnnxGraph graph) {
    return all ? graph.cutPoints(tensors) : graph.offeredCutPoints(tensors);
  }

  private RuntimeException wrong(String what) {
    return spec == null
        ? new IllegalStateException(what)
        : new ParameterException(spec.commandLine(), what);
  }
}
