package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.ToLongFunction;

/** Finds what nodes read, and orders in which they can be computed. */
final class NodeOrder {
  /**
   * Ready nodes that are compared for the order of small live sets; bounds the time of a choice.
   */
  private static final int MAX_COMPARED = 256;

  private NodeOrder() {}

  /** Returns the tensors a node reads, those that its subgraphs take from outside included. */
  static Set<String> reads(NodeProto node) {
    Set<String> reads = new LinkedHashSet<>(node.getInputList());
    reads.remove("");
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG()) {
        captured(attribute.getG(), reads);
      }
      attribute.getGraphsList().forEach(graph -> captured(graph, reads));
    }
    return reads;
  }

  static boolean hasSubgraph(NodeProto node) {
    return node.getAttributeList().stream().anyMatch(a -> a.hasG() || a.getGraphsCount() > 0);
  }

  /** Returns a node's name, or its first output where it has none. */
  static String name(NodeProto node) {
    return !node.getName().isEmpty()
        ? node.getName()
        : node.getOutputList().stream()
            .filter(output -> !output.isEmpty())
            .findFirst()
            .orElse(node.getOpType());
  }

  private static void captured(GraphProto graph, Set<String> reads) {
    Set<String> own = new HashSet<>();
    graph.getInputList().stream().map(ValueInfoProto::getName).forEach(own::add);
    graph.getInitializerList().stream().map(TensorProto::getName).forEach(own::add);
    graph.getSparseInitializerList().stream().map(s -> s.getValues().getName()).forEach(own::add);
    graph.getNodeList().forEach(node -> own.addAll(node.getOutputList()));
    for (NodeProto node : graph.getNodeList()) {
      reads(node).stream().filter(tensor -> !own.contains(tensor)).forEach(reads::add);
    }
    graph.getOutputList().stream()
        .map(ValueInfoProto::getName)
        .filter(tensor -> !own.contains(tensor))
        .forEach(reads::add);
  }

  /** Who waits for whom among some nodes. */
  private static final class Waiting {
    final int[] missing;
    final List<List<Integer>> readers = new ArrayList<>();
    final List<List<Integer>> producers = new ArrayList<>();

    Waiting(List<NodeProto> nodes, Map<String, Integer> producerOf) {
      missing = new int[nodes.size()];
      for (int i = 0; i < nodes.size(); i++) {
        readers.add(new ArrayList<>());
        producers.add(new ArrayList<>());
      }
      for (int i = 0; i < nodes.size(); i++) {
        Set<Integer> before = new LinkedHashSet<>();
        for (String tensor : reads(nodes.get(i))) {
          Integer producer = producerOf.get(tensor);
          if (producer != null) {
            before.add(producer);
          }
        }
        missing[i] = before.size();
        for (int producer : before) {
          readers.get(producer).add(i);
          producers.get(i).add(producer);
        }
      }
    }

    List<Integer> released(int node) {
      List<Integer> ready = new ArrayList<>();
      for (int reader : readers.get(node)) {
        if (--missing[reader] == 0) {
          ready.add(reader);
        }
      }
      return ready;
    }
  }

  private static Map<String, Integer> producers(List<NodeProto> nodes) {
    Map<String, Integer> producerOf = new HashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      for (String output : nodes.get(i).getOutputList()) {
        if (!output.isEmpty()) {
          producerOf.put(output, i);
        }
      }
    }
    return producerOf;
  }

  /**
   * Returns the nodes so that each follows those it reads from; the given order where it serves.
   *
   * @param given inputs and initializers
   * @throws GraphOrderException if there is no such order
   */
  static List<NodeProto> sort(String file, List<NodeProto> nodes, Set<String> given)
      throws GraphOrderException {
    Set<String> written = new HashSet<>(given);
    for (NodeProto node : nodes) {
      for (String output : node.getOutputList()) {
        if (!output.isEmpty() && !written.add(output)) {
          throw new GraphOrderException(
              file, "node '" + name(node) + "' computes '" + output + "', which is there already");
        }
      }
    }
    for (NodeProto node : nodes) {
      for (String tensor : reads(node)) {
        if (!written.contains(tensor)) {
          throw new GraphOrderException(
              file,
              "node '%s' (%s) reads '%s', which nothing computes"
                  .formatted(name(node), node.getOpType(), tensor));
        }
      }
    }
    Waiting waiting = new Waiting(nodes, producers(nodes));
    PriorityQueue<Integer> ready = new PriorityQueue<>();
    for (int i = 0; i < nodes.size(); i++) {
      if (waiting.missing[i] == 0) {
        ready.add(i);
      }
    }
    List<NodeProto> sorted = new ArrayList<>(nodes.size());
    while (!ready.isEmpty()) {
      int next = ready.remove();
      sorted.add(nodes.get(next));
      ready.addAll(waiting.released(next));
    }
    if (sorted.size() < nodes.size()) {
      throw new GraphOrderException(file, "has a cycle: " + cycle(nodes, waiting));
    }
    return sorted;
  }

  /** Walks back from a node that never became ready until one comes again. */
  private static String cycle(List<NodeProto> nodes, Waiting waiting) {
    int at = 0;
    while (waiting.missing[at] == 0) {
      at++;
    }
    List<Integer> path = new ArrayList<>();
    while (!path.contains(at)) {
      path.add(at);
      for (int producer : waiting.producers.get(at)) {
        if (waiting.missing[producer] > 0) {
          at = producer;
          break;
        }
      }
    }
    StringBuilder text = new StringBuilder("node '" + name(nodes.get(at)) + "' reads from ");
    for (int i = path.indexOf(at) + 1; i < path.size(); i++) {
      text.append('\'').append(name(nodes.get(path.get(i)))).append("', that from ");
    }
    return text.append("itself").toString();
  }

  /**
   * Returns another order, made to keep what is live small: of the nodes that can be computed next
   * the one that adds least, and goes on where it is on a tie.
   *
   * @param nodes in an order in which they can be computed
   * @param bytes of a tensor; 0 for those that are never live
   */
  static List<NodeProto> small(List<NodeProto> nodes, ToLongFunction<String> bytes) {
    Waiting waiting = new Waiting(nodes, producers(nodes));
    Map<String, Integer> unread = new HashMap<>();
    List<Set<String>> reads = new ArrayList<>();
    for (NodeProto node : nodes) {
      Set<String> tensors = reads(node);
      reads.add(tensors);
      tensors.forEach(tensor -> unread.merge(tensor, 1, Integer::sum));
    }
    IntFunction<Long> added =
        i -> {
          long sum = 0;
          for (String output : nodes.get(i).getOutputList()) {
            sum += output.isEmpty() ? 0 : bytes.applyAsLong(output);
          }
          for (String tensor : reads.get(i)) {
            sum -= unread.getOrDefault(tensor, 0) == 1 ? bytes.applyAsLong(tensor) : 0;
          }
          return sum;
        };
    Deque<Integer> ready = new ArrayDeque<>();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      if (waiting.missing[i] == 0) {
        ready.push(i);
      }
    }
    List<NodeProto> order = new ArrayList<>(nodes.size());
    while (!ready.isEmpty()) {
      int best = -1;
      long least = Long.MAX_VALUE;
      int compared = 0;
      for (int candidate : ready) {
        long sum = added.apply(candidate);
        if (sum < least) {
          least = sum;
          best = candidate;
        }
        if (++compared == MAX_COMPARED) {
          break;
        }
      }
      ready.remove(best);
      order.add(nodes.get(best));
      reads.get(best).forEach(tensor -> unread.merge(tensor, -1, Integer::sum));
      List<Integer> released = waiting.released(best);
      for (int i = released.size() - 1; i >= 0; i--) {
        ready.push(released.get(i));
      }
    }
    return order;
  }
}
