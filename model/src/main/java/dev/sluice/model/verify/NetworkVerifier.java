package dev.sluice.model.verify;

import dev.sluice.model.engine.OnnxProbe;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.OnnxGraph;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * Cuts a network in two at one place after another and compares its outputs with those of the uncut
 * network. Sessions are made and closed one at a time.
 */
public final class NetworkVerifier {
  private final OnnxGraph graph;
  private final List<Map<String, OnnxProbe.Value>> runs = new ArrayList<>();
  private final List<Map<String, OnnxProbe.Value>> uncut;

  private NetworkVerifier(OnnxGraph graph, NetworkInputs inputs) {
    this.graph = graph;
    for (int i = 0; i < inputs.samples(); i++) {
      runs.add(inputs.one(i));
    }
    // Together they also show that nothing in a piece depends on how many samples there are.
    if (graph.hasDynamicBatch() && inputs.samples() > 1) {
      runs.add(inputs.all());
    }
    graph
        .unseededNode()
        .ifPresent(
            node -> {
              throw new NotComparableException(
                  graph.name()
                      + ": node '"
                      + node
                      + "' draws other values each time; export the network without it, or with a"
                      + " seed");
            });
    uncut = run(graph.toBytes(), "uncut", runs, graph.outputs());
    requireNumbers();
  }

  /**
   * Verifies cuts.
   *
   * @param cuts cut points of the network; its input and output may be among them
   * @param inputs what to compare on
   * @param progress hears how many cuts are done
   * @throws NotComparableException if the uncut network itself gives no numbers, or others each
   *     time
   * @throws IllegalArgumentException if the engine refuses the network or a piece of it
   */
  public static NetworkVerification verify(
      OnnxGraph graph, List<CutPoint> cuts, NetworkInputs inputs, IntConsumer progress) {
    NetworkVerifier verifier = new NetworkVerifier(graph, inputs);
    List<NetworkVerification.Difference> differences = new ArrayList<>();
    for (CutPoint cut : cuts) {
      differences.add(new NetworkVerification.Difference(cut, verifier.cutAt(cut)));
      progress.accept(differences.size());
    }
    return new NetworkVerification(
        inputs.samples(), verifier.runs.size() > inputs.samples(), differences);
  }

  /**
   * Returns how far another network's outputs are from those of the first, over the largest of
   * them.
   *
   * @param other a network with the same inputs and outputs
   */
  public static double difference(OnnxGraph graph, OnnxGraph other, NetworkInputs inputs) {
    NetworkVerifier verifier = new NetworkVerifier(graph, inputs);
    return verifier.difference(
        verifier.run(other.toBytes(), "the other one", verifier.runs, graph.outputs()));
  }

  private double cutAt(CutPoint cut) {
    List<String> tensors = cut.tensors();
    List<String> given = tensors;
    List<Map<String, OnnxProbe.Value>> live = runs;
    String at = " cut at " + cut.name();
    if (!tensors.equals(graph.inputs())) {
      byte[] head = graph.extract(graph.inputs(), tensors);
      live = run(head, "the part before the" + at, runs, tensors);
    }
    if (tensors.equals(graph.outputs())) {
      return difference(live);
    }
    byte[] tail = graph.extract(given, graph.outputs());
    return difference(run(tail, "the part behind the" + at, live, graph.outputs()));
  }

  /** Runs a model and returns its outputs under the names that are wanted, in the model's order. */
  private List<Map<String, OnnxProbe.Value>> run(
      byte[] onnx, String what, List<Map<String, OnnxProbe.Value>> inputs, List<String> names) {
    List<Map<String, OnnxProbe.Value>> results = new ArrayList<>();
    try (OnnxProbe probe =
        OnnxProbe.load(onnx, graph.name() + " (" + what + ")", OnnxProbe.Mode.AS_STAGES)) {
      List<String> outputs = probe.tensorOutputs();
      if (outputs.size() != names.size()) {
        throw new NotComparableException(
            graph.name() + ": has outputs that are no tensors, which cannot be compared");
      }
      for (Map<String, OnnxProbe.Value> input : inputs) {
        Map<String, OnnxProbe.Value> values = probe.run(input, outputs);
        Map<String, OnnxProbe.Value> renamed = new LinkedHashMap<>();
        for (int i = 0; i < names.size(); i++) {
          OnnxProbe.Value value = values.get(outputs.get(i));
          if (value != null) {
            renamed.put(names.get(i), value);
          }
        }
        results.add(renamed);
      }
    }
    return results;
  }

