package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings weights that a network keeps in other files into the network, wherever they are named:
 * initializers, attributes of nodes, subgraphs, functions. Only files inside the network's folder
 * are opened, whatever links or dots a location is made of, and never more is read than allowed.
 */
final class ExternalData {
  private static final String REMEDY = "put the weights beside the network, or export it anew";

  private final String name;
  private final @Nullable Path folder;
  private long allowedBytes;
  private int inlined;

  private ExternalData(String name, @Nullable Path folder, long allowedBytes) {
    this.name = name;
    this.folder = folder;
    this.allowedBytes = allowedBytes;
  }

  /**
   * Returns the network with all its weights inside.
   *
   * @param folder where the weights may lie; null if the network came from memory
   * @param allowedBytes how much may be read in all
   */
  static ModelProto inlined(String name, ModelProto model, @Nullable Path folder, long allowedBytes)
      throws OnnxFormatException {
    ExternalData data = new ExternalData(name, folder, allowedBytes);
    ModelProto.Builder result = model.toBuilder();
    GraphProto graph = data.graph(model.getGraph());
    if (data.inlined > 0) {
      result.setGraph(graph);
    }
    for (int f = 0; f < model.getFunctionsCount(); f++) {
      int before = data.inlined;
      FunctionProto.Builder function = model.getFunctions(f).toBuilder();
      for (int n = 0; n < function.getNodeCount(); n++) {
        function.setNode(n, data.node(function.getNode(n)));
      }
      if (data.inlined > before) {
        result.setFunctions(f, function);
      }
    }
    return data.inlined == 0 ? model : result.build();
  }

