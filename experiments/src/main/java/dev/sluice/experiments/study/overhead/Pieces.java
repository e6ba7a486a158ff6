package dev.sluice.experiments.study.overhead;

import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.engine.LoweredNetwork;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.OnnxGraph;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The sessions that a chain consists of, cut where the exits sit but without their heads: so a
 * boundary's cost can be told from a head's.
 */
final class Pieces implements AutoCloseable {
  private final OnnxEngine engine;
  private final List<OnnxEngine.Session> sessions = new ArrayList<>();
  private final OnnxEngine.Session whole;

  Pieces(Subject subject, int threads) throws IOException {
    List<List<String>> cuts = new ArrayList<>();
    List<CutInfo> known = subject.bundle().manifest().cuts();
    cuts.add(known.get(0).tensors());
    for (ExitInfo exit : subject.earlyExits()) {
      cuts.add(known.get(exit.cut()).tensors());
    }
    cuts.add(known.get(known.size() - 1).tensors());
    List<String> wanted = cuts.subList(1, cuts.size()).stream().flatMap(List::stream).toList();
    OnnxGraph graph = OnnxGraph.of(subject.network(), subject.name());
    engine = OnnxEngine.start(new EngineOptions(threads));
    whole =
        engine.load(
            graph.splice(graph.inputs(), cuts.get(cuts.size() - 1)).toBytes(), subject.name());
    try (LoweredNetwork lowered =
        engine.lower(graph.splice(graph.inputs(), wanted).toBytes(), subject.name())) {
      for (int i = 0; i + 1 < cuts.size(); i++) {
        boolean first = i == 0;
        boolean last = i + 2 == cuts.size();
        sessions.add(
            engine.load(
                lowered.piece(cuts.get(i), !first, cuts.get(i + 1), !last, List.of()).orElseThrow(),
                subject.name()));
      }
    }
  }

  void runWhole(FloatBuffer input, long[] shape) {
    run(List.of(whole), input, shape);
  }

  void runPieces(FloatBuffer input, long[] shape) {
    run(sessions, input, shape);
  }

  private void run(List<OnnxEngine.Session> way, FloatBuffer input, long[] shape) {
    OnnxEngine.Tensors live = engine.wrap(List.of(input.duplicate()), List.of(shape));
    for (OnnxEngine.Session session : way) {
      OnnxEngine.Tensors next = session.run(live);
      live.close();
      live = next;
    }
    live.close();
  }

  @Override
  public void close() {
    engine.close();
  }
}