  private void requireNumbers() {
    for (Map<String, OnnxProbe.Value> outputs : uncut) {
      outputs.forEach(
          (name, value) -> {
            Numbers numbers = Numbers.of(value);
            boolean any = numbers.size() == 0;
            for (int i = 0; i < numbers.size() && !any; i++) {
              any = !Double.isNaN(numbers.get(i));
            }
            if (!any) {
              throw new NotComparableException(
                  graph.name()
                      + ": output '"
                      + name
                      + "' is not a number for these inputs; give their ranges");
            }
          });
    }
  }

  private double difference(List<Map<String, OnnxProbe.Value>> actual) {
    double worst = 0;
    for (int r = 0; r < uncut.size(); r++) {
      for (Map.Entry<String, OnnxProbe.Value> expected : uncut.get(r).entrySet()) {
        OnnxProbe.Value value = actual.get(r).get(expected.getKey());
        worst =
            Math.max(
                worst,
                value == null
                    ? Double.POSITIVE_INFINITY
                    : Numbers.relativeDifference(expected.getValue(), value));
      }
    }
    return worst;
  }

  /** Values of any type as doubles. */
  private record Numbers(ByteBuffer bytes, int elementType, int size) {
    static Numbers of(OnnxProbe.Value value) {
      long size = 1;
      for (long dimension : value.shape()) {
        size *= dimension;
      }
      return new Numbers(value.bytes(), value.elementType(), (int) size);
    }

    double get(int index) {
      return switch (elementType) {
        case 1 -> bytes.getFloat(index * Float.BYTES);
        case 2, 9 -> bytes.get(index) & 0xFF;
        case 3 -> bytes.get(index);
        case 4 -> bytes.getShort(index * Short.BYTES) & 0xFFFF;
        case 5 -> bytes.getShort(index * Short.BYTES);
        case 6 -> bytes.getInt(index * Integer.BYTES);
        case 7 -> bytes.getLong(index * Long.BYTES);
        case 10 -> half(bytes.getShort(index * Short.BYTES));
        case 11 -> bytes.getDouble(index * Double.BYTES);
        case 12 -> bytes.getInt(index * Integer.BYTES) & 0xFFFFFFFFL;
        case 13 -> bytes.getLong(index * Long.BYTES);
        case 16 -> Float.intBitsToFloat(bytes.getShort(index * Short.BYTES) << 16);
        default ->
            throw new NotComparableException(
                "values of element type " + elementType + " cannot be compared");
      };
    }

    private static double half(short bits) {
      int exponent = (bits >>> 10) & 0x1F;
      int fraction = bits & 0x3FF;
      double sign = bits < 0 ? -1 : 1;
      if (exponent == 31) {
        return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
      }
      return exponent == 0
          ? sign * fraction * 0x1p-24
          : sign * (1 + fraction * 0x1p-10) * Math.scalb(1.0, exponent - 15);
    }

    static double relativeDifference(OnnxProbe.Value expected, OnnxProbe.Value actual) {
      Numbers wanted = of(expected);
      Numbers got = of(actual);
      if (expected.elementType() != actual.elementType()
          || !java.util.Arrays.equals(expected.shape(), actual.shape())) {
        return Double.POSITIVE_INFINITY;
      }
      double largest = Float.MIN_NORMAL;
      double difference = 0;
      for (int i = 0; i < wanted.size(); i++) {
        double one = wanted.get(i);
        double other = got.get(i);
        if (Double.doubleToLongBits(one) == Double.doubleToLongBits(other)) {
          largest = Double.isFinite(one) ? Math.max(largest, Math.abs(one)) : largest;
          continue;
        }
        double apart = Math.abs(one - other);
        difference = Math.max(difference, Double.isNaN(apart) ? Double.POSITIVE_INFINITY : apart);
        largest = Double.isFinite(one) ? Math.max(largest, Math.abs(one)) : largest;
      }
      return difference / largest;
    }
  }
}
