package dev.sluice.model;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.model.engine.OnnxProbe;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.Stage;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.model.stage.StageResult;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;

/** Compares cut networks with the uncut one. */
final class CutVerifier {
  private final ProgressiveModel model;
  private final List<Activation> inputs;
  private final String precision;
  private final List<float[]> uncut;
  private int done;

  private CutVerifier(ProgressiveModel model, List<Activation> inputs, String precision) {
    if (inputs.isEmpty()) {
      throw new IllegalArgumentException("at least one input is needed to compare");
    }
    this.model = model;
    this.inputs = inputs;
    this.precision = precision;
    this.uncut = inputs.stream().map(input -> model.runUncut(input, precision)).toList();
  }

  static CutVerification verify(
      ProgressiveModel model, List<Activation> inputs, String precision, IntConsumer progress) {
    CutVerifier verifier = new CutVerifier(model, inputs, precision);
    List<CutVerification.Deviation> cuts = new ArrayList<>();
    for (int cut = 1; cut < model.lastCut(); cut++) {
      cuts.add(verifier.cutAt(cut));
      progress.accept(++verifier.done);
    }
    List<List<float[]>> expected = new ArrayList<>();
    List<CutVerification.ExitDeviation> exits = new ArrayList<>();
    for (ExitInfo exit : model.manifest().exits()) {
      if (exit.index() == model.manifest().finalExit().index()) {
        expected.add(verifier.uncut);
      } else {
        expected.add(verifier.alone(exit));
        exits.add(verifier.exitAt(exit, expected.get(expected.size() - 1)));
      }
      progress.accept(++verifier.done);
    }
    return new CutVerification(inputs.size(), cuts, exits, verifier.withAllExits(expected));
  }

  private StageChain compile(int from, int to, List<Integer> exits) {
    return model.compile(StageRequest.of(from, to, exits).withPrecision(precision));
  }

  private CutVerification.Deviation cutAt(int cut) {
    List<Integer> last = List.of(model.manifest().finalExit().index());
    try (StageChain device = compile(0, cut, List.of());
        StageChain cloud = compile(cut, model.lastCut(), last)) {
      List<Stage> stages = new ArrayList<>(device.stages());
      stages.addAll(cloud.stages());
      Comparison comparison = new Comparison();
      for (int i = 0; i < inputs.size(); i++) {
        List<float[]> logits = run(stages, inputs.get(i));
        comparison.add(uncut.get(i), logits.get(logits.size() - 1));
      }
      return new CutVerification.Deviation(cut, comparison.worst, comparison.changed);
    }
  }

  private CutVerification.ExitDeviation exitAt(ExitInfo exit, List<float[]> expected) {
    try (StageChain chain = compile(0, exit.cut(), List.of(exit.index()))) {
      Comparison comparison = new Comparison();
      for (int i = 0; i < inputs.size(); i++) {
        List<float[]> logits = run(chain.stages(), inputs.get(i));
        comparison.add(expected.get(i), logits.get(logits.size() - 1));
      }
      return new CutVerification.ExitDeviation(
          exit.index(), exit.cut(), comparison.worst, comparison.changed);
    }
  }

  private CutVerification.Deviation withAllExits(List<List<float[]>> expected) {
    List<Integer> exits = model.manifest().exits().stream().map(ExitInfo::index).toList();
    try (StageChain chain = compile(0, model.lastCut(), exits)) {
      Comparison comparison = new Comparison();
      for (int i = 0; i < inputs.size(); i++) {
        List<float[]> logits = run(chain.stages(), inputs.get(i));
        for (int exit = 0; exit < expected.size(); exit++) {
          comparison.add(expected.get(exit).get(i), logits.get(exit));
        }
      }
      return new CutVerification.Deviation(model.lastCut(), comparison.worst, comparison.changed);
    }
  }