  private GraphProto graph(GraphProto graph) throws OnnxFormatException {
    int before = inlined;
    GraphProto.Builder result = graph.toBuilder();
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      if (isOutside(graph.getInitializer(i))) {
        result.setInitializer(i, tensor(graph.getInitializer(i)));
      }
    }
    for (int i = 0; i < graph.getSparseInitializerCount(); i++) {
      result.setSparseInitializer(i, sparse(graph.getSparseInitializer(i)));
    }
    for (int i = 0; i < graph.getNodeCount(); i++) {
      int beforeNode = inlined;
      NodeProto node = node(graph.getNode(i));
      if (inlined > beforeNode) {
        result.setNode(i, node);
      }
    }
    return inlined == before ? graph : result.build();
  }

  private NodeProto node(NodeProto node) throws OnnxFormatException {
    int before = inlined;
    NodeProto.Builder result = node.toBuilder();
    for (int i = 0; i < node.getAttributeCount(); i++) {
      result.setAttribute(i, attribute(node.getAttribute(i)));
    }
    return inlined == before ? node : result.build();
  }

  private AttributeProto attribute(AttributeProto attribute) throws OnnxFormatException {
    int before = inlined;
    AttributeProto.Builder result = attribute.toBuilder();
    if (attribute.hasT()) {
      result.setT(tensor(attribute.getT()));
    }
    if (attribute.hasG()) {
      result.setG(graph(attribute.getG()));
    }
    if (attribute.hasSparseTensor()) {
      result.setSparseTensor(sparse(attribute.getSparseTensor()));
    }
    for (int i = 0; i < attribute.getTensorsCount(); i++) {
      result.setTensors(i, tensor(attribute.getTensors(i)));
    }
    for (int i = 0; i < attribute.getGraphsCount(); i++) {
      result.setGraphs(i, graph(attribute.getGraphs(i)));
    }
    for (int i = 0; i < attribute.getSparseTensorsCount(); i++) {
      result.setSparseTensors(i, sparse(attribute.getSparseTensors(i)));
    }
    return inlined == before ? attribute : result.build();
  }

  private SparseTensorProto sparse(SparseTensorProto sparse) throws OnnxFormatException {
    if (!isOutside(sparse.getValues()) && !isOutside(sparse.getIndices())) {
      return sparse;
    }
    return sparse.toBuilder()
        .setValues(tensor(sparse.getValues()))
        .setIndices(tensor(sparse.getIndices()))
        .build();
  }

  private static boolean isOutside(TensorProto tensor) {
    return tensor.getExternalDataCount() > 0
        || tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
  }

  private TensorProto tensor(TensorProto tensor) throws OnnxFormatException {
    if (!isOutside(tensor)) {
      return tensor;
    }
    inlined++;
    Map<String, String> entries = new HashMap<>();
    for (StringStringEntryProto entry : tensor.getExternalDataList()) {
      entries.put(entry.getKey(), entry.getValue());
    }
    String location = entries.getOrDefault("location", "");
    Path file = resolved(tensor, location);
    long size = size(tensor, file);
    long offset = number(tensor, entries, "offset", 0);
    long expected = expectedBytes(tensor);
    long length = number(tensor, entries, "length", expected);
    if (length != expected) {
      throw broken(
          tensor, "says that it has " + length + " bytes; its shape has " + expected, null);
    }
    if (offset > size || length > size - offset) {
      throw broken(
          tensor,
          "wants bytes %d to %d of '%s', which has %d"
              .formatted(offset, offset + length, location, size),
          null);
    }
    if (length > allowedBytes) {
      throw broken(
          tensor,
          "makes the network larger than can be held",
          null,
          "give Java more memory (-Xmx; a network must stay below 2 GB in all)");
    }
    allowedBytes -= length;
    try {
      return tensor.toBuilder()
          .clearExternalData()
          .clearDataLocation()
          .setRawData(read(file, offset, (int) length))
          .build();
    } catch (IOException e) {
      throw broken(tensor, "cannot be read from '" + location + "': " + e.getMessage(), e);
    }
  }

  private static ByteString read(Path file, long offset, int length) throws IOException {
    // The path is real: a link put there since it was resolved must not be followed.
    try (SeekableByteChannel channel =
        FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      channel.position(offset);
      ByteBuffer bytes = ByteBuffer.allocate(length);
      while (bytes.hasRemaining()) {
        if (channel.read(bytes) < 0) {
          throw new EOFException("it ends too early");
        }
      }
      return ByteString.copyFrom(bytes.flip());
    }
  }

  private Path resolved(TensorProto tensor, String location) throws OnnxFormatException {
    if (folder == null) {
      throw broken(
          tensor,
          "keeps its weights in other files ('"
              + location
              + "'), which a network in memory has not",
          null,
          "export it as a single file");
    }
    if (location.isEmpty()) {
      throw broken(tensor, "keeps its weights in other files but names none", null);
    }
    try {
      Path relative = Path.of(location);
      if (relative.isAbsolute() || location.startsWith("/") || location.startsWith("\\")) {
        throw outside(tensor, location);
      }
      for (Path part : relative) {
        if (part.toString().equals("..") || part.toString().indexOf('\\') >= 0) {
          throw outside(tensor, location);
        }
      }
      Path home = folder.toRealPath();
      Path file = home.resolve(relative).toRealPath();
      if (!file.startsWith(home)) {
        throw outside(tensor, location);
      }
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        throw broken(tensor, "keeps its weights in '" + location + "', which is no file", null);
      }
      return file;
    } catch (InvalidPathException e) {
      throw broken(tensor, "names an impossible file '" + location + "'", e);
    } catch (NoSuchFileException e) {
      throw broken(
          tensor, "keeps its weights in '" + location + "', which does not exist in " + folder, e);
    } catch (OnnxFormatException e) {
      throw e;
    } catch (IOException e) {
      throw broken(tensor, "cannot be read from '" + location + "': " + e.getMessage(), e);
    }
  }

  private long size(TensorProto tensor, Path file) throws OnnxFormatException {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw broken(tensor, "cannot be read from '" + file + "': " + e.getMessage(), e);
    }
  }

  private OnnxFormatException outside(TensorProto tensor, String location) {
    return broken(
        tensor,
        "keeps its weights in '" + location + "', outside the network's folder",
        null,
        "move them beside the network");
  }

  private long expectedBytes(TensorProto tensor) throws OnnxFormatException {
    int type = tensor.getDataType();
    if (ElementTypes.bits(type) == 0) {
      throw broken(tensor, "has an element type that other files cannot hold", null);
    }
    try {
      long elements = 1;
      for (long dimension : tensor.getDimsList()) {
        if (dimension < 0) {
          throw new ArithmeticException("negative");
        }
        elements = Math.multiplyExact(elements, dimension);
      }
      return ElementTypes.bytes(type, elements);
    } catch (ArithmeticException e) {
      throw broken(tensor, "has an impossible shape " + tensor.getDimsList(), e);
    }
  }

  private long number(TensorProto tensor, Map<String, String> entries, String key, long otherwise)
      throws OnnxFormatException {
    String text = entries.get(key);
    if (text == null) {
      return otherwise;
    }
    try {
      long value = Long.parseLong(text.strip());
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw broken(tensor, "has a bad " + key + " '" + text + "'", e);
    }
    throw broken(tensor, "has a bad " + key + " '" + text + "'", null);
  }

  private OnnxFormatException broken(
      TensorProto tensor, String trouble, @Nullable Exception cause) {
    return broken(tensor, trouble, cause, REMEDY);
  }

  private OnnxFormatException broken(
      TensorProto tensor, String trouble, @Nullable Exception cause, String remedy) {
    return cause == null
        ? new ExternalDataException(name, tensor.getName(), trouble, remedy)
        : new ExternalDataException(name, tensor.getName(), trouble, remedy, cause);
  }
}
