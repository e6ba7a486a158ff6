package dev.sluice.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.HeadKind;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.Stage;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.model.stage.StageResult;
import dev.sluice.protocol.codec.ActivationCodec;
import dev.sluice.protocol.codec.CodecTables;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.training.data.FolderData;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.export.BranchyNetworks;
import dev.sluice.training.export.TinyNetwork;
import dev.sluice.training.head.HeadTrainer;
import dev.sluice.training.head.TorchMissingException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ModelMainTest {
  private static final List<String> CLASSES = List.of("blue", "green", "red");
  private static final String IN_ORDER = "red,green,blue";
  private static final int SIDE = 16;

  /** Scores are kept in 16 bits, and stages may round differently than the whole. */
  private static final float TOLERANCE = 1e-3f;

  private Path folder = Path.of("");
  private Path network = Path.of("");
  private Path pictures = Path.of("");

  private record Outcome(int status, String out, String err) {}

  @BeforeAll
  void makeNetworkAndPictures(@TempDir Path temporary) throws IOException {
    folder = temporary;
    network = folder.resolve("tiny.onnx");
    Files.write(network, TinyNetwork.onnx());
    pictures = folder.resolve("pictures");
    SplittableRandom random = new SplittableRandom(9);
    for (Map.Entry<String, Integer> part : Map.of("train", 20, "val", 16, "test", 6).entrySet()) {
      for (String name : CLASSES) {
        Path classFolder = Files.createDirectories(pictures.resolve(part.getKey()).resolve(name));
        for (int i = 0; i < part.getValue(); i++) {
          ImageIO.write(picture(name, random), "png", classFolder.resolve(i + ".png").toFile());
        }
      }
    }
  }

  private static BufferedImage picture(String name, SplittableRandom random) {
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    int shift = name.equals("red") ? 16 : name.equals("green") ? 8 : 0;
    int more = 5 + random.nextInt(60);
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        int rgb = 0;
        for (int channel = 0; channel <= 16; channel += 8) {
          int value = random.nextInt(180) + (channel == shift ? more : 0);
          rgb |= value << channel;
        }
        image.setRGB(x, y, rgb);
      }
    }
    return image;
  }

  @Test
  void makesABundleWhoseTablesAgreeWithRunningTheChain() throws Exception {
    requireTorch();
    Path out = folder.resolve("bundle");

    Outcome prepared = prepare(IN_ORDER, out);

    assertThat(prepared.err()).isEmpty();
    assertThat(prepared.status()).isZero();
    assertThat(prepared.out()).contains("share of MACs").contains("jpeg-75");
    Bundle bundle = Bundle.open(out);
    assertThat(bundle.manifest().labels()).containsExactly("red", "green", "blue");
    LabelledImages certify = FolderData.read(pictures, 1).certify();
    CalibrationTable table = CalibrationTable.read(bundle.file("certification.bin"));
    assertThat(table.role()).isEqualTo(CalibrationTable.Role.CERTIFY);
    assertThat(table.samples()).isEqualTo(certify.size());
    try (ProgressiveModel model = ProgressiveModel.open(bundle, EngineOptions.singleThread())) {
      for (int s = 0; s < 4; s++) {
        checkSample(model, table, s, certify.picture(s));
      }
    }
  }

  @Test
  void saysWhichCommandWasMeant() throws Exception {
    Outcome mistyped = run("inspekt");

    assertThat(mistyped.status()).isEqualTo(2);
    assertThat(mistyped.err())
        .startsWith("sluice model: unknown command 'inspekt'; did you mean 'inspect'? Commands: ")
        .hasLineCount(1);
    assertThat(run("inspect", "a", "b").err()).contains("unexpected argument 'b'");
  }

  @Test
  void namesAMistypedOptionBeforeThoseThatAreMissing() throws Exception {
    Outcome mistyped = run("prepare", "network.onnx", "--formats", "folder");

    assertThat(mistyped.status()).isEqualTo(2);
    assertThat(mistyped.err())
        .startsWith(
            "sluice model prepare: unknown option '--formats' (did you mean '--format'?); see")
        .hasLineCount(1);
  }

  @Test
  void showsWhatIsInABundle() throws Exception {
    requireTorch();
    Path out = folder.resolve("shown");
    assertThat(prepare(IN_ORDER, out).status()).isZero();

    Outcome shown = run("inspect", out.toString());

    assertThat(shown.status()).isZero();
    assertThat(shown.out()).contains("q8").contains("klt-s").contains("certify").contains("commit");
  }

  @Test
  void writesAProfileOfEverySegmentHeadAndCodec() throws Exception {
    requireTorch();
    Path out = folder.resolve("profiled");
    assertThat(prepare(IN_ORDER, out).status()).isZero();

    Bundle bundle = Bundle.open(out);
    Profile profile = Profile.fromJson(bundle.file("profile.json"));

    assertThat(profile.lastCut()).isEqualTo(bundle.manifest().lastCut());
    assertThat(profile.networkNanos()).isPositive();
    assertThat(profile.heads()).hasSize(bundle.manifest().exits().size() - 1);
    for (CodecInfo codec : bundle.manifest().codecs()) {
      assertThat(profile.codec(codec.cut(), codec.name())).as(codec.name()).isPresent();
    }
  }

  @Test
  void trainsANewEndWhereTheDataHaveOtherClasses() throws Exception {
    requireTorch();
    Path two = folder.resolve("two");
    for (String part : List.of("train", "val", "test")) {
      for (String name : List.of("blue", "red")) {
        Path from = pictures.resolve(part).resolve(name);
        Path to = Files.createDirectories(two.resolve(part).resolve(name));
        try (var files = Files.list(from)) {
          for (Path file : files.toList()) {
            Files.copy(file, to.resolve(file.getFileName()));
          }
        }
      }
    }
    Path out = folder.resolve("two-bundle");

    Outcome prepared = run(arguments(two, IN_ORDER, out));

    assertThat(prepared.err()).isEmpty();
    BundleManifest manifest = Bundle.open(out).manifest();
    assertThat(manifest.labels()).containsExactly("blue", "red");
    assertThat(manifest.cuts().get(manifest.lastCut()).shapes().get(0)).containsExactly(2);
    assertThat(manifest.provenance()).containsKey("final exit");
  }

  @Test
  void refusesANetworkThatScoresNearChance() throws Exception {
    requireTorch();

    Outcome refused = prepare("green,blue,red", folder.resolve("wrong-order"));

    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.err().lines()).hasSize(1);
    assertThat(refused.err()).contains("near chance").contains("--preprocess");
    assertThat(folder.resolve("wrong-order")).doesNotExist();
  }

  @Test
  void refusesWrongUseInOneLineAndWithStatusTwo() {
    Outcome refused = run("prepare", network.toString());

    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.err().lines()).hasSize(1);
    assertThat(refused.err()).contains("--data");
    assertThat(run().status()).isEqualTo(2);
    String[] arguments = arguments(pictures, IN_ORDER, folder.resolve("x"));
    arguments[7] = "sise=16";
    assertThat(run(arguments).status()).isEqualTo(2);
  }

  @Test
  void namesAFileThatIsNoNetwork() throws IOException {
    Path broken = folder.resolve("broken.onnx");
    Files.writeString(broken, "this is no network");
    String[] arguments = arguments(pictures, IN_ORDER, folder.resolve("x"));
    arguments[1] = broken.toString();

    Outcome refused = run(arguments);

    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.err().lines()).hasSize(1);
    assertThat(refused.err()).contains("broken.onnx");
  }

  @Test
  void callsWhatIsNotThereWrongUse() {
    String missing = folder.resolve("missing").toString();
    for (String[] arguments :
        List.of(
            arguments(Path.of(missing), IN_ORDER, folder.resolve("x")),
            arguments(pictures, missing, folder.resolve("x")),
            new String[] {"inspect", missing},
            new String[] {"prepare" + missing},
            new String[] {
              "wrap",
              network.toString(),
              "--preprocess",
              "size=16",
              "--labels",
              missing,
              "--out",
              "x"
            })) {
      Outcome refused = run(arguments);

      assertThat(refused.status()).as(refused.err()).isEqualTo(2);
      assertThat(refused.err().lines()).hasSize(1).first().asString().contains(missing);
    }
  }

  @Test
  void namesAnEmptyDataFolder() throws IOException {
    Path empty = Files.createDirectories(folder.resolve("empty"));

    Outcome refused = run(arguments(empty, IN_ORDER, folder.resolve("x")));

    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.err().lines()).hasSize(1);
    assertThat(refused.err()).contains(empty.toString()).contains("train");
  }

  @Test
  void saysWhenLabelsDisagreeWithTheNetwork() throws TorchMissingException {
    requireTorch();

    Outcome refused = prepare("red,green,blue,white", folder.resolve("x"));

    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.err()).contains("labels disagree");
  }

  @Test
  void takesTheExitsThatABranchyNetBringsWithoutTrainingAny() throws Exception {
    Bundle bundle = prepareOwnExits("branched", BranchyNetworks.colours());

    assertThat(bundle.manifest().provenance().get("exits")).contains("exit1, exit2, last");
  }

  @Test
  void takesTheExitsOfAnMsdNetOnCutsOfSeveralTensors() throws Exception {
    Bundle bundle = prepareOwnExits("multiscale", BranchyNetworks.msdNet(3));

    int cut = bundle.manifest().exits().get(0).cut();
    assertThat(bundle.manifest().cuts().get(cut).tensors()).hasSizeGreaterThan(1);
    assertThat(Profile.fromJson(bundle.file("profile.json")).codec(cut, "q8")).isPresent();
  }

  private Bundle prepareOwnExits(String name, byte[] onnx) throws Exception {
    Path file = folder.resolve(name + ".onnx");
    Files.write(file, onnx);
    Path out = folder.resolve(name);
    String[] arguments = arguments(pictures, IN_ORDER, out);
    arguments[1] = file.toString();
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = arguments[i].equals("0.3,0.7") ? "outputs" : arguments[i];
    }

    Outcome prepared = run(arguments);

    assertThat(prepared.err()).isEmpty();
    Bundle bundle = Bundle.open(out);
    assertThat(bundle.manifest().exits())
        .extracting(ExitInfo::kind)
        .containsExactly(HeadKind.BACKBONE, HeadKind.BACKBONE, HeadKind.BACKBONE);
    assertThat(bundle.manifest().exits()).allMatch(exit -> exit.temperature() != 1);
    assertThat(bundle.file("thresholds.json"))
        .isEqualTo(
            CandidatePlans.thresholds(bundle.file("calibration.bin"), bundle.file("profile.json"))
                .toJson());
    LabelledImages certify = FolderData.read(pictures, 1).certify();
    CalibrationTable table = CalibrationTable.read(bundle.file("certification.bin"));
    try (ProgressiveModel model = ProgressiveModel.open(bundle, EngineOptions.singleThread())) {
      for (int s = 0; s < table.samples(); s++) {
        checkSample(model, table, s, certify.picture(s));
      }
    }
    return bundle;
  }

  @Test
  void wrapsANetworkWithoutData() throws IOException {
    Path branched = folder.resolve("wrapped.onnx");
    Files.write(branched, BranchyNetworks.colours());
    Path out = folder.resolve("wrapped");

    Outcome wrapped =
        run(
            "wrap",
            branched.toString(),
            "--preprocess",
            "size=16 mean=0.3 std=0.3",
            "--labels",
            IN_ORDER,
            "--out",
            out.toString());

    assertThat(wrapped.err()).isEmpty();
    assertThat(wrapped.out()).contains("exit 0").contains("exit 2").contains("agree");
    assertThat(Bundle.open(out).manifest().labels()).containsExactly("red", "green", "blue");
    Outcome shown = run("inspect", out.toString());
    assertThat(shown.err()).isEmpty();
    assertThat(shown.out()).contains("not calibrated").contains("backbone").contains("never");
    Outcome counted = run("inspect", "--memory", out.toString());
    assertThat(counted.err()).isEmpty();
    assertThat(counted.out()).contains("activations, bytes").contains("float32");
  }

  @Test
  void trainsHeadsOfTheKindAskedFor() throws Exception {
    requireTorch();
    Path out = folder.resolve("conv");
    List<String> arguments = new ArrayList<>(List.of(arguments(pictures, IN_ORDER, out)));
    arguments.addAll(List.of("--head", "conv"));

    Outcome prepared = run(arguments.toArray(String[]::new));

    assertThat(prepared.err()).isEmpty();
    assertThat(Bundle.open(out).manifest().exits())
        .extracting(ExitInfo::kind)
        .containsExactly(HeadKind.CONVOLUTIONAL, HeadKind.CONVOLUTIONAL, HeadKind.BACKBONE);

    arguments.set(arguments.size() - 1, "tokens");
    Outcome refused = run(arguments.toArray(String[]::new));
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.err()).contains("no head of kind tokens").contains("--head auto");

    arguments.set(arguments.size() - 1, "big");
    assertThat(run(arguments.toArray(String[]::new)).status()).isEqualTo(2);
  }

  @Test
  void putsTokenHeadsOnATransformer() throws Exception {
    requireTorch();
    Path transformer = folder.resolve("tokens.onnx");
    Files.write(transformer, BranchyNetworks.tokens());
    Path out = folder.resolve("tokens");
    String[] arguments = arguments(pictures, IN_ORDER, out);
    arguments[1] = transformer.toString();

    Outcome prepared = run(arguments);

    assertThat(prepared.err()).isEmpty();
    Bundle bundle = Bundle.open(out);
    assertThat(bundle.manifest().exits())
        .extracting(ExitInfo::kind)
        .startsWith(HeadKind.TOKEN_POOLING)
        .endsWith(HeadKind.BACKBONE);
    LabelledImages certify = FolderData.read(pictures, 1).certify();
    CalibrationTable table = CalibrationTable.read(bundle.file("certification.bin"));
    try (ProgressiveModel model = ProgressiveModel.open(bundle, EngineOptions.singleThread())) {
      for (int s = 0; s < table.samples(); s++) {
        checkSample(model, table, s, certify.picture(s));
      }
    }
  }

  private static void requireTorch() throws TorchMissingException {
    boolean there = true;
    try {
      HeadTrainer.requireEngine();
    } catch (TorchMissingException e) {
      there = false;
    }
    assumeThat(there).as("training heads needs libtorch (Maven profile torch)").isTrue();
  }

  private Outcome prepare(String labels, Path out) {
    return run(arguments(pictures, labels, out));
  }

  private String[] arguments(Path data, String labels, Path out) {
    List<String> arguments = new ArrayList<>(List.of("prepare", network.toString()));
    Map<String, String> options = new LinkedHashMap<>();
    options.put("--data", data.toString());
    options.put("--preprocess", "size=16 mean=0.3 std=0.3");
    options.put("--format", "folder");
    options.put("--labels", labels);
    options.put("--out", out.toString());
    options.put("--exits", "0.3,0.7");
    options.put("--threads", "2");
    options.forEach(
        (key, value) -> {
          arguments.add(key);
          arguments.add(value);
        });
    // The third option's value, which a test spoils.
    assertThat(arguments.get(5)).startsWith("size=");
    return arguments.toArray(String[]::new);
  }

  private static Outcome run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status = ModelMain.execute(arguments, new PrintWriter(out), new PrintWriter(err, true));
    return new Outcome(status, out.toString(), err.toString());
  }

  /** A table to prove on does not say how sure the final exit is. */
  private static double confidence(CalibrationTable table, int exit, ExitScores scores) {
    boolean unsaid = table.role() == CalibrationTable.Role.CERTIFY && exit == table.exits() - 1;
    return unsaid ? 1 : scores.confidence();
  }

  private static void checkSample(
      ProgressiveModel model, CalibrationTable table, int s, Picture picture) throws Exception {
    List<Integer> all = new ArrayList<>();
    model.manifest().exits().forEach(exit -> all.add(exit.index()));
    try (Activation input = model.input(picture.rgb(), picture.width(), picture.height());
        StageChain chain = model.compile(StageRequest.of(0, model.lastCut(), all))) {
      Map<Integer, ExitScores> scores = run(model, chain, input);
      scores.forEach(
          (exit, score) -> {
            assertThat(score.predicted()).isEqualTo(table.predicted(s, exit));
            assertThat(confidence(table, exit, score))
                .isCloseTo(table.confidence(s, exit), within((double) TOLERANCE));
          });
    }
    for (CalibrationTable.Variant variant : table.variants()) {
      if (variant.cut() > 0 && model.manifest().cuts().get(variant.cut()).tensors().size() == 1) {
        checkVariant(model, table, s, picture, variant);
      }
    }
  }

  private static void checkVariant(
      ProgressiveModel model,
      CalibrationTable table,
      int s,
      Picture picture,
      CalibrationTable.Variant variant)
      throws Exception {
    int cut = variant.cut();
    CodecInfo codec = model.manifest().codec(cut, variant.codec()).orElseThrow();
    int v = table.variant(cut, variant.codec()).orElseThrow();
    ActivationCodec wire =
        codec.hasTables()
            ? ActivationCodec.of(
                codec.wire(), CodecTables.read(model.bundle().file(codec.tables())))
            : ActivationCodec.of(codec.wire());
    List<Integer> behind = new ArrayList<>();
    model.manifest().exits().stream()
        .filter(exit -> exit.cut() > cut)
        .forEach(exit -> behind.add(exit.index()));
    StageRequest device =
        new StageRequest(0, cut, List.of(), Optional.empty(), Optional.of(codec.name()));
    StageRequest cloud =
        new StageRequest(cut, model.lastCut(), behind, Optional.of(codec.name()), Optional.empty());
    try (Activation input = model.input(picture.rgb(), picture.width(), picture.height());
        StageChain front = model.compile(device);
        StageResult live = front.stages().get(0).run(input)) {
      FloatBuffer values = live.live().floats(0);
      int[] shape = live.live().shapes().get(0);
      if (codec.hasTransform()) {
        try (Activation sent = front.encoder().orElseThrow().encode(live.live())) {
          values = sent.floats(0);
          shape = sent.shapes().get(0);
        }
      }
      byte[] payload = wire.encode(values, shape);
      assertThat(payload.length).as(variant.toString()).isEqualTo(table.bytes(v, s));
      FloatBuffer received = FloatBuffer.allocate(values.remaining());
      wire.decode(ByteBuffer.wrap(payload), shape, received);
      received.clear();
      try (StageChain rest = model.compile(cloud);
          Activation in =
              codec.hasTransform()
                  ? model.encodedActivation(cut, codec.name(), List.of(received))
                  : model.activation(cut, List.of(received))) {
        run(model, rest, in)
            .forEach(
                (exit, score) ->
                    assertThat(confidence(table, exit, score))
                        .as(variant + " at exit " + exit)
                        .isCloseTo(table.confidence(v, s, exit), within((double) TOLERANCE)));
      }
    }
  }

  private static Map<Integer, ExitScores> run(
      ProgressiveModel model, StageChain chain, Activation input) {
    Map<Integer, ExitScores> scores = new LinkedHashMap<>();
    List<StageResult> open = new ArrayList<>();
    Activation live = input;
    for (Stage stage : chain.stages()) {
      StageResult result = stage.run(live);
      open.add(result);
      live = result.live();
      stage
          .exit()
          .ifPresent(exit -> scores.put(exit, model.scores(exit, result.logits().orElseThrow())));
    }
    open.forEach(StageResult::close);
    return scores;
  }
}
