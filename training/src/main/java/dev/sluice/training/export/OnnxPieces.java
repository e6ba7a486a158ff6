package dev.sluice.training.export;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.sluice.model.tensor.TensorType;
import dev.sluice.training.head.CellView;
import dev.sluice.training.head.ConvHead;
import dev.sluice.training.head.ConvLayer;
import dev.sluice.training.head.DenseLayer;
import dev.sluice.training.head.ExitHead;
import dev.sluice.training.head.HeadView;
import dev.sluice.training.head.LinearHead;
import dev.sluice.training.head.PooledView;
import dev.sluice.training.head.Pooling;
import dev.sluice.training.head.TokenView;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Writes the graphs that training adds to a network: exit heads, transform pairs, a new final
 * layer. Each takes {@code input} and has a free batch dimension; all use one opset, that of the
 * backbone, so that they can be joined with it.
 */
public final class OnnxPieces {
  /** The oldest opset that can be written. */
  public static final long LEAST_OPSET = 7;

  /** From this opset on a Clip has its bounds as inputs. */
  private static final long CLIP_WITH_INPUTS = 11;

  /** Swaps the two dimensions behind the batch. */
  private static final AttributeProto SWAP = OnnxBuilder.integers("perm", 0, 2, 1, 3);

  private final long opset;

  private OnnxPieces(long opset) {
    this.opset = opset;
  }

  /**
   * Returns the writer for a backbone.
   *
   * @throws IllegalArgumentException if its opset is too old
   */
  public static OnnxPieces forBackbone(byte[] onnx) {
    long opset =
        parse(onnx).getOpsetImportList().stream()
            .filter(set -> set.getDomain().isEmpty() || set.getDomain().equals("ai.onnx"))
            .mapToLong(OperatorSetIdProto::getVersion)
            .max()
            .orElse(0);
    if (opset < LEAST_OPSET) {
      throw new IllegalArgumentException(
          "ONNX opset " + opset + " is too old; export the network with opset 13 or newer");
    }
    return new OnnxPieces(opset);
  }