  /** Runs the network up to an exit's cut, then its head by itself, with nothing joined. */
  private List<float[]> alone(ExitInfo exit) {
    Bundle bundle = model.bundle();
    CutInfo cut = model.manifest().cuts().get(exit.cut());
    try {
      Optional<VariantInfo> variant = model.manifest().variant(precision);
      OnnxGraph backbone =
          graph(bundle, variant.map(VariantInfo::backbone).orElse(Bundle.BACKBONE));
      List<Map<String, OnnxProbe.Value>> live = new ArrayList<>();
      try (OnnxProbe probe =
          OnnxProbe.load(
              backbone.select(cut.tensors()).toBytes(),
              backbone.name(),
              OnnxProbe.Mode.AS_STAGES)) {
        for (Activation input : inputs) {
          live.add(probe.run(values(backbone, input), cut.tensors()));
        }
      }
      List<float[]> logits = new ArrayList<>();
      if (exit.head().isEmpty()) {
        live.forEach(values -> logits.add(floats(last(cut.tensors(), values))));
        return logits;
      }
      OnnxGraph head =
          graph(
              bundle,
              variant
                  .map(v -> v.heads().getOrDefault(exit.index(), exit.head()))
                  .orElse(exit.head()));
      String output = head.outputs().get(0);
      try (OnnxProbe probe =
          OnnxProbe.load(head.toBytes(), head.name(), OnnxProbe.Mode.AS_STAGES)) {
        for (Map<String, OnnxProbe.Value> values : live) {
          Map<String, OnnxProbe.Value> given = new LinkedHashMap<>();
          for (int i = 0; i < head.inputs().size(); i++) {
            given.put(head.inputs().get(i), named(values, cut.tensors().get(i)));
          }
          logits.add(floats(named(probe.run(given, List.of(output)), output)));
        }
      }
      return logits;
    } catch (OnnxFormatException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static OnnxGraph graph(Bundle bundle, String path) throws OnnxFormatException {
    return OnnxGraph.of(bundle.file(path), bundle.source() + "!" + path);
  }

  private static OnnxProbe.Value last(List<String> tensors, Map<String, OnnxProbe.Value> values) {
    return named(values, tensors.get(tensors.size() - 1));
  }

  private static OnnxProbe.Value named(Map<String, OnnxProbe.Value> values, String name) {
    OnnxProbe.Value value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no tensor '" + name + "' was computed");
    }
    return value;
  }

  private static Map<String, OnnxProbe.Value> values(OnnxGraph backbone, Activation input) {
    Map<String, OnnxProbe.Value> values = new LinkedHashMap<>();
    for (int i = 0; i < backbone.inputs().size(); i++) {
      int[] shape = input.shapes().get(i);
      long[] whole = new long[shape.length + 1];
      whole[0] = input.batch();
      for (int d = 0; d < shape.length; d++) {
        whole[d + 1] = shape[d];
      }
      values.put(
          backbone.inputs().get(i),
          new OnnxProbe.Value(input.type(i).onnxNumber(), whole, input.bytes(i)));
    }
    return values;
  }

  private static float[] floats(OnnxProbe.Value value) {
    FloatBuffer floats = value.bytes().asFloatBuffer();
    float[] values = new float[floats.remaining()];
    floats.get(values);
    return values;
  }

  /** Returns the logits of every stage that has some, in order. */
  private static List<float[]> run(List<Stage> stages, Activation input) {
    List<StageResult> results = new ArrayList<>();
    try {
      List<float[]> logits = new ArrayList<>();
      Activation live = input;
      for (Stage stage : stages) {
        StageResult result = stage.run(live);
        results.add(result);
        live = result.live();
        result.logits().ifPresent(logits::add);
      }
      return logits;
    } finally {
      results.forEach(StageResult::close);
    }
  }

  /** Worst of several pairs of logits. */
  private static final class Comparison {
    double worst;
    int changed;

    void add(float[] expected, float[] actual) {
      double largest = Float.MIN_NORMAL;
      double difference = expected.length == actual.length ? 0 : Double.POSITIVE_INFINITY;
      for (int k = 0; k < Math.min(expected.length, actual.length); k++) {
        largest = Math.max(largest, Math.abs(expected[k]));
        double apart = Math.abs((double) expected[k] - actual[k]);
        difference = Math.max(difference, Double.isNaN(apart) ? Double.POSITIVE_INFINITY : apart);
      }
      worst = Math.max(worst, difference / largest);
      changed += largestIndex(actual) == largestIndex(expected) ? 0 : 1;
    }
  }

  private static int largestIndex(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }
}
