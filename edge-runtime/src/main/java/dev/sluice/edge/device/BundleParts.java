package dev.sluice.edge.device;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The graphs of a bundle's segments, for cuts 1 to the last, and of its exit heads. Immutable.
 *
 * @param heads by exit; the final exit may be missing
 */
record BundleParts(List<OnnxGraph> segments, Map<Integer, OnnxGraph> heads) {
  BundleParts {
    segments = List.copyOf(segments);
    heads = Map.copyOf(heads);
  }

  /**
   * Reads them.
   *
   * @throws OnnxFormatException if a graph of the bundle is damaged
   */
  static BundleParts of(Bundle bundle) throws OnnxFormatException {
    OnnxGraph backbone = OnnxGraph.of(bundle.file(Bundle.BACKBONE), Bundle.BACKBONE);
    List<CutInfo> cuts = bundle.manifest().cuts();
    List<OnnxGraph> segments = new ArrayList<>();
    for (int cut = 1; cut < cuts.size(); cut++) {
      byte[] part = backbone.extract(cuts.get(cut - 1).tensors(), cuts.get(cut).tensors());
      segments.add(OnnxGraph.of(part, "segment " + cut));
    }
    Map<Integer, OnnxGraph> heads = new HashMap<>();
    for (ExitInfo exit : bundle.manifest().exits()) {
      if (!exit.head().isEmpty()) {
        heads.put(exit.index(), OnnxGraph.of(bundle.file(exit.head()), exit.head()));
      }
    }
    return new BundleParts(segments, heads);
  }
}