  /**
   * Returns a head as a model from all tensors of its cut, in their order, to {@code logits [N,
   * classes]}. Tensors that the head does not read are inputs all the same.
   *
   * @param shapes of the cut's tensors without the batch dimension
   * @param types of the cut's tensors
   */
  public byte[] head(ExitHead head, List<int[]> shapes, List<TensorType> types) {
    OnnxBuilder graph = OnnxBuilder.empty("exit");
    List<String> inputs = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      String name = shapes.size() == 1 ? "input" : "input" + i;
      graph.input(name, shapes.get(i), elementType(types.get(i)));
      inputs.add(name);
    }
    if (head instanceof LinearHead linear) {
      layers(graph, viewed(graph, inputs, types, linear.view()), linear.layers(), LOGITS);
    } else if (head instanceof ConvHead conv) {
      String values = cells(graph, inputs.get(conv.view().tensor()), conv.view());
      for (ConvLayer layer : conv.convolutions()) {
        values = convolved(graph, values, layer);
      }
      layers(graph, pooled(graph, values, conv.pooling()), List.of(conv.last()), LOGITS);
    }
    graph.onlyOutput(LOGITS, new int[] {head.classes()});
    return graph.build(opset);
  }

  private static final String LOGITS = "logits";

  private static TensorProto.DataType elementType(TensorType type) {
    return switch (type) {
      case FLOAT32 -> TensorProto.DataType.FLOAT;
      case FLOAT16 -> TensorProto.DataType.FLOAT16;
      case FLOAT64 -> TensorProto.DataType.DOUBLE;
      case INT64 -> TensorProto.DataType.INT64;
      case INT32 -> TensorProto.DataType.INT32;
      case INT8 -> TensorProto.DataType.INT8;
      case UINT8 -> TensorProto.DataType.UINT8;
      case BOOL -> TensorProto.DataType.BOOL;
    };
  }

  private String viewed(
      OnnxBuilder graph, List<String> inputs, List<TensorType> types, HeadView view) {
    if (view instanceof PooledView pooled) {
      List<String> parts = new ArrayList<>();
      for (PooledView.Part part : pooled.parts()) {
        parts.add(pooled(graph, inputs.get(part.tensor()), part.pooling()));
      }
      return joined(graph, parts);
    }
    if (view instanceof TokenView tokens) {
      return tokens(graph, inputs, types, tokens);
    }
    throw new IllegalArgumentException("no layers are put on " + view);
  }

  /*
   * Means and sums as matrix products: the reducing operators changed their form in set 18, and
   * these did not.
   */
  private String tokens(
      OnnxBuilder graph, List<String> inputs, List<TensorType> types, TokenView view) {
    String tokens = inputs.get(view.tensor());
    String turned = graph.node("Transpose", List.of(tokens), OnnxBuilder.integers("perm", 0, 2, 1));
    int count = view.tokens();
    String mean;
    if (view.mask().isEmpty()) {
      float[] shares = new float[count];
      Arrays.fill(shares, 1f / count);
      mean = flat(graph, graph.node("MatMul", List.of(turned, graph.constant(shares, count, 1))));
    } else {
      TokenView.Mask mask = view.mask().get();
      // Not flattened: old operator sets flatten nothing but real numbers.
      String row =
          graph.node(
              "Reshape", List.of(inputs.get(mask.tensor()), graph.integerConstant(-1, count)));
      String flags = flags(graph, row, types.get(mask.tensor()), mask);
      String column = graph.node("Reshape", List.of(flags, graph.integerConstant(-1, count, 1)));
      float[] ones = new float[count];
      Arrays.fill(ones, 1);
      String passed = graph.node("MatMul", List.of(flags, graph.constant(ones, count, 1)));
      String counted = clip(graph, passed, new ValueRange(1, Float.POSITIVE_INFINITY), "counted");
      String sum = flat(graph, graph.node("MatMul", List.of(turned, column)));
      mean = graph.node("Div", List.of(sum, counted));
    }
    String first =
        flat(
            graph,
            graph.node(
                "Gather",
                List.of(tokens, graph.integerConstant(0)),
                OnnxBuilder.integer("axis", 1)));
    return joined(graph, List.of(mean, first));
  }

  /** One where a mask lets a token pass, zero elsewhere, {@code [N, tokens]}. */
  private static String flags(OnnxBuilder graph, String row, TensorType type, TokenView.Mask form) {
    String passes;
    if (form.additive()) {
      String numbers = type == TensorType.FLOAT32 ? row : cast(graph, row, TensorType.FLOAT32);
      String least = graph.constant(new float[] {TokenView.LEAST_ADDED}, 1, 1);
      passes = graph.node("Greater", List.of(numbers, least));
    } else {
      passes = type == TensorType.BOOL ? row : cast(graph, row, TensorType.BOOL);
    }
    return cast(graph, passes, TensorType.FLOAT32);
  }

  private static String cast(OnnxBuilder graph, String input, TensorType to) {
    return graph.node(
        "Cast", List.of(input), OnnxBuilder.integer("to", elementType(to).getNumber()));
  }

  private static String cells(OnnxBuilder graph, String input, CellView view) {
    long height = view.height() / view.side();
    long width = view.width() / view.side();
    return height * width == 1
        ? input
        : graph.node(
            "AveragePool",
            List.of(input),
            OnnxBuilder.integers("kernel_shape", height, width),
            OnnxBuilder.integers("strides", height, width));
  }

  private static String convolved(OnnxBuilder graph, String input, ConvLayer layer) {
    long kernel = layer.kernel();
    long half = kernel / 2;
    String sums =
        graph.node(
            "Conv",
            List.of(
                input,
                graph.constant(layer.weight(), layer.outputs(), layer.inputs(), kernel, kernel),
                graph.constant(layer.bias(), layer.outputs())),
            OnnxBuilder.integers("kernel_shape", kernel, kernel),
            OnnxBuilder.integers("strides", layer.stride(), layer.stride()),
            OnnxBuilder.integers("pads", half, half, half, half));
    return graph.node("Relu", List.of(sums));
  }

  private static String joined(OnnxBuilder graph, List<String> parts) {
    return parts.size() == 1
        ? parts.get(0)
        : graph.node("Concat", parts, OnnxBuilder.integer("axis", 1));
  }

  private static String pooled(OnnxBuilder graph, String input, Pooling pooling) {
    List<String> parts = new ArrayList<>();
    parts.add(flat(graph, graph.node("GlobalAveragePool", List.of(input))));
    if (pooling.max()) {
      parts.add(flat(graph, graph.node("GlobalMaxPool", List.of(input))));
    }
    if (pooling.grid() > 1) {
      long cellHeight = pooling.height() / pooling.grid();
      long cellWidth = pooling.width() / pooling.grid();
      parts.add(
          flat(
              graph,
              graph.node(
                  "AveragePool",
                  List.of(input),
                  OnnxBuilder.integers("kernel_shape", cellHeight, cellWidth),
                  OnnxBuilder.integers("strides", cellHeight, cellWidth))));
    }
    return joined(graph, parts);
  }

  private static String flat(OnnxBuilder graph, String input) {
    return graph.node("Flatten", List.of(input), OnnxBuilder.integer("axis", 1));
  }

  private static String layers(
      OnnxBuilder graph, String input, List<DenseLayer> layers, String output) {
    String values = input;
    for (int i = 0; i < layers.size(); i++) {
      DenseLayer layer = layers.get(i);
      boolean isLast = i + 1 == layers.size();
      List<String> inputs =
          List.of(
              values,
              graph.constant(layer.weight(), layer.outputs(), layer.inputs()),
              graph.constant(layer.bias(), layer.outputs()));
      values =
          isLast
              ? graph.node("Gemm", inputs, output, OnnxBuilder.integer("transB", 1))
              : graph.node("Gemm", inputs, OnnxBuilder.integer("transB", 1));
      if (!isLast) {
        values = graph.node("Relu", List.of(values));
      }
    }
    return values;
  }

  /**
   * What a block transform does to the channels at some frequencies.
   *
   * @param frequencies how many, following those of the matrix before
   * @param components what is made of the channels at the sender, and they of it at the receiver
   * @param weight {@code [components, channels]} at the sender, {@code [channels, components]} at
   *     the receiver, row-major
   * @param bias what is added: {@code [components, frequencies]} at the sender, {@code [channels,
   *     frequencies]} at the receiver
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  public record ChannelMatrix(int frequencies, int components, float[] weight, float[] bias) {
    int rows() {
      return frequencies * components;
    }
  }

  /**
   * Returns the sender's part of a transform as a model: a matrix over the values of each square
   * block of positions, then matrices over the channels.
   *
   * <p>{@code input [N, channels, H, W]} becomes {@code output [N, rows, H / side, W / side]};
   * there are rows for each matrix, its components one after the other, each at all its
   * frequencies.
   *
   * @param side of the blocks; with 1 the matrix of positions is of no meaning
   * @param positions {@code [side², side²]}, row-major: frequencies from values
   * @param matrices for all frequencies together
   * @param rows which rows are given out, in this order; all in order if empty
   */
  public byte[] blockEncoder(
      int channels,
      int height,
      int width,
      int side,
      float[] positions,
      List<ChannelMatrix> matrices,
      Optional<int[]> rows) {
    OnnxBuilder graph = OnnxBuilder.empty("transform");
    graph.input("input", new int[] {channels, height, width});
    String values =
        side == 1
            ? pointwise(graph, "input", matrices.get(0), matrices.get(0).components(), channels)
            : frequencies(graph, channels, height, width, side, positions, matrices);
    int count = matrices.stream().mapToInt(ChannelMatrix::rows).sum();
    if (rows.isPresent() && !inOrder(rows.get(), count)) {
      values = rows(graph, values, rows.get());
    }
    graph.node("Identity", List.of(values), "output");
    int sent = rows.map(chosen -> chosen.length).orElse(count);
    graph.onlyOutput("output", new int[] {sent, height / side, width / side});
    return graph.build(opset);
  }

  private static String frequencies(
      OnnxBuilder graph,
      int channels,
      int height,
      int width,
      int side,
      float[] positions,
      List<ChannelMatrix> matrices) {
    int n = side * side;
    String blocks =
        graph.node("SpaceToDepth", List.of("input"), OnnxBuilder.integer("blocksize", side));
    String columns = graph.node("Reshape", List.of(blocks, graph.integerConstant(0, n, -1)));
    List<String> made = new ArrayList<>();
    int first = 0;
    for (ChannelMatrix matrix : matrices) {
      int count = matrix.frequencies();
      float[] some = Arrays.copyOfRange(positions, first * n, (first + count) * n);
      String product = graph.node("MatMul", List.of(graph.constant(some, count, n), columns));
      String byChannel = swapped(graph, product, count, channels);
      String mixed = mixed(graph, byChannel, matrix, matrix.components(), channels);
      made.add(
          graph.node(
              "Reshape",
              List.of(
                  mixed, graph.integerConstant(0, matrix.rows(), height / side, width / side))));
      first += count;
    }
    return joined(graph, made);
  }

  /**
   * Returns the receiver's part of a transform as a model, the way back of {@link #blockEncoder};
   * rows that were not sent are zero.
   *
   * @param positions as there; its transpose is applied
   * @param rows those that were sent
   * @param range what the result is clipped to, if anything
   */
  public byte[] blockDecoder(
      int channels,
      int height,
      int width,
      int side,
      float[] positions,
      List<ChannelMatrix> matrices,
      int[] rows,
      Optional<ValueRange> range) {
    OnnxBuilder graph = OnnxBuilder.empty("transform");
    graph.input("input", new int[] {rows.length, height / side, width / side});
    int count = matrices.stream().mapToInt(ChannelMatrix::rows).sum();
    String raw =
        side == 1
            ? pointwise(
                graph,
                inOrder(rows, count) ? "input" : rows(graph, padded(graph), places(rows, count)),
                matrices.get(0),
                channels,
                matrices.get(0).components())
            : positions(graph, channels, height, width, side, positions, matrices, rows);
    if (range.isEmpty()) {
      graph.node("Identity", List.of(raw), "output");
    } else if (range.get().most() == Float.POSITIVE_INFINITY && range.get().least() == 0) {
      graph.node("Relu", List.of(raw), "output");
    } else {
      clip(graph, raw, range.get(), "output");
    }
    graph.onlyOutput("output", new int[] {channels, height, width});
    return graph.build(opset);
  }

  private static String positions(
      OnnxBuilder graph,
      int channels,
      int height,
      int width,
      int side,
      float[] positions,
      List<ChannelMatrix> matrices,
      int[] rows) {
    int n = side * side;
    int[] places = places(rows, matrices.stream().mapToInt(ChannelMatrix::rows).sum());
    String padded = padded(graph);
    List<String> made = new ArrayList<>();
    int firstRow = 0;
    for (ChannelMatrix matrix : matrices) {
      int frequencies = matrix.frequencies();
      String some =
          rows(graph, padded, Arrays.copyOfRange(places, firstRow, firstRow + matrix.rows()));
      String columns =
          graph.node("Reshape", List.of(some, graph.integerConstant(0, matrix.components(), -1)));
      String mixed = mixed(graph, columns, matrix, channels, matrix.components());
      String turned = graph.node("Transpose", List.of(mixed), SWAP);
      made.add(graph.node("Reshape", List.of(turned, graph.integerConstant(0, frequencies, -1))));
      firstRow += matrix.rows();
    }
    String back =
        graph.node(
            "MatMul", List.of(graph.constant(transposed(positions, n), n, n), joined(graph, made)));
    String blocks =
        graph.node(
            "Reshape",
            List.of(
                back, graph.integerConstant(0, (long) n * channels, height / side, width / side)));
    return graph.node("DepthToSpace", List.of(blocks), OnnxBuilder.integer("blocksize", side));
  }

  /** A matrix times {@code [N, from, …]}, with its bias: {@code [N, to, frequencies, blocks]}. */
  private static String mixed(
      OnnxBuilder graph, String columns, ChannelMatrix matrix, int to, int from) {
    String product =
        graph.node("MatMul", List.of(graph.constant(matrix.weight(), to, from), columns));
    String byFrequency =
        graph.node(
            "Reshape", List.of(product, graph.integerConstant(0, to, matrix.frequencies(), -1)));
    return graph.node(
        "Add", List.of(byFrequency, graph.constant(matrix.bias(), to, matrix.frequencies(), 1)));
  }

  /** A 1×1 convolution. */
  private static String pointwise(
      OnnxBuilder graph, String input, ChannelMatrix matrix, int to, int from) {
    return graph.node(
        "Conv",
        List.of(
            input,
            graph.constant(matrix.weight(), to, from, 1, 1),
            graph.constant(matrix.bias(), to)),
        OnnxBuilder.integers("kernel_shape", 1, 1));
  }

  /** {@code [N, some, channels × blocks]} as {@code [N, channels, some × blocks]}. */
  private static String swapped(OnnxBuilder graph, String values, int some, int channels) {
    String apart =
        graph.node("Reshape", List.of(values, graph.integerConstant(0, some, channels, -1)));
    String turned = graph.node("Transpose", List.of(apart), SWAP);
    return graph.node("Reshape", List.of(turned, graph.integerConstant(0, channels, -1)));
  }

  private static float[] transposed(float[] matrix, int n) {
    float[] transposed = new float[n * n];
    for (int row = 0; row < n; row++) {
      for (int column = 0; column < n; column++) {
        transposed[column * n + row] = matrix[row * n + column];
      }
    }
    return transposed;
  }

  private static boolean inOrder(int[] rows, int count) {
    for (int i = 0; i < rows.length; i++) {
      if (rows[i] != i) {
        return false;
      }
    }
    return rows.length == count;
  }

  private static String rows(OnnxBuilder graph, String values, int[] rows) {
    String indices = graph.integerConstant(Arrays.stream(rows).asLongStream().toArray());
    return graph.node("Gather", List.of(values, indices), OnnxBuilder.integer("axis", 1));
  }

  /** The rows that were sent and behind them one of zeros. */
  private static String padded(OnnxBuilder graph) {
    String first = rows(graph, "input", new int[] {0});
    String zeros = graph.node("Mul", List.of(first, graph.constant(new float[] {0}, 1)));
    return graph.node("Concat", List.of("input", zeros), OnnxBuilder.integer("axis", 1));
  }

  /** Where each row is among those that were sent; those that were not are behind them. */
  private static int[] places(int[] rows, int count) {
    int[] places = new int[count];
    Arrays.fill(places, rows.length);
    for (int i = 0; i < rows.length; i++) {
      places[rows[i]] = i;
    }
    return places;
  }

  private String clip(OnnxBuilder graph, String input, ValueRange range, String output) {
    return opset < CLIP_WITH_INPUTS
        ? graph.node(
            "Clip",
            List.of(input),
            output,
            OnnxBuilder.real("min", range.least()),
            OnnxBuilder.real("max", range.most()))
        : graph.node(
            "Clip",
            List.of(
                input,
                graph.constant(new float[] {range.least()}),
                graph.constant(new float[] {range.most()})),
            output);
  }

  /**
   * Returns a network that ends with a new linear layer.
   *
   * @param network a model whose only output is the layer's input, of any shape with {@code
   *     layer.inputs()} values per sample
   */
  public static byte[] endingWith(byte[] network, DenseLayer layer) {
    ModelProto model = parse(network);
    GraphProto old = model.getGraph();
    OnnxBuilder graph = OnnxBuilder.behind(old, "sluice_final_");
    String flat = flat(graph, old.getOutput(0).getName());
    String logits = layers(graph, flat, List.of(layer), "sluice_logits");
    graph.onlyOutput(logits, new int[] {layer.outputs()});
    return model.toBuilder().setGraph(graph.graph()).build().toByteArray();
  }

  /**
   * Returns what values a tensor can have by the activation function that makes it, if one does.
   */
  public static Optional<ValueRange> rangeOf(byte[] network, String tensor) {
    GraphProto graph = parse(network).getGraph();
    for (NodeProto node : graph.getNodeList()) {
      if (!node.getOutputList().contains(tensor)) {
        continue;
      }
      return switch (node.getOpType()) {
        case "Relu" -> Optional.of(new ValueRange(0, Float.POSITIVE_INFINITY));
        case "Clip" ->
            Optional.of(
                new ValueRange(
                    bound(graph, node, 1, Float.NEGATIVE_INFINITY),
                    bound(graph, node, 2, Float.POSITIVE_INFINITY)));
        case "MaxPool", "AveragePool", "Dropout", "Identity" -> rangeOf(network, node.getInput(0));
        default -> Optional.empty();
      };
    }
    return Optional.empty();
  }

  /** Returns whether a network has a convolution. */
  public static boolean hasConvolution(byte[] network) {
    return parse(network).getGraph().getNodeList().stream()
        .anyMatch(node -> node.getOpType().equals("Conv"));
  }

  private static float bound(GraphProto graph, NodeProto clip, int input, float otherwise) {
    if (clip.getInputCount() <= input || clip.getInput(input).isEmpty()) {
      String attribute = input == 1 ? "min" : "max";
      return clip.getAttributeList().stream()
          .filter(each -> each.getName().equals(attribute))
          .map(AttributeProto::getF)
          .findFirst()
          .orElse(otherwise);
    }
    String name = clip.getInput(input);
    for (TensorProto tensor : graph.getInitializerList()) {
      if (tensor.getName().equals(name)) {
        return scalar(tensor, otherwise);
      }
    }
    for (NodeProto node : graph.getNodeList()) {
      if (node.getOpType().equals("Constant") && node.getOutput(0).equals(name)) {
        return scalar(node.getAttribute(0).getT(), otherwise);
      }
    }
    return otherwise;
  }

  private static float scalar(TensorProto tensor, float otherwise) {
    if (tensor.getFloatDataCount() == 1) {
      return tensor.getFloatData(0);
    }
    ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    return raw.remaining() == Float.BYTES ? raw.getFloat() : otherwise;
  }

  private static ModelProto parse(byte[] onnx) {
    try {
      return ModelProto.parseFrom(onnx);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("not an ONNX model", e);
    }
  }

  /**
   * An interval of values.
   *
   * @param least lower end, may be infinite
   * @param most upper end, may be infinite
   */
  public record ValueRange(float least, float most) {
    public ValueRange {
      if (!(least < most)) {
        throw new IllegalArgumentException("no interval: [" + least + ", " + most + "]");
      }
    }
  }
}
