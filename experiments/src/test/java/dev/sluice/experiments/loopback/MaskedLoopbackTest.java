package dev.sluice.experiments.loopback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.sluice.cloud.CloudWorker;
import dev.sluice.cloud.worker.ModelShelf;
import dev.sluice.edge.host.ModelNetwork;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Payload;
import dev.sluice.edge.session.Route;
import dev.sluice.edge.session.Sample;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.BundleWriter;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.tensor.TensorType;
import dev.sluice.protocol.channel.ClientListener;
import dev.sluice.protocol.channel.ClientOptions;
import dev.sluice.protocol.channel.CloudOutcome;
import dev.sluice.protocol.channel.ServerOptions;
import dev.sluice.protocol.channel.WorkerClient;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.Infer;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.Profile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A network with a mask and an index beside its float stream, half here, half at a real worker. */
class MaskedLoopbackTest {
  private static final double EXACT = 1e-5;
  private static final double EIGHT_BIT = 0.05;

  @TempDir private Path folder;

  @Test
  void finishesAtTheWorkerWhatHoldsTensorsOfThreeTypes() throws Exception {
    Bundle bundle = write(folder.resolve("masked"));
    try (ProgressiveModel model = ProgressiveModel.open(bundle, EngineOptions.singleThread());
        ModelNetwork device = new ModelNetwork(model);
        CloudWorker worker =
            CloudWorker.start(
                ServerOptions.on("127.0.0.1", 0, "worker"),
                ModelShelf.open(folder.resolve("masked"), EngineOptions.singleThread()),
                1,
                16);
        WorkerClient client =
            WorkerClient.connect(
                ClientOptions.to("127.0.0.1", worker.port(), bundle.digest(), "device"),
                ClientListener.NONE)) {
      long id = 1;
      for (String codec : List.of("f32", "q8")) {
        for (int split = 1; split <= 2; split++) {
          for (int picture = 0; picture < 4; picture++) {
            byte[] rgb = new byte[192];
            new Random(picture).nextBytes(rgb);
            Frame frame = new Frame(id, "frame", rgb, 8, 8, 0);
            List<ByteBuffer> parts = parts(device, frame, split, codec);
            CloudOutcome outcome = outcome(client, infer(id++, bundle, split, codec, parts));
            assertThat(outcome).isInstanceOf(CloudOutcome.Answered.class);
            var answer = ((CloudOutcome.Answered) outcome).answer();
            ExitScores uncut = uncut(model, rgb);
            assertThat(answer.confidence())
                .as("split %d, codec %s, picture %d", split, codec, picture)
                .isCloseTo(uncut.confidence(), within(codec.equals("f32") ? EXACT : EIGHT_BIT));
            if (codec.equals("f32")) {
              assertThat(answer.top().get(0).label()).isEqualTo(uncut.predicted());
            }
          }
        }
      }
      byte[] rgb = new byte[192];
      Frame frame = new Frame(id, "frame", rgb, 8, 8, 0);
      List<ByteBuffer> parts = new ArrayList<>(parts(device, frame, 1, "f32"));
      assertThat(parts).hasSize(3);
      byte[] mask = new byte[parts.get(1).remaining()];
      assertThat(mask).hasSize(64);
      mask[7] = 2;
      parts.set(1, ByteBuffer.wrap(mask));
      assertThat(refusal(client, infer(id++, bundle, 1, "f32", parts)))
          .isEqualTo(ErrorCode.MALFORMED);
      parts.set(1, ByteBuffer.wrap(new byte[63]));
      assertThat(refusal(client, infer(id++, bundle, 1, "f32", parts)))
          .isEqualTo(ErrorCode.MALFORMED);
    }
  }

  private static List<ByteBuffer> parts(ModelNetwork device, Frame frame, int split, String codec) {
    try (Route route = device.compile(new Plan(split, codec, List.of()), false);
        Sample input = device.input(frame);
        Sample atSplit = route.stages().get(0).run(input).live()) {
      Payload payload = route.encode(frame, Optional.of(atSplit));
      return payload.parts();
    }
  }

  private static Infer infer(
      long id, Bundle bundle, int split, String codec, List<ByteBuffer> parts) {
    return new Infer(id, bundle.digest(), split, codec, ExitRule.NONE, 0, 0, parts);
  }

