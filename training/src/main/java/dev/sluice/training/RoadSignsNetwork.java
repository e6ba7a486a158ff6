package dev.sluice.training;

import dev.sluice.model.bundle.HeadKind;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.bundle.Resize;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.export.OnnxPieces;
import java.util.ArrayList;
import java.util.List;

/** A network that was trained together with its exits, with the cuts that its bundle keeps. */
final class RoadSignsNetwork {
  private RoadSignsNetwork() {}

  /**
   * An exit as trained.
   *
   * @param tensor the backbone's tensor that it reads
   * @param onnx the head
   * @param macs of the head
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  record Exit(String tensor, byte[] onnx, long macs) {}

  /**
   * Puts backbone and exits together.
   *
   * @param mean per channel, of values in [0, 1]
   * @param std per channel
   * @throws PreparationException if an exit's tensor is no cut of the backbone
   */
  static ExitNetwork of(byte[] backbone, List<Exit> exits, float[] mean, float[] std)
      throws OnnxFormatException, PreparationException {
    OnnxGraph graph = OnnxGraph.of(backbone, "the trained network");
    List<CutPoint> points = graph.cutPoints();
    List<CutPoint> wanted = new ArrayList<>();
    for (Exit exit : exits) {
      wanted.add(
          points.stream()
              .filter(point -> point.tensors().equals(List.of(exit.tensor())))
              .findFirst()
              .orElseThrow(
                  () -> new PreparationException("no cut at the exit's tensor " + exit.tensor())));
    }
    CutChoice choice = CutChoice.around(graph, wanted);
    List<ExitNetwork.Head> heads = new ArrayList<>();
    for (int i = 0; i < exits.size(); i++) {
      Exit exit = exits.get(i);
      HeadKind kind =
          OnnxPieces.hasConvolution(exit.onnx()) ? HeadKind.CONVOLUTIONAL : HeadKind.POOLED_LINEAR;
      heads.add(new ExitNetwork.Head(choice.exitCuts().get(i), kind, exit.onnx(), exit.macs()));
    }
    int[] input = points.get(0).shapes().get(0);
    return new ExitNetwork(
        graph,
        new Preprocessing(input[2], input[1], Resize.CENTER_CROP, mean, std),
        choice.cuts(),
        heads);
  }
}
