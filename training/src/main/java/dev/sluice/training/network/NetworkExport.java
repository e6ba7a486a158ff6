package dev.sluice.training.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Turns the trained network into ONNX files: the backbone, and one file per early exit. */
final class NetworkExport {
  static final String INPUT = "input";
  static final String OUTPUT = "logits";

  private NetworkExport() {}

  /** The backbone with its final classifier: {@code input} to {@code logits}. */
  static byte[] backbone(SignNetwork network) {
    var writer = new OnnxWriter("road-signs");
    ConvUnit stem = network.stem();
    String x = writer.input(INPUT, stem.shape().inChannels(), stem.shape().inSize());
    x = writer.conv(x, stem.fold(), "stem");
    for (ResidualUnit block : network.blocks()) {
      String name = block.name();
      String y = writer.conv(x, block.first().fold(), name + ".first");
      y = writer.conv(y, block.second().fold(), name + ".second");
      String shortcut = x;
      if (block.projection().isPresent()) {
        shortcut = writer.conv(x, block.projection().get().fold(), name + ".projection");
      }
      x = writer.addRelu(y, shortcut, name);
    }
    return classifier(writer, network.last(), x);
  }

  /** The early exits, nearest the input first. */
  static List<TrainedExit> exits(SignNetwork network) {
    Map<String, Long> macs = network.macsByBlock();
    long total = network.totalMacs();
    List<TrainedExit> exits = new ArrayList<>();
    network
        .branches()
        .forEach(
            (block, branch) -> {
              if (!network.isExit(block)) {
                return;
              }
              var writer = new OnnxWriter("road-signs-exit-" + block);
              String x = writer.input(block, branch.inChannels(), branch.inSize());
              List<ConvUnit> convs = branch.convs();
              for (int i = 0; i < convs.size(); i++) {
                x = writer.conv(x, convs.get(i).fold(), "conv" + i);
              }
              byte[] onnx = classifier(writer, branch, x);
              long before = macs.getOrDefault(block, 0L);
              exits.add(
                  new TrainedExit(block, before, (double) before / total, branch.macs(), onnx));
            });
    return exits;
  }

  private static byte[] classifier(OnnxWriter writer, ExitBranch branch, String input) {
    String pooled = writer.pool(input, branch.maxPooled(), "pooled");
    writer.linear(pooled, branch.weights(), branch.bias(), OUTPUT);
    return writer.finish(OUTPUT, branch.classes());
  }
}