  private static CloudOutcome outcome(WorkerClient client, Infer request)
      throws InterruptedException {
    BlockingQueue<CloudOutcome> outcomes = new LinkedBlockingQueue<>();
    client.send(request, outcomes::add);
    CloudOutcome outcome = outcomes.poll(20, TimeUnit.SECONDS);
    assertThat(outcome).isNotNull();
    return outcome;
  }

  private static ErrorCode refusal(WorkerClient client, Infer request) throws InterruptedException {
    return ((CloudOutcome.Refused) outcome(client, request)).refusal().code();
  }

  private static ExitScores uncut(ProgressiveModel model, byte[] rgb) {
    try (Activation input = model.input(rgb, 8, 8)) {
      return model.scores(0, model.runUncut(input));
    }
  }

  private static Bundle write(Path directory) throws IOException {
    int[] map = {4, 8, 8};
    int[] plane = {1, 8, 8};
    Profile profile =
        new Profile(
            Profile.VERSION,
            "the test",
            1000,
            List.of(1, 2, 3).stream().map(cut -> new Profile.SegmentTime(cut, 1000)).toList(),
            List.of(),
            List.of());
    return BundleWriter.to(directory)
        .put(Bundle.BACKBONE, network())
        .put("profile.json", profile.toJson())
        .commit(
            new BundleManifest(
                BundleManifest.SCHEMA_VERSION,
                "masked",
                List.of("a", "b", "c", "d"),
                Preprocessing.parse("mean=0.5 std=0.25 size=8"),
                List.of(
                    new CutInfo(0, "input", List.of("input"), List.of(new int[] {3, 8, 8}), 0),
                    new CutInfo(
                        1,
                        "stem",
                        List.of("stem", "mask", "index"),
                        List.of(map, plane, plane),
                        List.of(TensorType.FLOAT32, TensorType.BOOL, TensorType.INT64),
                        768),
                    new CutInfo(
                        2,
                        "masked",
                        List.of("masked", "index"),
                        List.of(map, plane),
                        List.of(TensorType.FLOAT32, TensorType.INT64),
                        768),
                    new CutInfo(3, "logits", List.of("logits"), List.of(new int[] {4}), 768)),
                List.of(new ExitInfo(0, 3, "", 0, 1, 0)),
                List.of(),
                Map.of("seed", "1"),
                Map.of()),
            false);
  }

  private static byte[] network() {
    GraphProto.Builder graph = GraphProto.newBuilder().setName("masked");
    graph.addInput(info("input", 3, 8, 8)).addOutput(info("logits", 4));
    Random random = new Random(1);
    TensorProto.Builder weights = floats("weights", 4, 3, 1, 1);
    for (int i = 0; i < 12; i++) {
      weights.addFloatData((float) random.nextGaussian());
    }
    graph
        .addInitializer(weights)
        .addInitializer(floats("zero").addFloatData(0))
        .addNode(node("Conv", "stem", "input", "weights"))
        .addNode(node("ReduceMean", "mean", "input").addAttribute(axes(1)))
        .addNode(node("Greater", "mask", "mean", "zero"))
        .addNode(node("ArgMax", "index", "input").addAttribute(number("axis", 1)))
        .addNode(node("Where", "masked", "mask", "stem", "zero"))
        .addNode(
            node("Cast", "number", "index")
                .addAttribute(number("to", TensorProto.DataType.FLOAT_VALUE)))
        .addNode(node("Add", "sum", "masked", "number"))
        .addNode(node("GlobalAveragePool", "pooled", "sum"))
        .addNode(node("Flatten", "logits", "pooled"));
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
        .setGraph(graph)
        .build()
        .toByteArray();
  }

  private static NodeProto.Builder node(String type, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(type)
        .setName(output)
        .addAllInput(List.of(inputs))
        .addOutput(output);
  }

  private static AttributeProto axes(long axis) {
    return AttributeProto.newBuilder()
        .setName("axes")
        .setType(AttributeProto.AttributeType.INTS)
        .addInts(axis)
        .build();
  }

  private static AttributeProto number(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  private static TensorProto.Builder floats(String name, long... shape) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT_VALUE);
    for (long size : shape) {
      tensor.addDims(size);
    }
    return tensor;
  }

  private static ValueInfoProto info(String name, int... shape) {
    TensorShapeProto.Builder dims = TensorShapeProto.newBuilder();
    dims.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"));
    for (int size : shape) {
      dims.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(size));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(TensorProto.DataType.FLOAT_VALUE)
                        .setShape(dims)))
        .build();
  }
}
