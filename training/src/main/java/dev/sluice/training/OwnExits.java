package dev.sluice.training;

import dev.sluice.model.bundle.HeadKind;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.graph.BranchedNetwork;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.training.calibrate.ExitNetwork;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A network whose exits are the outputs that it brings.
 *
 * @param network backbone, cuts and heads
 * @param outputs name of the network's output per exit, the final one last
 * @param notes what people should know, such as outputs that were left out
 */
record OwnExits(ExitNetwork network, List<String> outputs, List<String> notes) {
  OwnExits {
    outputs = List.copyOf(outputs);
    notes = List.copyOf(notes);
  }

  /**
   * Takes a network apart. One with a single output becomes one without early exits.
   *
   * @throws PreparationException if its outputs are not logits of the same classes
   */
  static OwnExits of(OnnxGraph graph, Preprocessing preprocessing)
      throws PreparationException, OnnxFormatException {
    if (graph.inputs().size() != 1) {
      throw new PreparationException(
          "%s: has inputs %s; a classifier with one is needed"
              .formatted(graph.name(), graph.inputs()));
    }
    if (graph.outputs().size() > 1 && !BranchedNetwork.isOne(graph)) {
      throw new PreparationException(
          "%s: its outputs %s are not all logits [N, classes] of the same classes; exits of its own"
                  .formatted(graph.name(), graph.outputs())
              + " cannot be made of them");
    }
    BranchedNetwork branched = BranchedNetwork.of(graph);
    List<CutPoint> at = branched.branches().stream().map(BranchedNetwork.Branch::cut).toList();
    CutChoice choice = CutChoice.around(branched.backbone(), at);
    List<ExitNetwork.Head> heads = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    for (int i = 0; i < at.size(); i++) {
      BranchedNetwork.Branch branch = branched.branches().get(i);
      heads.add(
          new ExitNetwork.Head(
              choice.exitCuts().get(i), HeadKind.BACKBONE, branch.head(), branch.macs()));
      outputs.add(branch.output());
    }
    outputs.addAll(branched.backbone().outputs());
    List<String> notes =
        branched.leftOut().stream()
            .map(output -> "output '" + output + "' comes no earlier than the last one; left out")
            .toList();
    return new OwnExits(
        new ExitNetwork(branched.backbone(), preprocessing, choice.cuts(), heads), outputs, notes);
  }

  /** Returns the number of classes. */
  int classes() {
    return network.cuts().get(network.lastCut()).shapes().get(0)[0];
  }

  /** Returns what the provenance says about the exits. */
  Map<String, String> figures() {
    Map<String, String> figures = new LinkedHashMap<>();
    figures.put("exits", "the network's own outputs " + String.join(", ", outputs));
    return figures;
  }
}
